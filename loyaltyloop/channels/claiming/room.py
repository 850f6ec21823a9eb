"""What has reached people lately: is there room for one more under the caps, or a copy there already?

It is read once for a claim, in proportion to whom it is about, and goes on with what the claim lets leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_

from loyaltyloop.channels.claiming.outbox import message
from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import CALLS, Cap
from loyaltyloop.store.among import among, rows_among
from loyaltyloop.store.inside.holding import CAPPED
from loyaltyloop.store.live.versions import load_versions

_A_DAY = timedelta(days=2)  # longer than any local day
_CLOCKS = timedelta(hours=2)  # more than clocks are set forward or back by
_NAMED = 3  # so many of those that went first are named


class Left(NamedTuple):
    """A message that has left, or may have: from its claim on. `at`: when (UTC)."""

    at: datetime
    key: str
    customer_id: int
    address: str | None
    channel: str
    purpose: str
    journey: str
    step: str

    @property
    def place(self) -> str:
        """Its journey and step, as people call them."""
        return f"{self.journey}.{self.step}"


class Full(NamedTuple):
    """Why there is no room for a message, until when (UTC), and which messages took it."""

    reason: str
    until: datetime
    behind: tuple[str, ...]


Names = Callable[[str], Mapping[str, str]]  # a journey → its steps' names, old and new, → their first ones
_COLUMNS = [message.c["handed_over_at" if name == "at" else name] for name in Left._fields]


class Room:
    """What has left to these customers and addresses. In a claim the next message sees those before it."""

    def __init__(
        self, caps: Sequence[Cap] = (), left: Iterable[Left] = (), first_names: Names | None = None
    ) -> None:
        self._caps, self._first_names = caps, first_names or (lambda _: {})
        self._of: dict[tuple[str, str], list[Cap]] = {}
        self._spans: dict[tuple[Cap, str], _Span] = {}
        self._by_customer: dict[int, list[Left]] = {}
        self._by_address: dict[str, list[Left]] = {}
        for one in sorted(left):
            self._add(one)

    def full(self, candidate: Any, now: datetime) -> Full | None:
        """The cap that lets this message wait the longest; None where there is room."""
        asked = (candidate.channel, candidate.purpose)
        caps = self._of.get(asked)
        if caps is None:
            caps = self._of[asked] = [cap for cap in self._caps if cap.counts(*asked)]
        if not caps:
            return None
        mine, there = self._by_customer.get(candidate.customer_id, ()), self._there(candidate)
        found = [self._full(cap, left, candidate, now) for cap in caps for left in (mine, there) if left]
        return max((one for one in found if one), key=lambda one: one.until, default=None)

    def _full(self, cap: Cap, left: Sequence[Left], candidate: Any, now: datetime) -> Full | None:
        zone, span = candidate.zone, self._spans.get((cap, candidate.zone))
        if span is None:
            span = self._spans[cap, zone] = _Span(cap, zone, now)
        others = (one for one in left if one.key != candidate.key)  # of one in doubt it stands here itself
        counted = [one for one in others if cap.counts(one.channel, one.purpose) and span.takes_room(one.at)]
        if len(counted) < cap.number:
            return None
        # By when each is free: in the hour that comes twice that need not be the order in which they left.
        took = sorted((cap.free_at(one.at, zone), one) for one in counted)[-cap.number :]
        shared = any(one.customer_id != candidate.customer_id for _, one in took)
        first = _named(one for _, one in took)
        reason = f"{CAPPED}{cap}{' to this address' if shared else ''}: {first} went first"
        return Full(reason, took[0][0], tuple(one.key for _, one in took))

    def copy(self, candidate: Any, now: datetime) -> Left | None:
        """The same step's message that went to the same address today, for another customer."""
        if candidate.purpose != "marketing":
            return None
        for one in self._there(candidate):
            if (
                one.customer_id != candidate.customer_id
                and one.journey == candidate.journey
                and one.purpose == "marketing"
                and _same_day(one.at, now, candidate.zone)
            ):
                names = self._first_names(one.journey)
                if names.get(one.step, one.step) == names.get(candidate.step, candidate.step):
                    return one
        return None

    def take(self, candidate: Any, now: datetime) -> None:
        """This one leaves now."""
        if candidate.channel == CALLS:
            return
        where = (candidate.channel, candidate.purpose, candidate.journey, candidate.step)
        self._add(Left(now, candidate.key, candidate.customer_id, address_of(candidate), *where))

    def _add(self, one: Left) -> None:
        self._by_customer.setdefault(one.customer_id, []).append(one)
        if one.address is not None:
            self._by_address.setdefault(one.address, []).append(one)

    def _there(self, candidate: Any) -> Sequence[Left]:
        address = address_of(candidate)
        return () if address is None else self._by_address.get(address, ())


def _same_day(at: datetime, now: datetime, zone: str) -> bool:
    return now - at < _A_DAY and to_local(at, zone).date() == to_local(now, zone).date()


class _Span:
    """Of which instants a message takes room under a cap in a zone now: asked of thousands of messages.

    What is long before one that takes none takes none, and what is long after one that does takes some.
    """

    def __init__(self, cap: Cap, zone: str, now: datetime) -> None:
        self._cap, self._zone, self._now = cap, zone, now
        self._free, self._full = cap.looks_back_to(now), now

    def takes_room(self, at: datetime) -> bool:
        if at >= self._full:
            return True
        if at <= self._free:
            return False
        takes = self._cap.free_at(at, self._zone) > self._now
        if takes:
            self._full = min(self._full, at + _CLOCKS)
        else:
            self._free = max(self._free, at - _CLOCKS)
        return takes


def _named(took: Iterable[Left]) -> str:
    places = list(dict.fromkeys(one.place for one in took))
    if len(places) > _NAMED:
        return f"{', '.join(places[:_NAMED])} and {len(places) - _NAMED} more"
    return " and ".join([", ".join(places[:-1]), places[-1]] if len(places) > 1 else places)


def address_of(candidate: Any) -> str | None:
    """Where a message goes, as addresses are compared; None where it goes to no address."""
    match candidate.channel:
        case "email":
            return normal_email(candidate.email)
        case "sms":
            number: str | None = candidate.sms_number
            return number
        case _:
            return None


def normal_email(address: str | None) -> str | None:
    """An e-mail address as it is compared with others."""
    return address.strip().lower() if address else None


def load_room(connection: Connection, caps: Sequence[Cap], rows: Sequence[Any], now: datetime) -> Room:
    """What has left to the customers and the addresses of these messages, as far back as it counts."""
    counted = [row for row in rows if row.channel != CALLS and row.purpose != "transactional"]
    counts = list(_counts(caps, now, any(row.purpose == "marketing" for row in counted)))
    if not counted or not counts:
        return Room(caps)
    wanted = and_(
        message.c.handed_over_at > min(since for since, _ in counts), or_(*(one for _, one in counts))
    )
    customers = {row.customer_id for row in counted} if caps else set()
    addresses = {address for row in counted if (address := address_of(row)) is not None}
    found: list[Any] = []
    if customers:
        theirs = rows_among(connection, _COLUMNS, message.c.customer_id, customers, wanted)
        found += connection.execute(theirs).tuples()
        wanted = and_(wanted, ~among(connection, message.c.customer_id, customers))
    if addresses:
        there = rows_among(connection, _COLUMNS, message.c.address, addresses, wanted)
        found += connection.execute(there).tuples()
    return Room(caps, (Left(*one) for one in found), _first_names(connection))


def _counts(
    caps: Iterable[Cap], now: datetime, copies: bool
) -> Iterator[tuple[datetime, ColumnElement[bool]]]:
    """What is looked at, and since when."""
    m = message.c
    for cap in caps:
        since, purposes = cap.looks_back_to(now), [one for one in cap.purposes if one != "transactional"]
        what = and_(m.channel.in_(cap.channels), m.purpose.in_(purposes))
        yield since, and_(what, m.handed_over_at > since)
    if copies:
        since = now - _A_DAY
        yield since, and_(m.purpose == "marketing", m.channel != CALLS, m.handed_over_at > since)


def _first_names(connection: Connection) -> Names:
    """By journey: its steps' names through all `was` → the first of them. Asked once for each journey."""
    known: dict[str, dict[str, str]] = {}

    def of(journey: str) -> Mapping[str, str]:
        if journey not in known:
            known[journey] = {
                name: step.first_name or step.name
                for live in load_versions(connection, journey)
                for step in (*live.journey.steps, *live.journey.at_end)
                for name in (*step.was, step.name)
            }
        return known[journey]

    return of
