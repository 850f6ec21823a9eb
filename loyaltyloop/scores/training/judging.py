"""How good a forecast was: measures with their intervals, and whether one method is worse than another.

Intervals are those of the bootstrap over customers (Efron 1979), 95 %, percentiles: customers are drawn anew,
with replacement, and every method is measured on the same draw, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np

from loyaltyloop.scores.purchases.past import Floats, Longs

NEW = "new version"
LIVE = "live version"

DRAWS = 400
# Intervals of so many customers are narrow enough: of more, so many are drawn once.
MOST = 20_000
_DIGITS = 6  # what is further behind may hang on the order of a sum


@dataclass(frozen=True)
class Measure:
    """What is measured: `of(came, said)` is a number, of arrays with a row a customer."""

    name: str
    of: Callable[[Floats, Floats], float]
    higher_is_better: bool = True


@dataclass(frozen=True, eq=False)
class Contest:
    """What methods had foretold, and what came: arrays with a row a customer, in the same order.

    `said`: by method, `NEW` among them, and `LIVE` where there is one. The first measure decides.
    """

    came: Floats
    said: Mapping[str, Floats]
    measures: Sequence[Measure]

    @property
    def people(self) -> int:
        """How many customers it is judged by."""
        return len(self.came)


@dataclass(frozen=True)
class Figure:
    """One measure of one method, with its 95 % interval."""

    method: str
    measure: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How much better the new version is than `other`, by the measure that decides: below 0 it is worse."""

    other: str
    value: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Worse beyond doubt: the whole interval is below 0."""
        return self.high < 0


@dataclass(frozen=True)
class Series:
    """A line or a set of bars of a plot; `low` and `high`: the ends of intervals, or empty."""

    name: str
    x: tuple[float, ...] | tuple[str, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Plot:
    """The data of a picture. `diagonal`: also draw where x equals y."""

    title: str
    x: str
    y: str
    kind: Literal["line", "bars"]
    series: tuple[Series, ...]
    diagonal: bool = False


@dataclass(frozen=True)
class Judgement:
    """How the newest period [since, until) was foretold, by `people` customers; `deciding`: a measure."""

    since: datetime
    until: datetime
    people: int
    deciding: str
    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    plots: tuple[Plot, ...] = field(default=())

    def decides(self, method: str) -> float:
        """The figure by which is decided; nan where the method was not there, or foretold no number."""
        own = (one for one in self.figures if (one.method, one.measure) == (method, self.deciding))
        return next((one.value for one in own), float("nan"))

    def against(self, other: str) -> Difference | None:
        """The difference to this method; None where it was not there."""
        return next((one for one in self.differences if one.other == other), None)

    @property
    def worse(self) -> bool:
        """Is the new version worse, beyond doubt, than the live one?"""
        live = self.against(LIVE)
        return live is not None and live.worse


def judged(
    contest: Contest, since: datetime, until: datetime, seed: int, plots: Iterable[Plot] = ()
) -> Judgement:
    """Measure all methods, and compare the new version with each other one."""
    draws = list(_draws(contest.people, seed))
    values = {
        (method, one.name): _measured(one, contest.came, said, draws)
        for method, said in contest.said.items()
        for one in contest.measures
    }
    deciding = contest.measures[0]
    sign = 1.0 if deciding.higher_is_better else -1.0
    own = values[NEW, deciding.name]
    differences = (
        Difference(other, *_interval(sign * (own - values[other, deciding.name])))
        for other in contest.said
        if other != NEW
    )
    figures = (Figure(method, name, *_interval(found)) for (method, name), found in values.items())
    return Judgement(
        since, until, contest.people, deciding.name, tuple(figures), tuple(differences), tuple(plots)
    )


def _draws(people: int, seed: int) -> Iterable[Longs]:
    random = np.random.default_rng(seed)
    some = np.arange(people) if people <= MOST else np.sort(random.choice(people, MOST, replace=False))
    for _ in range(DRAWS):
        yield some[random.integers(0, len(some), len(some))]


def _measured(measure: Measure, came: Floats, said: Floats, draws: Sequence[Longs]) -> Floats:
    """First the value of all, then one of each draw."""
    found = [measure.of(came, said), *(measure.of(came[draw], said[draw]) for draw in draws)]
    return np.array(found, np.float64)


def _interval(found: Floats) -> tuple[float, float, float]:
    """The value, and the ends of its interval; without draws that can be measured it is its own interval."""
    value, drawn = found[0], found[1:][np.isfinite(found[1:])]
    low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (value, value)
    # Nought has no sign.
    return tuple(round(float(one), _DIGITS) + 0.0 for one in (value, low, high))  # type: ignore[return-value]
