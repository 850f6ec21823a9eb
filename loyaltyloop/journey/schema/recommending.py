"""`recommendations` of shop.yaml: what all `recommend` steps keep to."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from loyaltyloop.journey.model.recommending import Recommending
from loyaltyloop.journey.schema.step import one_or_many
from loyaltyloop.journey.schema.values import Name, Share, Words, read_by, shown, wrong


def _band(value: Any) -> Decimal | Literal["any"]:
    if value == "any":
        return "any"
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value >= 1:
        return Decimal(value)
    raise wrong(
        f"{shown(value)} is no price band",
        "Write how many times cheaper or dearer than what they bought, such as 3 (1 at least), or 'any'.",
    )


Band = Annotated[
    Decimal | Literal["any"], *read_by(_band, {"anyOf": [{"type": "number", "minimum": 1}, {"const": "any"}]})
]


class RecommendationsFile(Words):
    """What is tried out, and what suits nobody."""

    explore: Share | None = None
    price_band: Band | None = None
    sizes: (
        Annotated[list[Name], BeforeValidator(one_or_many, json_schema_input_type=Name | list[Name])] | None
    ) = None


def recommending_of(file: RecommendationsFile | None) -> Recommending:
    """What the file says, and for the rest what holds without it."""
    if file is None:
        return Recommending()
    usual = Recommending()
    band = usual.price_band if file.price_band is None else file.price_band
    return Recommending(
        explore=usual.explore if file.explore is None else file.explore,
        price_band=None if band == "any" else band,
        sizes=usual.sizes if file.sizes is None else tuple(file.sizes),
    )
