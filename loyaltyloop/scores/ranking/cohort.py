"""What the customers of a cohort did: the half of the ranking that is personal, a row a customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from loyaltyloop.scores.purchases.looks import Kind, Looks
from loyaltyloop.scores.purchases.past import DAY, Floats, Ints, Longs, Past
from loyaltyloop.scores.ranking.shelf_side import FADE, ItemSide

# Row, product, and how much it was looked at: older looks count less. By row and product.
Looked = tuple[Longs, Longs, Floats]

FADES = (30.0, 120.0, 365.0)  # days after which a purchase counts 1/e
_LOOKED = 14.0  # likewise a view


@dataclass(frozen=True, eq=False)
class Owned:
    """Each product that each customer bought, by (row, product).

    `row`: the customer's; `what`: a place in the side's products; `orders`: in how many; `faded`: len(FADES)
    columns, the same with older orders counting less; `last`, `first`: days ago; `pieces`: a line's mean.
    """

    row: Longs
    what: Longs
    orders: Floats
    faded: Floats
    last: Floats
    first: Floats
    pieces: Floats


@dataclass(frozen=True, eq=False)
class Cohort:
    """`rows` customers of a `Past` as of its instant, `lines` of theirs with products that the side knows."""

    side: ItemSide
    past: Past
    looks: Looks
    who: Longs
    what: Longs
    age: Floats
    quantity: Ints
    order: Ints

    @property
    def rows(self) -> int:
        return len(self.past.customers)

    @cached_property
    def owned(self) -> Owned:
        number = max(1, len(self.side.products))
        keys, group = np.unique(self.who * number + self.what, return_inverse=True)
        last, first = np.full(len(keys), np.inf), np.zeros(len(keys))
        np.minimum.at(last, group, self.age)
        np.maximum.at(first, group, self.age)
        orders = np.bincount(group, minlength=len(keys)).astype(np.float64)
        faded = [np.bincount(group, np.exp(-self.age / fade), minlength=len(keys)) for fade in FADES]
        pieces = np.bincount(group, np.log1p(np.maximum(0, self.quantity)), minlength=len(keys))
        return Owned(
            keys // number, keys % number, orders, np.stack(faded, axis=1), last, first, pieces / orders
        )

    @cached_property
    def orders(self) -> Floats:
        """Of each customer."""
        return np.bincount(self._firsts[0], minlength=self.rows).astype(np.float64)

    @cached_property
    def since_last(self) -> Floats:
        """Days since each customer's last order; 1000 for who has none."""
        last = np.full(self.rows, 1000.0)
        np.minimum.at(last, self.who, self.age)
        return last

    @cached_property
    def since_first(self) -> Floats:
        """Days since each customer's first order; 0 for who has none."""
        first = np.zeros(self.rows)
        np.maximum.at(first, self.who, self.age)
        return first

    @cached_property
    def lines(self) -> Floats:
        """Of each customer."""
        return np.bincount(self.who, minlength=self.rows).astype(np.float64)

    @cached_property
    def prices(self) -> tuple[Floats, Floats]:
        """Mean and spread of the logarithm of what each customer's products cost."""
        price = self.side.fact("price")[self.what]
        count = np.maximum(1.0, self.lines)
        mean = np.bincount(self.who, price, minlength=self.rows) / count
        square = np.bincount(self.who, price * price, minlength=self.rows) / count
        return mean, np.sqrt(np.maximum(0.0, square - mean * mean))

    @cached_property
    def country(self) -> Ints:
        """A place in the side's countries; the last row of `here` for who has none that it knows."""
        index = {country: place for place, country in enumerate(self.side.countries)}
        unknown = len(self.side.countries)
        return np.array([index.get(one or "", unknown) for one in self.past.countries], np.int32)

    @cached_property
    def profile(self) -> sparse.csr_matrix:
        """Customers × shelf: root of the faded count over the root of all these, as EASE is asked by."""
        owned, shelf = self.owned, len(self.side.shelf)
        columns = self.side.on_shelf[owned.what]
        on = columns < shelf
        weights = np.sqrt(owned.faded[:, FADES.index(FADE)])
        length = np.sqrt(np.maximum(1e-6, np.bincount(owned.row[on], weights[on], minlength=self.rows)))
        values = np.round(weights[on] / length[owned.row[on]], 6)
        return sparse.csr_matrix((values, (owned.row[on], columns[on])), shape=(self.rows, shelf))

    @cached_property
    def taste(self) -> sparse.csr_matrix:
        """Customers × categories: the share of each in the faded counts."""
        owned = self.owned
        category = self.side.category[owned.what]
        known = category >= 0
        weights = owned.faded[:, FADES.index(FADE)]
        total = np.maximum(1e-9, np.bincount(owned.row, weights, minlength=self.rows))
        values = np.round(weights[known] / total[owned.row[known]], 6)
        shape = (self.rows, len(self.side.categories))
        return sparse.csr_matrix((values, (owned.row[known], category[known])), shape=shape)

    def looked(self, kind: Kind) -> Looked:
        """What was looked at in this way."""
        return self._added if kind == Kind.ADDED else self._viewed

    @cached_property
    def _viewed(self) -> Looked:
        return self._looked(Kind.VIEWED)

    @cached_property
    def _added(self) -> Looked:
        return self._looked(Kind.ADDED)

    def _looked(self, kind: Kind) -> Looked:
        places = self.side.places_of(self.past)
        seen = np.flatnonzero((self.looks.kind == kind) & (self.looks.at < self.past.now))
        seen = seen[places[self.looks.what[seen]] >= 0]
        number = max(1, len(self.side.products))
        mine = self.looks.who[seen].astype(np.int64) * number + places[self.looks.what[seen]]
        keys, group = np.unique(mine, return_inverse=True)
        faded: Floats = np.exp(-(self.past.now - self.looks.at[seen]) / DAY / _LOOKED)
        weights = np.bincount(group, faded, minlength=len(keys)).astype(np.float64)
        rows, what = keys // number, keys % number
        return rows.astype(np.int64), what.astype(np.int64), weights

    @cached_property
    def _firsts(self) -> tuple[Longs, Ints]:
        """Of each order: the customer and the order's number."""
        orders, first = np.unique(self.order, return_index=True)
        return self.who[first], orders


def cohort_of(side: ItemSide, past: Past, looks: Looks) -> Cohort:
    """Of all customers of `past`. Lines of products that the side does not know do not count."""
    what = side.places_of(past)[past.what] if len(past.products) else np.zeros(0, np.int32)
    known = what >= 0
    age = (past.now - past.at[known]) / DAY
    return Cohort(
        side,
        past,
        looks,
        past.who[known].astype(np.int64),
        what[known].astype(np.int64),
        age,
        past.quantity[known],
        past.order[known],
    )


def of_people(past: Past, looks: Looks, people: Longs) -> tuple[Past, Looks]:
    """The lines and looks of some customers (places, ascending) alone; nobody else keeps a place."""
    place = np.full(len(past.customers), -1, np.int32)
    place[people] = np.arange(len(people), dtype=np.int32)
    mine = past.only(place[past.who] >= 0)
    countries = tuple(past.countries[one] for one in people.tolist())
    mine = replace(mine, customers=past.customers[people], countries=countries, who=place[mine.who])
    kept = place[looks.who] >= 0
    return mine, Looks(place[looks.who[kept]], looks.what[kept], looks.at[kept], looks.kind[kept])
