"""What models say of all customers as of the start of a day in UTC: computed once a day, and kept.

By the newest model that is live as of that start; where there was none yet, by the newest as of now, so that
a first model speaks on the day on which it is fitted. Whoever orders for the first time during the day is
predicted by the next turn that asks. Customers are read, scored and written batch by batch, each in a
transaction of its own: what dies in between is done anew, and comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from loyaltyloop.journey.conditions.condition import Test
from loyaltyloop.scores.models.learners import Known
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
Said = Mapping[str, Batch | ModelBroke]
"""By model; a ModelBroke is the last that it says."""


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
    day than the turn's stay, and those of a model that came after it: a turn that began before takes what
    another has made behind it.
    """
    day, before = day_of(now), noted(connection, model)
    if before is not None and day < before.as_of <= day_of(present):
        return None
    live = live_model(connection, model, day) or live_model(connection, model, now)
    if live is None:
        if before is None or live_model(connection, model, present) is not None:
            return None
        return Due(model, day, None, before)
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


def foretell(reading: Opened, whats: Sequence[Due], currency: str, batch: int = BATCH) -> Iterator[Said]:
    """What several models say of the same customers, as of the same instant; nothing is written.

    Some customers at a time, whose purchases are read once for all models. One that breaks is asked no more.
    """
    asked = {what.model: what.live for what in whats if what.live}
    if not asked:
        return
    who, as_of = whats[0].who, whats[0].as_of
    until = as_of if who is None else as_of + JUST
    for ids in _everybody(reading, batch) if who is None else batches(who, batch):
        if not asked:
            return
        with reading() as connection:
            known = known_of(connection, asked, ids, currency, until)
        said = {name: _told(name, live, known, ids) for name, live in asked.items()}
        yield said
        asked = {name: live for name, live in asked.items() if not isinstance(said[name], ModelBroke)}


def _told(name: str, live: Live, known: Known, ids: Sequence[int]) -> Batch | ModelBroke:
    try:
        numbers = numbers_of(name, live, known)
    except ModelBroke as broken:
        return broken
    return [(one, numbers.get(one)) for one in ids]


@dataclass(frozen=True, eq=False)
class Foretold:
    """What one model says, made beforehand."""

    what: Due
    said: Sequence[Said]


def foretold(reading: Opened, whats: Sequence[Due], currency: str) -> dict[str, Foretold]:
    """What `foretell` says, by model."""
    said = list(foretell(reading, whats, currency))
    return {
        name: Foretold(what, [{name: some[name]} for some in said if name in some])
        for name, what in ((what.model, what) for what in whats)
    }


def keep(
    writing: Opened, whats: Sequence[Due], said: Iterable[Said], tests: Mapping[str, Collection[Test]]
) -> None:
    """Put on record what `foretell` says; of a model that breaks on the way nothing is left.

    `writing`: under the shop-wide lock. `tests`: see `predicted.write`, by model.
    """
    going = {what.model: what for what in whats}
    for some in said:
        for name, told in some.items():
            with writing() as connection:
                if isinstance(told, ModelBroke):
                    _set_aside(connection, going.pop(name), told, tests.get(name, ()))
                else:
                    by = (going[name].as_of, going[name].then.version)
                    write(connection, name, told, tests.get(name, ()), by)
    for name, what in going.items():
        with writing() as connection:
            if what.live:
                note(connection, name, what.then)
            else:
                forget(connection, name, tests.get(name, ()))


def _set_aside(connection: Connection, what: Due, broken: ModelBroke, tests: Collection[Test]) -> None:
    if what.live:
        set_aside(connection, what.live, broken.kind)
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
