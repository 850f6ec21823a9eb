"""What is counted of products over all customers as of an instant: the half that is not personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from scipy import sparse

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import Floats, Ints, Longs, Past
from loyaltyloop.scores.ranking.facts import FACTS, Sold
from loyaltyloop.scores.ranking.near import Near, Singles, alike, cosine, ease

SHELF = 2000  # products between which weights are kept: those in most orders
FORETOLD_BY = 100  # weights kept for each
FADE = 120.0  # days after which a purchase counts 1/e
BIGGEST_BASKET = 300  # a wholesaler's whole range says nothing about what goes together
_DAMPING = 10.0  # times the mean of the diagonal
_HERE = 20.0  # orders of all the shop that are counted into every country
_SEASON = 90.0  # days
_ALIKE = 30  # products with names like a product's
_NEAR = ("goes", "together", "alike")
_FORMAT = "counts of products, 3"


@dataclass(frozen=True, eq=False)
class ItemSide:
    """Of the n `products` (ids, ascending) that were sold before `as_of`.

    `facts`: n × len(FACTS); `shelf`: the places of the m that are sold most, ascending; `goes`: foretold by
    what somebody has (EASE), `together`: in one order (cosine), `alike`: by their names; all of the shelf's
    places. `countries`, and `here`: len(countries) + 1 × m, shares of a country's orders of the last 90 days,
    the last row the shop's.
    `categories`, and `category`: a place in it for each product, -1 unknown.
    """

    as_of: datetime
    products: tuple[str, ...]
    facts: Singles
    shelf: Ints
    goes: Near
    together: Near
    alike: Near
    countries: tuple[str, ...]
    here: Singles
    categories: tuple[str, ...]
    category: Ints

    def fact(self, name: str) -> Singles:
        """One fact of all products."""
        return self.facts[:, _COLUMN[name]]

    @cached_property
    def on_shelf(self) -> Ints:
        """Each product's place on the shelf; m for those that are not on it."""
        places = np.full(len(self.products), len(self.shelf), np.int32)
        places[self.shelf] = np.arange(len(self.shelf), dtype=np.int32)
        return places

    @cached_property
    def place(self) -> dict[str, int]:
        """Of each product's id."""
        return {product: place for place, product in enumerate(self.products)}

    def places_of(self, past: Past) -> Ints:
        """The place here of each product of a `Past`; -1 where it was not sold."""
        if past.products == self.products:
            return np.arange(len(self.products), dtype=np.int32)
        return np.array([self.place.get(one, -1) for one in past.products], np.int32)

    def pack(self) -> bytes:
        """As scores/models/artifact.py packs it."""
        arrays = {"facts": self.facts, "shelf": self.shelf, "here": self.here, "category": self.category}
        for name in _NEAR:
            near: Near = getattr(self, name)
            arrays |= {
                f"{name}_starts": near.starts,
                f"{name}_others": near.others,
                f"{name}_weights": near.weights,
            }
        document = {
            "format": _FORMAT,
            "as_of": self.as_of.isoformat(),
            "products": self.products,
            "countries": self.countries,
            "categories": self.categories,
        }
        return pack(arrays, document)


_COLUMN = {name: place for place, name in enumerate(FACTS)}


def load_side(content: bytes) -> ItemSide:
    """What `pack` gave. ValueError for anything else."""
    arrays, document = unpack(content)
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ValueError("not the counts of products, or of another version")
    near = {
        name: Near(arrays[f"{name}_starts"], arrays[f"{name}_others"], arrays[f"{name}_weights"])
        for name in _NEAR
    }
    return ItemSide(
        as_of=datetime.fromisoformat(document["as_of"]),
        products=tuple(document["products"]),
        facts=arrays["facts"],
        shelf=arrays["shelf"],
        goes=near["goes"],
        together=near["together"],
        alike=near["alike"],
        countries=tuple(document["countries"]),
        here=arrays["here"],
        categories=tuple(document["categories"]),
        category=arrays["category"],
    )


def item_side(past: Past, catalogue: Catalogue) -> ItemSide:
    """Counted of all lines of `past`. `catalogue` is by the places of `past.products`."""
    sold_places, what = np.unique(past.what, return_inverse=True)
    sold = Sold(past, what.astype(np.int64), len(sold_places))
    shelf = _shelf(sold)
    countries, here = _popular_here(sold, shelf)
    categories, category = _categories(catalogue, sold_places.tolist())
    return ItemSide(
        as_of=past.as_of,
        products=tuple(past.products[place] for place in sold_places.tolist()),
        facts=_facts(sold),
        shelf=shelf,
        goes=_goes(sold, shelf),
        together=cosine(_baskets(sold, shelf), FORETOLD_BY // 2),
        alike=alike([catalogue.names[place] for place in sold_places[shelf].tolist()], _ALIKE),
        countries=countries,
        here=here,
        categories=categories,
        category=category,
    )


def _facts(sold: Sold) -> Singles:
    return np.stack([np.round(count(sold), 6) for count in FACTS.values()], axis=1).astype(np.float32)


def _shelf(sold: Sold) -> Ints:
    counts = sold.counts(np.inf)
    most = np.lexsort((np.arange(sold.number), -counts))[:SHELF]
    return np.sort(most).astype(np.int32)


def _goes(sold: Sold, shelf: Ints) -> Near:
    """EASE on what each customer bought, as it faded since the last time."""
    rows, columns, age = _on(shelf, sold, sold.past.who)
    keys, group = np.unique(rows * np.int64(len(shelf)) + columns, return_inverse=True)
    last = np.full(len(keys), np.inf)
    np.minimum.at(last, group, age)
    shape = (len(sold.past.customers), len(shelf))
    width = max(1, len(shelf))
    bought = sparse.csr_matrix((np.exp(-last / FADE), (keys // width, keys % width)), shape=shape)
    squares = float(bought.multiply(bought).sum()) / width
    return ease(bought, _DAMPING * max(squares, 0.1), FORETOLD_BY)


def _baskets(sold: Sold, shelf: Ints) -> sparse.csr_matrix:
    rows, columns, _ = _on(shelf, sold, sold.past.order)
    number = int(rows.max(initial=-1)) + 1
    kept = np.bincount(rows, minlength=number)[rows] <= BIGGEST_BASKET
    ones = np.ones(int(kept.sum()))
    return sparse.csr_matrix((ones, (rows[kept], columns[kept])), shape=(number, len(shelf)))


def _on(shelf: Ints, sold: Sold, rows: Ints | Longs) -> tuple[Longs, Longs, Floats]:
    """The lines of products that are on the shelf: rows, columns (places on the shelf), days of age."""
    place = np.full(sold.number, -1, np.int64)
    place[shelf] = np.arange(len(shelf))
    columns = place[sold.what]
    kept = columns >= 0
    return rows[kept].astype(np.int64), columns[kept], sold.age[kept]


def _popular_here(sold: Sold, shelf: Ints) -> tuple[tuple[str, ...], Singles]:
    past = sold.past
    countries = tuple(sorted({country for country in past.countries if country is not None}))
    index = {country: place for place, country in enumerate(countries)}
    of_customer = np.array([index.get(one or "", len(countries)) for one in past.countries], np.int64)
    lately = sold.age <= _SEASON
    _, first = np.unique(past.order[lately], return_index=True)
    orders = np.bincount(of_customer[past.who[lately]][first], minlength=len(countries) + 1)
    rows, columns, age = _on(shelf, sold, of_customer[past.who])
    shape = (len(countries) + 1, len(shelf))
    keys = (rows * shape[1] + columns)[age <= _SEASON]
    counts = np.bincount(keys, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    shop = counts.sum(axis=0) / max(1, len(first))
    here = (counts + _HERE * shop) / (orders + _HERE)[:, None]
    here[-1] = shop
    return countries, np.round(here, 6).astype(np.float32)


def _categories(catalogue: Catalogue, sold_places: list[int]) -> tuple[tuple[str, ...], Ints]:
    named = [catalogue.categories[place] for place in sold_places]
    categories = tuple(sorted({one for one in named if one is not None}))
    index = {category: place for place, category in enumerate(categories)}
    return categories, np.array([index.get(one or "", -1) for one in named], np.int32)
