"""Predictions before a turn decides by them: made once a day, where a journey asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from loyaltyloop.journey.conditions.condition import Test
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.predicting import models_entered_by, models_predicted, waited_comparisons
from loyaltyloop.scores.models import predictions
from loyaltyloop.scores.models.predictions import BATCH, Due, Foretold, Said, due, foretell, keep
from loyaltyloop.store.database import line_up, read
from loyaltyloop.store.live.shelf import look_again
from loyaltyloop.store.live.versions import journeys_with_turns, load_newest, load_shop, load_versions
from loyaltyloop.store.predictions.predicted import noted
from loyaltyloop.turn.frame import Frame, Transactions
from loyaltyloop.turn.world import World


def predict(frame: Frame) -> None:
    """Let the models that this journey asks for say what they do of everybody as of the turn's day."""
    models = models_predicted((live.journey for live in frame.versions), frame.shop)
    present = _present(frame.world, frame.now)
    work = _Work(frame.transactions, frame.shop, sorted(models), frame.now, present)
    if frame.transactions.dry is None:
        work.do(frame.world.engine)
    else:
        work.rehearse(frame.foretold)


def refresh(engine: Engine, now: datetime) -> list[str]:
    """Do it for all journeys at `now`, the present, before a turn must. What is predicted then, by name."""
    with read(engine) as connection:
        shop = load_shop(connection)
        models = sorted(models_predicted(_journeys(connection), shop))
    _Work(Transactions(engine), shop, models, now, now).do(engine)
    with read(engine) as connection:
        return [model for model in models if noted(connection, model)]


def foretold(world: World, journeys: Iterable[Journey], shop: Shop, now: datetime) -> Mapping[str, Foretold]:
    """What is to be predicted of everybody before a dry run, which holds up all other work, begins."""
    models = sorted(models_predicted(journeys, shop))
    work = _Work(Transactions(world.engine), shop, models, now, _present(world, now))
    whats = [what for what in work.due() if what.who is None]
    return predictions.foretold(work.transactions.read, whats, shop.currency)


def _present(world: World, now: datetime) -> datetime:
    """In a time that is made up it is the turn's own."""
    return world.clock() if world.clock else now


def _journeys(connection: Connection) -> list[Journey]:
    """All versions of all journeys that have turns."""
    names = journeys_with_turns(connection)
    return [live.journey for one in names for live in load_versions(connection, one)]


@dataclass(frozen=True, eq=False)
class _Work:
    """What is to be predicted at an instant, by which models, and where it is read and written."""

    transactions: Transactions
    shop: Shop
    models: Sequence[str]
    now: datetime
    present: datetime

    def do(self, engine: Engine) -> None:
        """All there is. Another turn may be at it: it is waited for, and has then done it."""
        if self.due():
            with line_up(engine, "predict models"):
                while whats := self.due():
                    self._keep(whats, self.said(whats))

    def rehearse(self, ahead: Mapping[str, Foretold]) -> None:
        """What was foretold ahead, and of some newcomers: for more all others would have to wait too long.

        Where it was not (it is due only now), the last predictions on record hold.
        """
        for what in self._all_due():
            if what.who is None and what.model in ahead and ahead[what.model].what.then == what.then:
                self._keep([what], ahead[what.model].said)
        for what in self._all_due():
            if what.who is not None and len(what.who) <= BATCH:
                self._keep([what], self.said([what]))

    def due(self) -> list[Due]:
        """What is to be done next: of everybody by all models at once, then of newcomers by one."""
        found = self._all_due()
        return [what for what in found if what.who is None] or found[:1]

    def _all_due(self) -> list[Due]:
        if not self.models:
            return []
        with self.transactions.read() as connection:
            found = (due(connection, model, self.now, self.present) for model in self.models)
            return [what for what in found if what]

    def said(self, whats: Sequence[Due]) -> Iterator[Said]:
        return foretell(self.transactions.read, whats, self.shop.currency)

    def _keep(self, whats: Sequence[Due], said: Iterable[Said]) -> None:
        self._look_again(whats)
        keep(self.transactions.write_shop, whats, said, self._tests())

    def _look_again(self, whats: Sequence[Due]) -> None:
        """Where a model begins to speak, whom it lets enter is looked for in the next turn, not the next day.

        Before it is noted that it has: what dies in between looks once too often.
        """
        with self.transactions.read() as connection:
            first = [what for what in whats if what.live and what.who is None]
            new = {what.model for what in first if noted(connection, what.model) is None}
            newest = [load_newest(connection, one).journey for one in journeys_with_turns(connection) if new]
        if names := [journey.name for journey in newest if new & models_entered_by(journey)]:
            with self.transactions.write_shop() as connection:
                look_again(connection, names)

    def _tests(self) -> Mapping[str, Collection[Test]]:
        """The comparisons that move people in any journey, this one's or another's, by model."""
        with self.transactions.read() as connection:
            return waited_comparisons(_journeys(connection), self.shop)
