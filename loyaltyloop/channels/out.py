"""A way out: how a message leaves. Each is one file with three verbs: open, hand over, close."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, SupportsBytes

State = Literal["handed_over", "refused", "unknown", "try_again"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to leave: its key, the bare addresses of its envelope, and what is in it.

    Of a call: the name of the secret that signs it, the address it goes to, and its body. `content`: bytes,
    or the parts that a provider's request is made of, which bytes can be made of as well. `age`: how long ago
    it was decided.
    """

    key: str
    sender: str
    to: str
    content: SupportsBytes
    age: timedelta = timedelta()

    @property
    def raw(self) -> bytes:
        """Its bytes (CRLF lines), made when they are asked for."""
        return bytes(self.content)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    `handed_over`: the other side has it. `refused`: it never will, and says so. `try_again`: it surely has
    not got it, and may take it later. `unknown`: it may have got it or not; never repeated by itself.
    `away`: said of one to be tried again, where no other message would fare better now. `after`: how long to
    wait before it is tried again, where the way out knows. `provider_id`: what the other side calls it, where
    it has told so: by that its events may name it. `lost`: why nothing more is taken for this address or
    device (stop, hard bounce): nothing is sent there again. `doubt`: said of one to be tried again that the
    other side may have all the same.
    """

    key: str
    state: State
    reason: str = ""
    away: bool = False
    after: timedelta | None = None
    provider_id: str = ""
    lost: str = ""
    doubt: bool = False


class WayOut(ABC):
    """A way out. `idempotent`: handing over the same key and bytes twice does what doing it once does.

    `batch`: how many messages leave within about a second, which is what one claim covers. `far`: does it
    hand messages to another machine? `keeps`: what it may have had is told again in the same bytes.
    `remembers`: for how long handing over twice does no more than once, where that has an end.
    """

    name: str
    idempotent: bool
    batch: int
    far: bool = False
    keeps: bool = False
    remembers: timedelta | None = None

    def repeats(self, via: str | None, age: timedelta) -> bool:
        """May what was claimed for the way out `via` so long ago be handed over once more, by this one?"""
        return self.idempotent and via == self.name and (self.remembers is None or age < self.remembers)

    def learn(self, count: int, seconds: float, least: int, most: int) -> None:
        """Let `batch` be what leaves within a second, after so many have left within so many seconds.

        It at most doubles, as one slow or fast hand-over says little; a few messages say nothing.
        """
        if 2 * count >= self.batch:
            speed = int(count / max(seconds, 0.001))
            self.batch = max(least, min(most, 2 * self.batch, speed))

    @abstractmethod
    def open(self) -> str | None:
        """Get ready, before messages are claimed. Why it can take none now; None if it can."""

    def reach(self) -> str | None:
        """Why the other side cannot be reached, where that can be told before messages leave; else None."""
        return self.open()

    @abstractmethod
    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Hand these over; one outcome for each, in their order.

        A message is taken from the batch when its turn has come: where this raises, those that were not
        taken yet have surely not left.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of connections; `hand_over` opens them anew when it needs them."""
