"""A stream of visits, replayed: the letters that leave are those that a script of fifteen lines counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time
from itertools import pairwise

from sqlalchemy import Engine

from tests.integration.turn.streams import (
    DAY,
    HOUR,
    ORDER,
    VIEW,
    Seen,
    Stream,
    Visitor,
    handed_over,
    held_out,
    turns_of,
    visitors,
)

BASKET = ("Product Added", "Checkout Started")
ENTERS = (*BASKET, "Cart Viewed")
SIGNS = (*ENTERS, "Product Removed", VIEW)


def browsing(one: Visitor, turns: list[datetime]) -> Iterator[datetime]:
    """When the letter of browse_abandonment leaves, for one who may be written to."""
    entered, free = None, turns[0]
    for last, now in pairwise(turns):
        known = one.known(now)
        bought = any(e.name == ORDER and e.at >= now - 3 * DAY for e in known)
        stops = [e.at for e in known if e.name in (ORDER, *BASKET)]
        new = [e.at for e in known if e.name == VIEW and e.arrived > last and e.at >= max(free, now - DAY)]
        if entered is None and new and not any(at >= now - 3 * DAY for at in stops):
            entered, came, due, free = new[0], now, now + 4 * HOUR, new[0] + 14 * DAY
        for e in known if entered and due > last else ():  # still waiting: each look starts the wait anew
            due = e.at + 4 * HOUR if e.name == VIEW and came <= e.at < due else due
        if entered and (any(at >= entered for at in stops) or (due <= now and bought)):
            entered = None
        elif entered and due <= now and 8 <= now.hour < 21:
            yield now
            entered = None


def in_the_basket(known: list[Seen]) -> set[str]:
    """What lies in it after all of this: nothing here is ordered that was put in."""
    inside: set[str] = set()
    for e in known:
        inside |= {e.product_id} if e.name == "Product Added" else set()
        inside -= {e.product_id} if e.name == "Product Removed" else set()
    return inside


# The two waits of abandoned_basket: until when, from an event on.
WAITS: dict[str, Callable[[datetime], datetime]] = {
    "your_basket": lambda at: at + 3 * HOUR,
    "why": lambda at: at_ten(at + 2 * DAY),
}


def at_ten(at: datetime) -> datetime:
    """The next ten in the morning, on a day of Greenwich's winter."""
    return datetime.combine(at.date() + DAY * (at.time() > time(10)), time(10), at.tzinfo)


def leaving_baskets(one: Visitor, turns: list[datetime]) -> Iterator[tuple[datetime, str]]:
    """When the letters of abandoned_basket leave, for one who may be written to and answers nothing."""
    inside, free, letters = None, turns[0], []
    for last, now in pairwise(turns):
        known = one.known(now)
        full = in_the_basket(known)
        new = [e.at for e in known if e.name in ENTERS and e.arrived > last and e.at >= max(free, now - DAY)]
        if inside is None and new and full:
            inside, free, letters = new[0], new[0] + 14 * DAY, list(WAITS)
            came, due = now, WAITS["your_basket"](now)
        for e in known if inside and due > last else ():  # still waiting: each sign starts the wait anew
            due = max(due, WAITS[letters[0]](e.at)) if e.name in SIGNS and came <= e.at < due else due
        if inside and (not full or any(e.name == ORDER and e.at >= inside for e in known)):
            inside = None
        elif inside and due <= now and 8 <= now.hour < 21:
            yield now, letters.pop(0)
            came, due, inside = now, WAITS["why"](now), inside if letters else None


def test_whoever_looked_round(engine: Engine) -> None:
    days = ["2026-03-02", "2026-03-16"]
    words = {"Product Added": 0.04, "Checkout Started": 0.03, ORDER: 0.06}
    stream = Stream(visitors(7, 500, days, words), turns_of(days))
    counted = {
        one.name: [(at, "found_again") for at in browsing(one, stream.turns)] for one in stream.visitors
    }
    assert_letters(engine, "browse_abandonment", stream, counted)


def test_whoever_left_a_basket(engine: Engine) -> None:
    days = ["2026-03-02", "2026-03-16"]
    words = {"Product Added": 0.35, "Product Removed": 0.08, "Cart Viewed": 0.1, "Checkout Started": 0.05}
    stream = Stream(visitors(8, 500, days, words | {ORDER: 0.05}), turns_of(days, mornings=5))
    counted = {one.name: list(leaving_baskets(one, stream.turns)) for one in stream.visitors}
    assert_letters(engine, "abandoned_basket", stream, counted)


def assert_letters(
    engine: Engine, journey: str, stream: Stream, counted: dict[str, list[tuple[datetime, str]]]
) -> None:
    """The engine hands over what was counted, to the turn; but to whom it may not write, and the held out."""
    got = handed_over(engine, journey, stream)
    written_to = {one.name for one in stream.visitors if one.consents} - held_out(engine)
    assert got == {who: letters for who, letters in counted.items() if letters and who in written_to}
    assert len(got) > 200
