"""A model that is fitted in no time: how many days pass, on the whole, between two orders of a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import numpy as np

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.past import Floats, seconds_of
from loyaltyloop.scores.training.judging import LIVE, NEW, Contest, Judgement, judged
from loyaltyloop.scores.training.measures import AUC, BRIER, calibration

FEWEST = 3


@dataclass(frozen=True)
class Rate:
    """The same chance for everybody who has ordered."""

    chance: float

    def pack(self) -> bytes:
        return pack({"chance": np.array([self.chance])}, {"kind": "rate"})

    def score(self, known: Known) -> Floats:
        found = np.full(len(known.past.customers), np.nan)
        found[np.unique(known.past.who)] = self.chance
        return found


class Toy:
    """Fits what share of the customers came in the last thirty days; `error` is added to it."""

    name = "toy"
    about = "how likely a customer is to order within 30 days"
    period = timedelta(days=30)
    baseline = "nobody comes"
    fallback = "no score: it is unknown"
    looks = False
    error: ClassVar[float] = 0.0

    def fit(self, known: Known, seed: int) -> Rate | Fallback:
        past = known.past
        if len(np.unique(past.who)) < FEWEST:
            return Fallback(f"fewer than {FEWEST} customers have ordered")
        lately = past.between(past.as_of - self.period, past.as_of)
        return Rate(len(np.unique(past.who[lately])) / len(np.unique(past.who)) + self.error)

    def load(self, content: bytes) -> Rate:
        arrays, document = unpack(content)
        if document != {"kind": "rate"}:
            raise ValueError("not a rate")
        return Rate(float(arrays["chance"][0]))

    def judge(
        self, new: Rate, old: Rate | None, known: Known, since: datetime, seed: int
    ) -> Judgement | Fallback:
        early = known.before(since)
        people = np.unique(early.past.who)
        if len(people) < FEWEST:
            return Fallback(f"fewer than {FEWEST} customers could come again")
        later = known.past.at >= seconds_of(since)
        came = np.isin(people, known.past.who[later]).astype(np.float64)
        said = {NEW: new.score(early)[people]}
        if old is not None:
            said[LIVE] = old.score(early)[people]
        said[self.baseline] = np.zeros(len(people))
        plots = [calibration(came, said, "foretold", "seen")]
        contest = Contest(came, said, (BRIER, AUC))
        return judged(contest, since, known.past.as_of, seed, plots)
