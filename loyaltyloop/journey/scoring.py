"""The models that a journey may ask by name, and what the number of each means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite


@dataclass(frozen=True)
class Meant:
    """What a number is (`about`), the least and the most that it can be, and how many decimals are kept.

    The decimals are as few as a marketer can make use of: what changes by less is no change. `sample`: one
    for previews.
    """

    about: str
    least: Decimal
    most: Decimal | None
    decimals: int
    sample: float


MODELS: Mapping[str, Meant] = {
    "lapse": Meant("how likely they are to buy nothing in the time to come", Decimal(0), Decimal(1), 2, 0.5),
    "value": Meant("what they are expected to spend in the time to come", Decimal(0), None, 1, 50.0),
    "refill": Meant("in how many days they need something again", Decimal(0), None, 0, 14),
}
# The one model whose number is a time that a step can wait for: `until: NAME.due`.
DUE = "refill"


def rounded(model: str, number: float) -> float | None:
    """The number as it is kept and compared; None where it is not known (nan), or beyond all numbers."""
    return round(number, MODELS[model].decimals) if isfinite(number) else None
