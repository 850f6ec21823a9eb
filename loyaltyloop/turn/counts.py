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
    """One line of a turn's report."""

    stage: str
    path: str
    people: int


@dataclass(frozen=True)
class TurnReport:
    """What a turn did. `next_due`: when the journey has something to do again (UTC), None if never.

    `messages_wait`: why messages that could have left, of whatever journey, did not.
    """

    journey: str
    now: datetime
    rows: tuple[Row, ...]
    next_due: datetime | None
    messages_wait: str = ""

    @property
    def idle(self) -> bool:
        """Nothing moved and nothing was sent."""
        return not any(row.people for row in self.rows)
