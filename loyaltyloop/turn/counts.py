"""What moved: numbers for the artifact, the report and the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Counts:
    """How many did what at one stage: by path (`""` is the only way on), `left: reason`, or message state."""

    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.numbers.values())

    @classmethod
    def sum(cls, parts: Iterable[Counts]) -> Counts:
        """All of them added up."""
        total: Counter[str] = Counter()
        for part in parts:
            total.update(part.numbers)
        return cls(dict(sorted(total.items())))


@dataclass(frozen=True)
class Row:
    """One line of a turn's report. What was delivered is of all journeys, whichever turn did it."""

    stage: str
    path: str
    people: int


@dataclass(frozen=True)
class TurnReport:
    """What a turn did. `next_due`: when somebody inside is due next (UTC), None if nobody waits for a time.

    `messages_wait`: why messages that could have left, of whatever journey, did not. `next_look`: when the
    journey looks again for who enters by time: dates, a schedule, a check (UTC); None if by events or hand.
    `low`: the pools of vouchers that will soon be empty, in words.
    """

    journey: str
    now: datetime
    rows: tuple[Row, ...]
    next_due: datetime | None
    messages_wait: str = ""
    next_look: datetime | None = None
    low: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Nothing moved and nothing was sent."""
        return not any(row.people for row in self.rows)

    @property
    def coming(self) -> list[tuple[datetime, str]]:
        """What is known to come, the next first: when (UTC), and what."""
        known = ((self.next_due, "somebody is due"), (self.next_look, "looks again for who enters"))
        return sorted((moment, what) for moment, what in known if moment is not None)
