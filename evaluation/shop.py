"""A shop to judge on: its order lines as a `Past` of all that happened, and its catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import Lines, Past, past_of, seconds_of


@dataclass(frozen=True, eq=False)
class Shop:
    """`past`: as of just after the last order, so it holds everything; `places`: of the same products."""

    name: str
    past: Past
    catalogue: Catalogue

    @property
    def first(self) -> datetime:
        """The instant of the first order."""
        return datetime.fromtimestamp(int(self.past.at[0]), UTC)

    @property
    def end(self) -> datetime:
        """The midnight (UTC) after the last order."""
        return datetime.fromtimestamp((int(self.past.day[-1]) + 1) * 86_400, UTC)


@dataclass(frozen=True)
class Told:
    """What a source of orders says of customers and products, by id; what it does not say is not there."""

    countries: Mapping[int, str | None]
    names: Mapping[str, str]
    categories: Mapping[str, str]


def shop_of(name: str, lines: Lines, told: Told) -> Shop:
    """A shop of these lines. `ValueError` if there are none."""
    if not len(lines.order):
        raise ValueError(f"{name} holds no purchases")
    after = datetime.fromtimestamp(int(np.max(np.asarray(lines.at))) + 1, UTC)
    past = past_of(after, lines, told.countries)
    return Shop(name, past, _catalogue(past, told))


def _catalogue(past: Past, told: Told) -> Catalogue:
    names = tuple(told.names.get(one, "") for one in past.products)
    categories = tuple(told.categories.get(one) for one in past.products)
    return Catalogue(names, categories, latest_prices(past))


def latest_prices(past: Past) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of each product what was last paid for a piece; nan: not known."""
    prices = np.full(len(past.products), np.nan)
    known = ~np.isnan(past.price)
    prices[past.what[known]] = past.price[known]  # the latest line stands last, and the last one stays
    return prices


def cut_offs(shop: Shop, days: int, most: int, history: int) -> list[datetime]:
    """The last instants, one window of `days` after the other, whose window ends within the data.

    At most so many (`most`), ascending, each with `history` days of orders before it.
    """
    earliest = seconds_of(shop.first) + history * 86_400
    found = [shop.end - timedelta(days=days * back) for back in range(most, 0, -1)]
    window = timedelta(days=days)
    return [
        one for one in found if seconds_of(one) >= earliest and shop.past.between(one, one + window).any()
    ]


def numbered(ids: Sequence[str]) -> list[int]:
    """Customers' ids as numbers: as they are where all are whole numbers, else by their place in order."""
    distinct = sorted(set(ids))
    if all(one.isdecimal() and one.isascii() and len(one) < 19 for one in distinct):
        return [int(one) for one in ids]
    places = {one: place for place, one in enumerate(distinct, start=1)}
    return [places[one] for one in ids]
