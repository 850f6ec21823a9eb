"""What models say of all customers as of the start of a day in UTC: computed once a day, and kept.

By the newest model that is live as of that start; where there was none yet, by the newest as of now, so that
a first model speaks on the day on which it is fitted. Whoever orders for the first time during the day is
predicted by the next turn that asks. Customers are read, scored and written batch by batch, each in a
transaction of its own: what dies in between is done anew, and comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from loyaltyloop.journey.conditions.condition import Test
from loyaltyloop.scores.models.live import Live, live_model, set_aside
from loyaltyloop.scores.models.scoring import JUST, ModelBroke, known_of, numbers_of
from loyaltyloop.store.events.touched import batches, newest_seq
from loyaltyloop.store.predictions.predicted import (
    Noted,
    customer,
    forget,
    newcomers,
    note,
    noted,
    write,
)

BATCH = 4000  # customers: with a hundred order lines each they are read in some 300 MB
_FEW = 1000  # events
Opened = Callable[[], AbstractContextManager[Connection]]
Batch = list[tuple[int, float | None]]
"""Customer and number (None: unknown), in order of their ids."""


@dataclass(frozen=True, eq=False)
class Due:
    """What is to be predicted: of these customers (`who`), or of all (None).

    `as_of`: what was known before it counts; of newcomers, what was known at it. `then`: what is noted when
    it is done. `live` None: the model is live no more, and what it said is unknown again.
    """

    model: str
    as_of: datetime
    live: Live | None
    then: Noted
    who: Sequence[int] | None = None


def day_of(now: datetime) -> datetime:
    """The start of the day in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def due(connection: Connection, model: str, now: datetime, present: datetime) -> Due | None:
    """What is to be done for this model before a turn at `now` decides by it; None: nothing.

    `present`: predictions of a day after it are made anew, as they know what is not yet so. Those of a later
    day than the turn's stay: a turn that began before midnight takes what another has made behind it.
    """
    day, before = day_of(now), noted(connection, model)
    if before is not None and day < before.as_of <= day_of(present):
        return None
    live = live_model(connection, model, day) or live_model(connection, model, now)
    if live is None:
        return None if before is None else Due(model, day, None, before)
    then = Noted(day, live.version.version, before.upto if before else 0)
    return Due(model, day, live, then) if then != before else _came_since(connection, model, now, live, then)


def _came_since(connection: Connection, model: str, now: datetime, live: Live, done: Noted) -> Due | None:
    """Who ordered after all were predicted, and has no prediction; None where there is nobody.

    To look once more through a few events costs less than to note that they were looked through.
    """
    upto = newest_seq(connection)
    who = newcomers(connection, model, done.upto, upto) if upto > done.upto else []
    if not who and upto - done.upto < _FEW:
        return None
    return Due(model, now, live, replace(done, upto=upto), who)


def foretell(reading: Opened, what: Due, currency: str, batch: int = BATCH) -> Iterator[Batch]:
    """What the model says, some customers at a time; nothing is written. ModelBroke: it raised an error."""
    if what.live is None:
        return
    until = what.as_of if what.who is None else what.as_of + JUST
    some = _everybody(reading, batch) if what.who is None else batches(what.who, batch)
    for ids in some:
        with reading() as connection:
            known = known_of(connection, what.model, ids, currency, until)
        numbers = numbers_of(what.model, what.live, known)
        yield [(one, numbers.get(one)) for one in ids]


@dataclass(frozen=True, eq=False)
class Foretold:
    """What `foretell` says, made beforehand. `broken`: the error that the model raised on the way."""

    what: Due
    said: Sequence[Batch]
    broken: ModelBroke | None = None

    @classmethod
    def of(cls, what: Due, said: Iterable[Batch]) -> Foretold:
        found: list[Batch] = []
        try:
            found.extend(said)
        except ModelBroke as broken:
            return cls(what, found, broken)
        return cls(what, found)

    def __iter__(self) -> Iterator[Batch]:
        yield from self.said
        if self.broken:
            raise self.broken


def keep(writing: Opened, what: Due, said: Iterable[Batch], tests: Collection[Test]) -> None:
    """Put on record what `foretell` says; of a model that breaks on the way nothing is left.

    `writing`: under the shop-wide lock. `tests`: see `predicted.write`.
    """
    by = (what.as_of, what.then.version)
    try:
        for some in said:
            with writing() as connection:
                write(connection, what.model, some, tests, by)
    except ModelBroke as broken:
        _forget(writing, what, tests, broken.kind)
        return
    if what.live is None:
        _forget(writing, what, tests)
        return
    with writing() as connection:
        note(connection, what.model, what.then)


def _forget(writing: Opened, what: Due, tests: Collection[Test], broke: str = "") -> None:
    with writing() as connection:
        if broke and what.live:
            set_aside(connection, what.live, broke)
        forget(connection, what.model, tests)


def _everybody(reading: Opened, batch: int) -> Iterator[list[int]]:
    """The ids of all customers who were not erased, in order."""
    last = 0
    while True:
        with reading() as connection:
            there = select(customer.c.id).where(customer.c.id > last, customer.c.erased_at.is_(None))
            ids = list(connection.execute(there.order_by(customer.c.id).limit(batch)).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]
