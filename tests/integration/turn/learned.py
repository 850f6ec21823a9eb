"""Models simple enough to be reckoned by hand, and putting them on record as if they had been fitted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

import numpy as np
import pytest
from sqlalchemy import Engine, Table, select

from loyaltyloop.scores.models import learners
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.purchases.past import DAY, Bools, Floats
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Customer, Prediction, PredictionDay, Touch
from loyaltyloop.store.predictions.fitted import LIVE, Made, save

customer: Table = Customer.__table__  # type: ignore[attr-defined]
prediction: Table = Prediction.__table__  # type: ignore[attr-defined]
day: Table = PredictionDay.__table__  # type: ignore[attr-defined]
touch: Table = Touch.__table__  # type: ignore[attr-defined]
_NUMBERS = count()  # no content is like another: models are loaded once a process
LIFE = {"tea": 10, "pot": 300, "jar": 30}  # days that a product lasts


@dataclass
class Recency:
    """`lapse` is a hundredth for each day since the last order, times `times`; `value` what was paid."""

    name: str
    times: float = 1.0
    fallback: str = "it is unknown"
    looks: bool = False
    asked: list[datetime] = field(default_factory=list)
    breaks: list[Exception] = field(default_factory=list)  # raised one after another when it is asked

    def load(self, content: bytes) -> Recency:
        return Recency(self.name, float(content.split()[0]), asked=self.asked, breaks=self.breaks)

    def score(self, known: Known, lines: Bools | None = None) -> Floats:
        self.asked.append(known.past.as_of)
        if self.breaks:
            raise self.breaks.pop(0)
        if lines is not None and lines.any():
            known = replace(known, past=known.past.only(lines))
        return {"lapse": self._lapse, "value": _paid, "refill": _lasts}[self.name](known)

    def _lapse(self, known: Known) -> Floats:
        past, last = known.past, np.full(len(known.past.customers), np.nan)
        np.fmax.at(last, past.who, past.at)
        return self.times * ((past.now - last) // DAY) / 100


def _paid(known: Known) -> Floats:
    past = known.past
    spent = np.bincount(past.who, past.price * past.quantity, len(past.customers))
    return np.where(np.bincount(past.who, minlength=len(past.customers)) > 0, spent, np.nan)


def _lasts(known: Known) -> Floats:
    """The least of what is left of each product's life, since it was last bought."""
    past, least = known.past, np.full(len(known.past.customers), np.nan)
    lives = np.array([LIFE[name] for name in past.products], np.float64)
    last = np.zeros((len(past.customers), len(past.products)), np.int64)
    np.maximum.at(last, (past.who, past.what), past.at)
    np.fmin.at(least, past.who, lives[past.what] - (past.now - last[past.who, past.what]) // DAY)
    return least


class Models:
    """What was fitted, by name."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.made = {name: Recency(name) for name in ("lapse", "value", "refill")}

    def fit(self, name: str, as_of: datetime, times: float = 1.0) -> None:
        """Put a version on record, live from then on."""
        with write(self.engine) as connection:
            save(connection, Made(name, as_of, f"{times} {next(_NUMBERS)}".encode(), b"", {}), as_of, LIVE)

    def said(self, model: str = "lapse") -> dict[str, float]:
        """Customer → prediction."""
        both = prediction.join(customer, customer.c.id == prediction.c.customer_id)
        chosen = select(customer.c.key, prediction.c.value).select_from(both)
        with read(self.engine) as connection:
            rows = connection.execute(chosen.where(prediction.c.model == model).order_by(customer.c.key))
            return {row.key: row.value for row in rows}

    def noted(self) -> list[tuple[str, str, int]]:
        """Model, day and version."""
        with read(self.engine) as connection:
            return [(row.model, f"{row.as_of:%m-%d}", row.version) for row in connection.execute(select(day))]

    def touched(self) -> list[str]:
        """Who was touched by a prediction, in order."""
        both = touch.join(customer, customer.c.id == touch.c.customer_id)
        chosen = select(customer.c.key).select_from(both).where(touch.c.cause == "prediction")
        with read(self.engine) as connection:
            return list(connection.execute(chosen.order_by(touch.c.seq, customer.c.key)).scalars())


@contextmanager
def models(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    """These models in place of the real ones."""
    found = Models(engine)
    with monkeypatch.context() as patched:
        for name in found.made:
            patched.setitem(learners.LEARNERS, name, f"{__name__}:{name}")
            patched.setitem(globals(), name, lambda name=name: found.made[name])
        yield found
