"""Products that are like another: of its category, with words of its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from loyaltyloop.scores.counting import product

MOST = 40
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words that tell nothing about what a thing is.
_EMPTY = frozenset(("and", "assorted", "for", "large", "new", "pack", "set", "small", "the", "with"))


class Described(NamedTuple):
    """A product by its category and the words of its name."""

    product_id: str
    category: str | None
    words: frozenset[str]


def words_of(name: str) -> frozenset[str]:
    """The words of a name that tell something, in lower case."""
    return frozenset(_WORD.findall(name.lower())) - _EMPTY


def describe(connection: Connection, ids: Collection[str]) -> dict[str, Described]:
    """Everything that these products could be like, themselves included.

    Reads their categories alone, and the whole catalogue where one of them has no category.
    """
    own = select(product.c.category).where(product.c.product_id.in_(ids)).distinct()
    categories = [row[0] for row in connection.execute(own)]
    rows = select(product.c.product_id, product.c.category, product.c.name)
    if None not in categories:
        rows = rows.where(product.c.category.in_(categories))
    found = (
        Described(one, category, words_of(name or "")) for one, category, name in connection.execute(rows)
    )
    return {one.product_id: one for one in found}


def alike(one: Described, others: Iterable[Described]) -> list[str]:
    """Ids of those of the same category or with a word in common: by share of common words, then id."""
    ranked = []
    for other in others:
        common = len(one.words & other.words)
        if other.product_id != one.product_id and (
            common or (one.category and one.category == other.category)
        ):
            share = 1000 * common // (len(one.words | other.words) or 1)
            ranked.append((-share, one.category != other.category, other.product_id))
    return [product_id for _, _, product_id in sorted(ranked)[:MOST]]
