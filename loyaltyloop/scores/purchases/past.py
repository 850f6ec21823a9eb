"""What was bought before an instant, as arrays: all that a model is told of what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY = 86_400

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Past:
    """Order lines that had been ordered, and were known, before `as_of` (a UTC instant).

    `customers`: their ids, ascending; `countries`: an ISO code each, or None. `products`: their ids,
    ascending. Customers and products may be without a line. Then one entry a line, a distinct product of an
    order, in the order of (time, order, product): `who` and `what` are places in `customers` and `products`,
    `order` numbers the orders in the order of time, `at` and `arrived` are seconds since 1970 in UTC (when it
    was ordered, and since when it is known as it stands),
    `quantity` is in pieces, `price` of one piece in major units of the shop's currency (nan: not known).
    `lost`: the lines of orders that had been called off, or changed, by then; models are not told of them.
    """

    as_of: datetime
    customers: Longs
    countries: tuple[str | None, ...]
    products: tuple[str, ...]
    who: Ints
    what: Ints
    order: Ints
    at: Longs
    arrived: Longs
    quantity: Ints
    price: Floats
    lost: Lost | None = None

    def __len__(self) -> int:
        return len(self.who)

    @cached_property
    def day(self) -> Ints:
        """The day of each line: whole days since 1970 in UTC."""
        return (self.at // DAY).astype(np.int32)

    @property
    def now(self) -> int:
        """`as_of` in whole seconds since 1970, rounded up: what is smaller was before it."""
        return seconds_of(self.as_of)

    def before(self, instant: datetime) -> Past:
        """As of an earlier instant: what had been ordered, and was known, by then. Places stay the same.

        Within a second nobody can tell what came first: what fell into the instant's own second is left out.
        """
        limit = int(instant.timestamp() // 1)
        early = replace(self.only((self.at < limit) & (self.arrived < limit)), as_of=instant)
        return early if self.lost is None else _with(early, self.lost, limit)

    def between(self, start: datetime, end: datetime) -> Bools:
        """Of each line: was it ordered in [start, end)?"""
        return (self.at >= seconds_of(start)) & (self.at < seconds_of(end))

    def only(self, lines: Bools) -> Past:
        """These lines alone, of the same customers and products; nothing is lost."""
        chosen: dict[str, Any] = {name: getattr(self, name)[lines] for name in _COLUMNS}
        return replace(self, **chosen, lost=None)


@dataclass(frozen=True, eq=False)
class Lost:
    """Lines that stood once, in columns as those of a `Past`. `gone`: since when they are known not to."""

    who: Ints
    what: Ints
    order: Ints
    at: Longs
    arrived: Longs
    quantity: Ints
    price: Floats
    gone: Longs

    def only(self, lines: Bools) -> Lost:
        """These lines alone."""
        return Lost(**{one.name: getattr(self, one.name)[lines] for one in fields(self)})


_COLUMNS = tuple(one.name for one in fields(Lost) if one.name != "gone")
STANDS = np.iinfo(np.int64).max  # as `gone` of a line that was not taken back


@dataclass(frozen=True)
class Lines:
    """Order lines in any order, a column each, as they were read: the raw material of a `Past`.

    `customer`: ids; `price`: nan where not known. `gone`: since which second it has been known that the order
    does not stand so any more, STANDS where it does; None: all stand. All columns are equally long.
    """

    order: Sequence[str]
    product: Sequence[str]
    customer: Sequence[int] | Longs
    at: Sequence[int] | Longs
    arrived: Sequence[int] | Longs
    quantity: Sequence[int] | Ints
    price: Sequence[float] | Floats
    gone: Longs | None = None


def past_of(
    as_of: datetime,
    lines: Lines,
    countries: Mapping[int, str | None],
    customers: Sequence[int] = (),
    products: Sequence[str] = (),
) -> Past:
    """A `Past` of these lines; those not before `as_of` are left out.

    `customers`, `products`: who and what shall have a place though no line names it. A product twice in one
    order counts as one line: that which comes first.
    """
    limit = seconds_of(as_of)
    at, arrived = np.asarray(lines.at, np.int64), np.asarray(lines.arrived, np.int64)
    known = np.flatnonzero((at < limit) & (arrived < limit))
    buyers = np.asarray(lines.customer, np.int64)[known]
    who_ids = np.unique(np.concatenate([buyers, np.asarray(customers, np.int64)]))
    names, what = _places([lines.product[place] for place in known.tolist()], products)
    orders, order = _places([lines.order[place] for place in known.tolist()])
    ranked = np.lexsort((what, order, at[known]))
    _, first = np.unique(
        order[ranked].astype(np.int64) * max(1, len(names)) + what[ranked], return_index=True
    )
    ranked = ranked[np.sort(first)]
    rows = known[ranked]
    gone = np.full(len(rows), STANDS) if lines.gone is None else lines.gone[rows]
    whole = Lost(
        who=np.searchsorted(who_ids, buyers[ranked]).astype(np.int32),
        what=what[ranked],
        order=_by_appearance(order[ranked], len(orders)),
        at=at[rows],
        arrived=arrived[rows],
        quantity=np.asarray(lines.quantity, np.int32)[rows],
        price=np.asarray(lines.price, np.float64)[rows],
        gone=gone,
    )
    standing = gone >= limit
    columns: dict[str, Any] = {name: getattr(whole, name)[standing] for name in _COLUMNS}
    return Past(
        as_of=as_of,
        customers=who_ids,
        countries=tuple(countries.get(one) for one in who_ids.tolist()),
        products=names,
        **columns,
        lost=None if standing.all() else whole.only(~standing),
    )


def _with(early: Past, lost: Lost, limit: int) -> Past:
    """And with what had not been called off yet by the second `limit`."""
    known = lost.only((lost.at < limit) & (lost.arrived < limit))
    standing = known.gone >= limit
    more = known.only(standing)
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(early, name), getattr(more, name)]) for name in _COLUMNS
    }
    ranked = np.lexsort((joined["what"], joined["order"], joined["at"]))
    ordered = {name: column[ranked] for name, column in joined.items()}
    return replace(early, **ordered, lost=known.only(~standing))


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970, rounded up: an instant is before it if its own second is smaller."""
    return -int(-instant.timestamp() // 1)


def _places(names: Sequence[str], more: Sequence[str] = ()) -> tuple[tuple[str, ...], Ints]:
    """The distinct names in order, and the place of each."""
    distinct = tuple(sorted({*names, *more}))
    index = {name: place for place, name in enumerate(distinct)}
    return distinct, np.fromiter((index[name] for name in names), np.int32, len(names))


def _by_appearance(order: Ints, number: int) -> Ints:
    """Orders numbered as they first come."""
    _, first = np.unique(order, return_index=True)
    fresh = np.zeros(number, np.int32)
    fresh[order[np.sort(first)]] = np.arange(len(first), dtype=np.int32)
    return fresh[order]
