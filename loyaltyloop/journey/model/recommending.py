"""What all `recommend` steps of a shop keep to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Recommending:
    """`explore`: the share of the products of `best` that are tried out instead of ranked.

    `price_band`: how many times below the cheapest and above the dearest of what a customer bought a product
    may cost; None: whatever it costs. `sizes`: attributes of customers that products' tags speak of.
    """

    explore: Decimal = Decimal(0)
    price_band: Decimal | None = Decimal(3)
    sizes: tuple[str, ...] = ("size",)
