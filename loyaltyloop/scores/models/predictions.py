"""What models say of all customers as of the start of a day in UTC: computed once a day, and kept.

By the newest model that is live as of that start; where there was none yet, by the newest as of now, so that
a first model speaks on the day on which it is fitted. Customers are read, scored and written batch by batch,
each in a transaction of its own: what dies in between is done anew, and comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from loyaltyloop.journey.conditions.condition import Test
from loyaltyloop.scores.models.live import Live, live_model
from loyaltyloop.scores.models.scoring import known_of, numbers_of
from loyaltyloop.store.predictions.predicted import customer, forget, note, noted, write

BATCH = 4000  # customers: with a hundred order lines each they are read in some 300 MB
Opened = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True, eq=False)
class Due:
    """What is to be predicted. `live` None: the model is live no more, and what it said is unknown again."""

    model: str
    as_of: datetime
    live: Live | None


def day_of(now: datetime) -> datetime:
    """The start of the day in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def due(connection: Connection, model: str, now: datetime, back: bool) -> Due | None:
    """What is to be done for this model before a turn at `now` decides by it; None: nothing.

    `back`: predictions of a later day are made anew, too, as where time is made up. At the present they stay:
    a turn that began before midnight takes those that another has made behind it.
    """
    as_of, before = day_of(now), noted(connection, model)
    if before is not None and before[0] > as_of and not back:
        return None
    live = live_model(connection, model, as_of) or live_model(connection, model, now)
    if live is None:
        return None if before is None else Due(model, as_of, None)
    return None if before == (as_of, live.version.version) else Due(model, as_of, live)


def predict(
    reading: Opened, writing: Opened, what: Due, currency: str, tests: Collection[Test], batch: int = BATCH
) -> None:
    """Predict for all customers. `writing`: under the shop-wide lock. `tests`: see `predicted.write`."""
    if what.live is None:
        with writing() as connection:
            forget(connection, what.model, tests)
        return
    by = (what.as_of, what.live.version.version)
    for said in _batches(reading, what, what.live, currency, batch):
        with writing() as connection:
            write(connection, what.model, said, tests, by)
    with writing() as connection:
        note(connection, what.model, *by)


def _batches(
    reading: Opened, what: Due, live: Live, currency: str, batch: int
) -> Iterator[list[tuple[int, float | None]]]:
    """Customer and number (None: unknown), in order of their ids."""
    last = 0
    while True:
        with reading() as connection:
            there = select(customer.c.id).where(customer.c.id > last, customer.c.erased_at.is_(None))
            ids = list(connection.execute(there.order_by(customer.c.id).limit(batch)).scalars())
            if not ids:
                return
            known = known_of(connection, what.model, ids, currency, what.as_of)
        numbers = numbers_of(what.model, live, known)
        yield [(one, numbers.get(one)) for one in ids]
        last = ids[-1]
