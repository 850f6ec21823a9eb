"""What became of journeys' messages, counted by day while it happens: so a share costs nothing to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, Table, and_, delete, func, insert, select, update

from loyaltyloop.store.models import Tally

tally: Table = Tally.__table__  # type: ignore[attr-defined]

What = Literal["handed", "bounced", "complained"]


@dataclass(frozen=True)
class Figures:
    """Of a journey: messages handed over; how many of them bounced for good, or were marked as spam."""

    handed: int
    bounced: int = 0
    complained: int = 0


def count(connection: Connection, what: What, numbers: Mapping[tuple[str, date], int]) -> None:
    """Add these numbers, by journey and day. The caller holds the shop-wide lock."""
    for (journey, day), number in sorted(numbers.items()):
        mine = and_(tally.c.journey == journey, tally.c.day == day)
        more = update(tally).where(mine).values({what: tally.c[what] + number})
        if not connection.execute(more).rowcount:
            first = {"handed": 0, "bounced": 0, "complained": 0} | {what: number}
            connection.execute(insert(tally).values(journey=journey, day=day, **first))


def figures(connection: Connection, since: date, until: date) -> dict[str, Figures]:
    """The journeys of whose messages something bad was told in these days."""
    sums = [func.sum(tally.c[name]) for name in ("handed", "bounced", "complained")]
    rows = connection.execute(
        select(tally.c.journey, *sums)
        .where(tally.c.day >= since, tally.c.day <= until)
        .group_by(tally.c.journey)
        .having(func.sum(tally.c.bounced) + func.sum(tally.c.complained) > 0)
    )
    return {journey: Figures(*map(int, numbers)) for journey, *numbers in rows}


def forget(connection: Connection, journey: str) -> None:
    """Count this journey anew."""
    connection.execute(delete(tally).where(tally.c.journey == journey))
