"""Of a journey for which a customer has not come up: who enters there, and why they have not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from loyaltyloop.cli.local_times import in_zone, when
from loyaltyloop.journey.conditions.condition import Where
from loyaltyloop.journey.model import ByEvent
from loyaltyloop.journey.showing.phrases import entrance

if TYPE_CHECKING:
    from loyaltyloop.store.telling.others import Other


def not_come_up(other: Other, zone: str) -> Iterator[str]:
    """Its lines in the story of a customer who lives in this zone."""
    yield f"  {other.journey.name}: {_other(other, zone)}"
    yield from _unmet(other, zone)


def _other(other: Other, zone: str) -> str:
    """Who enters there; of whoever has done that, why they have not."""
    if other.at is None:
        return entrance(other.journey.enter)
    what = f"{other.event} of {when(other.at, zone)}"
    match other.why:
        case "waits":
            turn = "once it goes on, as it is paused" if other.paused else "the next turn does that"
            return f"{what} is not looked at yet: {turn}"
        case "aside":
            return f"{what} could not be applied, and stands aside"
        case "earlier":
            return f"{what} came before the journey was live"
        case _:
            by = other.journey.enter.by
            asked = isinstance(by, ByEvent) and by.where != Where()
            return (
                f"{what} is not what enters: its `where` does not hold" if asked else f"{what} let nobody in"
            )


def _unmet(other: Other, zone: str) -> Iterator[str]:
    """What does not hold, one a line, and what is known instead."""
    if other.as_of is None:
        return
    then = f"    as of the last turn ({when(other.as_of, zone)})"
    yield f"{then} not so:" if other.unmet else f"{then} all of it holds, by what is known now"
    for one in other.unmet:
        known = ", ".join(f"{name} is {in_zone(value, zone)}" for name, value in one.known.items())
        yield f"      {one.condition}{f' ({known})' if known else ''}"
