"""A stream of visits, replayed: the letters that leave are those that a script of fifteen lines counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Engine

from tests.integration.turn.streams import (
    DAY,
    HOUR,
    ORDER,
    VIEW,
    Stream,
    Visitor,
    handed_over,
    held_out,
    turns_of,
    visitors,
)

BASKET = ("Product Added", "Checkout Started")


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


def test_whoever_looked_round(engine: Engine) -> None:
    days = ["2026-03-02", "2026-03-16"]
    words = {"Product Added": 0.04, "Checkout Started": 0.03, ORDER: 0.06}
    stream = Stream(visitors(7, 1200, days, words), turns_of(days))
    counted = {
        one.name: [(at, "found_again") for at in browsing(one, stream.turns)]
        for one in stream.visitors
        if one.consents
    }
    got = handed_over(engine, "browse_abandonment", stream)
    kept_out = held_out(engine)
    assert got == {who: letters for who, letters in counted.items() if letters and who not in kept_out}
    assert len(got) > 500
