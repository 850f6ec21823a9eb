"""Models that say the same of everybody, for as long as they are live: what `score` steps ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
from sqlalchemy import Engine

from loyaltyloop.scores.models import learners
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.purchases.past import Bools, Floats
from loyaltyloop.store.database import write
from loyaltyloop.store.predictions.fitted import LIVE, Made, save

NUMBERS = {"value": 7.5, "refill": 2.0}
DUE = "refill"


@dataclass(frozen=True)
class Constant:
    """A learner, and the model that it has learned."""

    number: float = 0.0
    looks: bool = False

    def load(self, content: bytes) -> Constant:
        return Constant(float(content))

    def score(self, known: Known, lines: Bools | None = None) -> Floats:
        return np.full(len(known.past.customers), self.number)


@contextmanager
def constant_models(engine: Engine, since: datetime) -> Iterator[None]:
    """They are live from `since` on."""
    registry, before = cast("dict[str, Any]", learners.LEARNERS), dict(learners.LEARNERS)
    registry |= dict.fromkeys(NUMBERS, f"{__name__}:Constant")
    with write(engine) as connection:
        for name, number in NUMBERS.items():
            save(connection, Made(name, since, str(number).encode(), b"", {}), since, LIVE)
    try:
        yield
    finally:
        registry.clear()
        registry |= before
