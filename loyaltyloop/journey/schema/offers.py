"""Steps that keep something for a customer: products, a number, a gift."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from loyaltyloop.journey.model import Exclusion, Source
from loyaltyloop.journey.schema.conditions import Fields
from loyaltyloop.journey.schema.moments import Span
from loyaltyloop.journey.schema.step import StepFile, one_or_many
from loyaltyloop.journey.schema.values import Budget, Count, Name, Products, Share, Text, Words, wrong

Sources = Annotated[
    list[Source],
    BeforeValidator(one_or_many, json_schema_input_type=Source | list[Source]),
    Field(min_length=1),
]


class BoughtFile(Words):
    """How far back `bought` looks."""

    within: Span


class ExcludeFile(Words):
    """`exclude` with words of its own."""

    bought: BoughtFile | None = None


def _kind_of_exclusion(value: Any) -> str:
    return "~detail" if isinstance(value, dict) else "~name"


ExclusionFile = Annotated[
    Annotated[Exclusion, Tag("~name")] | Annotated[ExcludeFile, Tag("~detail")],
    Discriminator(_kind_of_exclusion),
]


class RecommendFile(StepFile):
    """Products for this customer, kept on the enrolment."""

    recommend: Name
    products: Products = 4
    at_least: Products = 1
    from_: Sources | None = Field(None, alias="from")
    exclude: (
        Annotated[
            list[ExclusionFile],
            BeforeValidator(one_or_many, json_schema_input_type=ExclusionFile | list[ExclusionFile]),
        ]
        | None
    ) = None
    where: Fields | None = None
    fallback: Sources | None = None
    if_short: Literal["collapse", "skip", "leave"] = "collapse"

    @model_validator(mode="after")
    def _enough(self) -> RecommendFile:
        if self.at_least > self.products:
            raise wrong(
                f"{self.at_least} are never there: at most {self.products} are chosen",
                f"Write {self.products} or less, or as many 'products'.",
                "at_least",
            )
        return self


class ScoreFile(StepFile):
    """A number for this customer, kept."""

    score: Name
    model: Text


class GiveFile(StepFile):
    """Points, a voucher or a badge."""

    give: Name
    points: Count | None = None
    voucher: Text | None = None
    badge: Text | None = None
    valid: Span | None = None
    budget: Budget | None = None
    chance: Share | None = None
    if_empty: Literal["skip", "leave"] = "skip"

    @model_validator(mode="after")
    def _one_gift(self) -> GiveFile:
        gifts = [word for word in ("points", "voucher", "badge") if getattr(self, word) is not None]
        if len(gifts) != 1:
            raise wrong(
                "a gift is one of points, voucher and badge",
                "Write one of them; two gifts are two steps.",
                gifts[1] if gifts else "give",
            )
        return self
