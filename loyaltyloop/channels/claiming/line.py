"""The line of messages that may leave now, of all channels, in one order.

The order is each customer's own as well: what leaves for a customer by one channel may be what the gate asks
about the next message, whatever its channel. So nobody's second message is claimed together with the first,
and none before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import NamedTuple


class _Place(NamedTuple):
    number: int  # its place in the line
    key: str
    customer: int
    channel: str


class Line:
    """Who is next. A way out that is busy, or away, holds up its own messages and what stands behind them.

    Taking n of m messages costs about n * log(m), however many channels they are of.
    """

    def __init__(self, messages: Iterable[tuple[str, int, str]]) -> None:
        """`messages`: (key, customer id, channel), in the order of claiming."""
        self._heads: dict[str, list[_Place]] = {}  # by channel: first messages of their customers, as a heap
        self._behind: dict[int, deque[_Place]] = {}  # by customer: what stands behind the first
        self._left: set[str] = set()
        for number, (key, customer, channel) in enumerate(messages):
            place = _Place(number, key, customer, channel)
            if customer in self._behind:
                self._behind[customer].append(place)
            else:
                self._behind[customer] = deque()
                self._heads.setdefault(channel, []).append(place)  # in their order, which is a heap

    def wanted(self) -> frozenset[str]:
        """The channels that somebody's first message is of."""
        return frozenset(channel for channel, heads in self._heads.items() if heads)

    def take(self, room: Mapping[str, int]) -> list[str]:
        """The next keys, in their order: at most so many of each channel, no customer twice."""
        taken: list[_Place] = []
        for channel, most in room.items():
            heads = self._heads.get(channel, [])
            taken += [heappop(heads) for _ in range(min(most, len(heads)))]
        for place in taken:
            self._step_up(place.customer)
        return [place.key for place in sorted(taken)]

    def leave_out(self, channel: str) -> None:
        """The messages of this channel are not waited for any more."""
        self._left.add(channel)
        for place in self._heads.pop(channel, ()):
            self._step_up(place.customer)

    def _step_up(self, customer: int) -> None:
        behind = self._behind[customer]
        while behind:
            place = behind.popleft()
            if place.channel not in self._left:
                heappush(self._heads.setdefault(place.channel, []), place)
                return
        del self._behind[customer]
