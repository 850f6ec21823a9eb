"""One turn of one journey: opened, walked stage by stage, closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import assert_never

from loyaltyloop.scores.models.predictions import Foretold
from loyaltyloop.scores.recommending.once import Once, Rows
from loyaltyloop.store.consents.withdrawals import newest_event
from loyaltyloop.store.database import journey_lock, read
from loyaltyloop.store.live.versions import load_shop, load_templates
from loyaltyloop.turn import counting, predicting
from loyaltyloop.turn.closing import apply, close, tell
from loyaltyloop.turn.counts import Counts, TurnReport
from loyaltyloop.turn.delivering import deliver
from loyaltyloop.turn.entering import enter
from loyaltyloop.turn.frame import Frame, Limits, Transactions
from loyaltyloop.turn.leaving import leave
from loyaltyloop.turn.permits import permit
from loyaltyloop.turn.stages import Kind, Stage, stages
from loyaltyloop.turn.stepping import pass_on, settle, walk_step
from loyaltyloop.turn.world import World

Ahead = tuple[Mapping[str, Foretold], Mapping[Once, Rows]]


@contextmanager
def open_turn(
    world: World,
    journey: str,
    now: datetime,
    *,
    customers: tuple[str, ...] = (),
    limit: int | None = None,
    dry_run: bool = False,
) -> Iterator[OpenTurn]:
    """A turn at `now` (UTC), alone with its journey until it is closed.

    `customers` (user ids) and `limit` restrict it, and then it moves no cursor. `dry_run` does everything
    in one transaction, rolls it back and hands over nothing. TurnRefused: another turn of the journey is
    at work, or what `permit` refuses.
    """
    limits = Limits(tuple(customers), limit)
    with journey_lock(world.engine, journey):
        # Computed before the transaction of a dry run, for which all other work must wait.
        foretold, counted = _ahead(world, journey, now, limits) if dry_run else ({}, {})
        with Transactions.of(world.engine, dry_run) as transactions:
            frame = _frame(world, transactions, journey, now, limits)
            frame.foretold, frame.counted = foretold, counted
            yield OpenTurn(frame)


def _ahead(world: World, journey: str, now: datetime, limits: Limits) -> Ahead:
    with read(world.engine) as connection:
        versions, _ = permit(connection, world, journey, now, limits.customers, dry_run=True)
        shop = load_shop(connection)
    journeys = [live.journey for live in versions]
    return predicting.foretold(world, journeys, shop, now), counting.counted(world, journeys, shop, now)


def _frame(world: World, transactions: Transactions, journey: str, now: datetime, limits: Limits) -> Frame:
    with transactions.read() as connection:
        dry_run = transactions.dry is not None
        versions, row = permit(connection, world, journey, now, limits.customers, dry_run)
        return Frame(
            world=world,
            transactions=transactions,
            journey=versions[-1].journey,
            versions=tuple(versions),
            shop=load_shop(connection),
            templates=load_templates(connection),
            now=now,
            state=row.state,
            limits=limits,
            recorded=newest_event(connection) if world.clock is None else 0,
        )


class OpenTurn:
    """A turn at work. `stages` is what there is to run, in order; each is run once, parents first."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.stages = stages(frame.versions)
        self.counts: dict[str, Counts] = {}

    def run(self, stage: Stage) -> Counts:
        """Do one stage; what moved, by path or reason."""
        counts = self._work(stage)(self.frame)
        self.counts[stage.name] = counts
        return counts

    def report(self) -> TurnReport:
        """What the turn did so far, stage by stage, and when the next one is due."""
        return tell(self.frame, self.stages, self.counts)

    def deliver(self) -> Counts:
        """Deliver for all journeys: what a runner of several turns does once for all of them."""
        return self._again("deliver", deliver(self.frame))

    def pass_on(self) -> Counts:
        """The steps once more, for those whose message was settled meanwhile."""
        return self._again("settle", pass_on(self.frame))

    def _again(self, kind: Kind, counts: Counts) -> Counts:
        name = next(stage.name for stage in self.stages if stage.kind == kind)
        self.counts[name] = Counts.sum([self.counts.get(name, Counts()), counts])
        return counts

    def _work(self, stage: Stage) -> Callable[[Frame], Counts]:
        match stage.kind:
            case "apply":
                return apply
            case "enter":
                return enter
            case "leave":
                return leave
            case "step":
                return lambda frame: walk_step(frame, stage)
            case "deliver":
                return deliver
            case "settle":
                return settle
            case "report":
                return close
            case other:
                assert_never(other)
