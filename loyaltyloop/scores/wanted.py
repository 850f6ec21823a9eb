"""For whom products are wanted, and what is picked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Wanted:
    """Products for one enrolment; `country` is the customer's ISO code, `trigger` what was entered by."""

    customer_id: int
    enrolment_id: int
    country: str | None
    trigger: Mapping[str, Any]


class Pick(NamedTuple):
    """A product, why it was picked in words for the customer, and the source that it comes from."""

    product_id: str
    reason: str
    source: str


def as_value(picks: Sequence[Pick]) -> list[dict[str, str]]:
    """What is kept on the enrolment."""
    return [pick._asdict() for pick in picks]


def trigger_products(trigger: Mapping[str, Any]) -> list[str]:
    """The ids of the products of what was entered by: its own `product_id`, then those of `products`."""
    lines = trigger.get("products")
    found = [trigger.get("product_id")]
    if isinstance(lines, list):
        found += [line.get("product_id") for line in lines if isinstance(line, Mapping)]
    return list(dict.fromkeys(str(one) for one in found if isinstance(one, str | int) and one != ""))
