"""For whom products are wanted, and what is picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from loyaltyloop.journey.dice import explore_salt, throw

COUNTED = "counted"  # the model of what nobody has learned: lists that a person can check


@dataclass(frozen=True, slots=True)
class Dice:
    """What a customer's dice are thrown with at one `recommend`: all of it lasts.

    `key`: the customer's first id; `step`: the step's first name.
    """

    key: str = ""
    journey: str = ""
    step: str = ""
    one_per: str = ""
    occurrence: str = ""

    def throw(self, place: int, again: str = "") -> float:
        """A number in [0, 1) for a place in the list."""
        salt = explore_salt(self.journey, self.step, self.one_per, self.occurrence, place)
        return throw(salt + again, self.key)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Products for one enrolment; `country` is the customer's ISO code, `trigger` what was entered by."""

    customer_id: int
    enrolment_id: int
    country: str | None
    trigger: Mapping[str, Any]
    dice: Dice = Dice()


class Pick(NamedTuple):
    """A product, why it was picked in words for the customer, and the source that it comes from.

    `model`: what ranked it, with its version. `explores`: it is tried out. `score`: the model's own figure.
    """

    product_id: str
    reason: str
    source: str
    model: str = COUNTED
    explores: bool = False
    score: float | None = None


def as_value(picks: Sequence[Pick]) -> list[dict[str, Any]]:
    """What is kept on the enrolment."""
    return [_kept(pick) for pick in picks]


def _kept(pick: Pick) -> dict[str, Any]:
    kept: dict[str, Any] = {"product_id": pick.product_id, "reason": pick.reason, "source": pick.source}
    kept["model"] = pick.model
    return kept | {"explores": True} if pick.explores else kept


def trigger_products(trigger: Mapping[str, Any]) -> list[str]:
    """The ids of the products of what was entered by: its own `product_id`, then those of `products`."""
    lines = trigger.get("products")
    found = [trigger.get("product_id")]
    if isinstance(lines, list):
        found += [line.get("product_id") for line in lines if isinstance(line, Mapping)]
    return list(dict.fromkeys(str(one) for one in found if isinstance(one, str | int) and one != ""))
