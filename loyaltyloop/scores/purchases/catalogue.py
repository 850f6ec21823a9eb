"""What is known of products: names, categories, prices; as the shop says today, not as of an instant."""

from __future__ import annotations

from dataclasses import dataclass

from loyaltyloop.scores.purchases.past import Floats


@dataclass(frozen=True, eq=False)
class Catalogue:
    """By the same places as the `products` of a `Past`: empty, None or nan where the shop does not say.

    `prices`: in major units of the shop's currency.
    """

    names: tuple[str, ...]
    categories: tuple[str | None, ...]
    prices: Floats
