"""What can be learned, and what a model must be able to do to be trained, judged, kept and asked.

A new model: a class with these few methods in a file of its own, and a line in `LEARNERS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Protocol, TypeVar, cast

from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.looks import Looks
from loyaltyloop.scores.purchases.past import Floats, Past
from loyaltyloop.scores.training.judging import Judgement

# Name → where its class is, which is made without arguments. Imported when it is asked for.
LEARNERS: Mapping[str, str] = {
    "recommend": "loyaltyloop.scores.ranking.learner:RankingLearner",
    "lapse": "loyaltyloop.scores.returning.lapse:LapseLearner",
    "value": "loyaltyloop.scores.returning.value:ValueLearner",
    "refill": "loyaltyloop.scores.returning.refilling:RefillLearner",
}


@dataclass(frozen=True, eq=False)
class Known:
    """All that a model is told, as of `past.as_of`. `looks` is empty for who does not ask for it."""

    past: Past
    catalogue: Catalogue
    looks: Looks

    def before(self, instant: datetime) -> Known:
        """As of an earlier instant; places of customers and products stay the same."""
        return replace(self, past=self.past.before(instant), looks=self.looks.before(instant))


@dataclass(frozen=True)
class Fallback:
    """Nothing was learned. `why`: in words that go on behind "because", without personal data."""

    why: str


class Fitted(Protocol):
    """A model that was fitted; it is never changed."""

    def pack(self) -> bytes:
        """As scores/models/artifact.py packs it; the same model gives the same bytes."""


class Scoring(Fitted, Protocol):
    """One that gives each customer a number."""

    def score(self, known: Known) -> Floats:
        """One number for each of `known.past.customers`, as of `known.past.as_of`; nan: not known."""


F = TypeVar("F", bound=Fitted)


class Learner(Protocol[F]):
    """How one kind of model is fitted, judged and read back."""

    @property
    def name(self) -> str:
        """As it stands in `LEARNERS`."""

    @property
    def about(self) -> str:
        """What it tells, in a line for a marketer: "how likely a customer is not to buy for 90 days"."""

    @property
    def period(self) -> timedelta:
        """How long the newest period is, on which it is judged."""

    @property
    def baseline(self) -> str:
        """Which simple method of its `Judgement` it must not be behind to be used at all."""

    @property
    def fallback(self) -> str:
        """What holds where no model is live: "the counted mix", "it is unknown"."""

    @property
    def looks(self) -> bool:
        """Does it want to know what was looked at?"""

    def fit(self, known: Known, seed: int) -> F | Fallback:
        """On all of this. The same data and seed give the same model, to the byte."""

    def load(self, content: bytes) -> F:
        """What `pack` gave. ValueError says what is wrong with bytes that it did not give."""

    def judge(self, new: F, old: F | None, known: Known, since: datetime, seed: int) -> Judgement | Fallback:
        """What both, and simple methods, foretold at `since` for the time up to `known.past.as_of`.

        They are told `known.before(since)`, and neither was fitted on anything later. A Fallback where too
        few came to judge by. See judging.py, which does the counting.
        """


def learner(name: str) -> Learner[Any]:
    """The one of this name. KeyError where there is none."""
    module, _, made = LEARNERS[name].partition(":")
    return cast("Learner[Any]", getattr(import_module(module), made)())
