"""The model card: what a model was fitted on, how good it was, against what, and what was decided."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from loyaltyloop.scores.purchases.past import Past
from loyaltyloop.scores.training.judging import Judgement

# What can change a model though its data are the same.
_LIBRARIES = ("loyaltyloop", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Facts:
    """How much a model was fitted on. `first` and `last`: the instants of the outermost orders, if any."""

    orders: int
    lines: int
    customers: int
    products: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Card:
    """All that there is to say of one version. `against`: the version that was live; `why`: a sentence.

    `baseline`: the simple method that it must not be behind; `fallback`: what holds where none is live.
    """

    model: str
    about: str
    as_of: datetime
    trained_on: Facts
    judgement: Judgement
    baseline: str
    fallback: str
    against: int | None
    taken: bool
    why: str
    seed: int
    made_with: dict[str, str]


def facts_of(past: Past) -> Facts:
    """Of what was ordered before `past.as_of`."""
    times = [datetime.fromtimestamp(int(edge), UTC) for edge in (past.at[:1], past.at[-1:]) for edge in edge]
    return Facts(
        orders=len(np.unique(past.order)),
        lines=len(past),
        customers=len(np.unique(past.who)),
        products=len(np.unique(past.what)),
        first=times[0] if times else None,
        last=times[-1] if times else None,
    )


def as_data(card: Card) -> dict[str, Any]:
    """As it is kept and printed: plain data, instants as ISO 8601, null for a figure that has no value."""
    found: dict[str, Any] = _plain(asdict(card))
    return found


@cache
def made_with() -> dict[str, str]:
    """The versions of what fits models."""
    return {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from its folder
        return "unknown"


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case datetime():
            return value.isoformat()
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value
