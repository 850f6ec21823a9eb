"""The plain runner: turns without Prefect, for tests, the demo and virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime

from loyaltyloop.errors import TurnRefused, UsageError
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.reading.mistakes import perhaps
from loyaltyloop.store.database import read
from loyaltyloop.store.live.versions import live_journeys
from loyaltyloop.turn.counts import TurnReport
from loyaltyloop.turn.engine import OpenTurn, open_turn
from loyaltyloop.turn.world import World


def run_turn(
    world: World,
    journey: str,
    now: datetime,
    *,
    customers: tuple[str, ...] = (),
    limit: int | None = None,
    dry_run: bool = False,
) -> TurnReport:
    """One turn, stage by stage; see `open_turn`."""
    with open_turn(world, journey, now, customers=customers, limit=limit, dry_run=dry_run) as turn:
        for stage in turn.stages:
            turn.run(stage)
        return turn.report()


def ticks(start: datetime, end: datetime, every: Duration, zone: str) -> Iterator[datetime]:
    """start, start + every, ... before end."""
    if every.elapsed and not every.seconds:
        raise UsageError("--every needs a duration, for example '1 hour'.")
    now = start
    while now < end:
        yield now
        now = every.after(now, zone)


def walk(
    world: World,
    start: datetime,
    end: datetime,
    every: Duration,
    journeys: Sequence[str] = (),
    progress: Callable[[datetime], None] | None = None,
) -> list[TurnReport]:
    """Turns in virtual time, at each tick all journeys by priority, then name, then one delivery.

    `journeys`: only these. Paused ones are passed over. Returns the reports of turns in which something
    happened.
    """
    reports: list[TurnReport] = []
    for now in ticks(start, end, every, "UTC"):
        reports += [report for report in tick(world, now, journeys) if not report.idle]
        if progress:
            progress(now)
    return reports


def tick(world: World, now: datetime, journeys: Sequence[str] = ()) -> list[TurnReport]:
    """One turn of each journey at `now`, and one delivery for all of them."""
    with read(world.engine) as connection:
        rows = [row for row in live_journeys(connection) if row.state != "paused"]
    names = [row.name for row in rows if not journeys or row.name in journeys]
    if missing := set(journeys) - {row.name for row in rows}:
        known = [row.name for row in rows]
        hints = "".join(perhaps(one, known) for one in sorted(missing))
        raise TurnRefused(f"Not live, or paused: {', '.join(sorted(missing))}.{hints}")
    with ExitStack() as stack:
        turns = [stack.enter_context(open_turn(world, name, now)) for name in names]
        for turn in turns:
            for stage in turn.stages:
                if stage.kind in ("apply", "enter", "leave", "step"):
                    turn.run(stage)
        _deliver(turns)
        return [_close(turn) for turn in turns]


def _deliver(turns: Sequence[OpenTurn]) -> None:
    """Deliver, let those go on whose messages are settled, and again until nothing moves."""
    moving = list(turns)
    while moving:
        moving[0].deliver()
        moving = [turn for turn in turns if turn.pass_on().total]


def _close(turn: OpenTurn) -> TurnReport:
    turn.run(turn.stages[-1])
    return turn.report()
