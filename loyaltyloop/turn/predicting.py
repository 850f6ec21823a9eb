"""Predictions before a turn decides by them: made once a day, where a journey asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from loyaltyloop.journey.conditions.condition import Test
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.predicting import models_predicted, waited_comparisons
from loyaltyloop.scores.models.predictions import BATCH, Batch, Due, Foretold, due, foretell, keep
from loyaltyloop.store.database import line_up, read
from loyaltyloop.store.live.versions import journeys_with_turns, load_shop, load_versions
from loyaltyloop.store.predictions.predicted import noted
from loyaltyloop.turn.frame import Frame, Transactions
from loyaltyloop.turn.world import World


def predict(frame: Frame) -> None:
    """Let the models that this journey asks for say what they do of everybody as of the turn's day."""
    journeys = (live.journey for live in frame.versions)
    present = _present(frame.world, frame.now)
    work = _Work(frame.transactions, frame.shop, frame.now, present)
    for model in sorted(models_predicted(journeys, frame.shop)):
        if frame.transactions.dry is None:
            work.do(frame.world.engine, model)
        else:
            work.rehearse(model, frame.foretold.get(model))


def refresh(engine: Engine, now: datetime) -> list[str]:
    """Do it for all journeys at `now`, the present, before a turn must. What is predicted then, by name."""
    with read(engine) as connection:
        shop = load_shop(connection)
        models = sorted(models_predicted(_journeys(connection), shop))
    work = _Work(Transactions(engine), shop, now, now)
    for model in models:
        work.do(engine, model)
    with read(engine) as connection:
        return [model for model in models if noted(connection, model)]


def foretold(world: World, journeys: Iterable[Journey], shop: Shop, now: datetime) -> Mapping[str, Foretold]:
    """What is to be predicted of everybody before a dry run, which holds up all other work, begins."""
    work = _Work(Transactions(world.engine), shop, now, _present(world, now))
    found = ((model, work.due(model)) for model in sorted(models_predicted(journeys, shop)))
    return {model: Foretold.of(what, work.said(what)) for model, what in found if what and what.who is None}


def _present(world: World, now: datetime) -> datetime:
    """In a time that is made up it is the turn's own."""
    return world.clock() if world.clock else now


def _journeys(connection: Connection) -> list[Journey]:
    """All versions of all journeys that have turns."""
    names = journeys_with_turns(connection)
    return [live.journey for one in names for live in load_versions(connection, one)]


@dataclass(frozen=True, eq=False)
class _Work:
    """What is to be predicted at an instant, and where it is read and written."""

    transactions: Transactions
    shop: Shop
    now: datetime
    present: datetime

    def do(self, engine: Engine, model: str) -> None:
        """All there is. Another turn may be at it: it is waited for, and has then done it."""
        if self.due(model):
            with line_up(engine, f"predict {model}"):
                while what := self.due(model):  # of everybody, and then of those who came since
                    self._keep(what, self.said(what))

    def rehearse(self, model: str, ahead: Foretold | None) -> None:
        """What was foretold ahead, and of some newcomers: for more all others would have to wait too long.

        Where it was not (it is due only now), the last predictions on record hold.
        """
        what = self.due(model)
        if what and what.live is None:
            self._keep(what, ())
        elif what and what.who is None and ahead and ahead.what.then == what.then:
            self._keep(what, ahead)
            what = self.due(model)
        if what and what.who is not None and len(what.who) <= BATCH:
            self._keep(what, self.said(what))

    def due(self, model: str) -> Due | None:
        with self.transactions.read() as connection:
            return due(connection, model, self.now, self.present)

    def said(self, what: Due) -> Iterator[Batch]:
        return foretell(self.transactions.read, what, self.shop.currency)

    def _keep(self, what: Due, said: Iterable[Batch]) -> None:
        tests = frozenset() if what.who == [] else self._tests(what.model)
        keep(self.transactions.write_shop, what, said, tests)

    def _tests(self, model: str) -> frozenset[Test]:
        """The comparisons that move people in any journey, this one's or another's."""
        with self.transactions.read() as connection:
            return waited_comparisons(_journeys(connection), self.shop).get(model, frozenset())
