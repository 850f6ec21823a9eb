"""Products that are like another: of its category, with words of its name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from itertools import chain, islice
from typing import NamedTuple

from sqlalchemy import Connection, select

from loyaltyloop.scores.purchases.tables import product
from loyaltyloop.store.among import among

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
    own = select(product.c.category).where(among(connection, product.c.product_id, ids)).distinct()
    categories = [row[0] for row in connection.execute(own)]
    rows = select(product.c.product_id, product.c.category, product.c.name)
    if None not in categories:
        rows = rows.where(product.c.category.in_(categories))
    found = (
        Described(one, category, words_of(name or "")) for one, category, name in connection.execute(rows)
    )
    return {one.product_id: one for one in found}


def named(connection: Connection, ids: Collection[str]) -> dict[str, Described]:
    """These products; of one that the catalogue does not have nothing is known."""
    found = {one: Described(one, None, frozenset()) for one in ids}
    columns = (product.c.product_id, product.c.category, product.c.name)
    rows = select(*columns).where(among(connection, product.c.product_id, sorted(found)))
    for product_id, category, name in connection.execute(rows):
        found[product_id] = Described(product_id, category, words_of(name or ""))
    return found


def matches(connection: Connection, searches: Collection[frozenset[str]]) -> dict[frozenset[str], list[str]]:
    """What has at least half of a search's words in its name: by share of common words, then id.

    Reads through the catalogue once, whoever searched for whatever.
    """
    asked = frozenset(chain.from_iterable(searches))
    named: dict[str, frozenset[str]] = {}
    for product_id, name in connection.execute(select(product.c.product_id, product.c.name)) if asked else ():
        if (words := words_of(name or "")) & asked:
            named[product_id] = words
    by_word: dict[str, list[str]] = defaultdict(list)
    for product_id in sorted(named):
        for word in named[product_id] & asked:
            by_word[word].append(product_id)
    return {one: _matching(one, named, by_word) for one in searches}


def _matching(
    search: frozenset[str], named: Mapping[str, frozenset[str]], by_word: Mapping[str, list[str]]
) -> list[str]:
    common = Counter(chain.from_iterable(by_word.get(word, ()) for word in search))
    ranked = sorted(
        (-1000 * words // len(search | named[product_id]), product_id)
        for product_id, words in common.items()
        if 2 * words >= len(search)
    )
    return [product_id for _, product_id in ranked[:MOST]]


class Likeness:
    """Answers what is like a product, from an index of words: a catalogue is not read through for each."""

    def __init__(self, described: Mapping[str, Described]) -> None:
        self._described = described
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._by_category: dict[str, list[str]] = defaultdict(list)
        for product_id in sorted(described):
            one = described[product_id]
            for word in one.words:
                self._by_word[word].append(product_id)
            if one.category:
                self._by_category[one.category].append(product_id)

    def of(self, product_id: str) -> list[str]:
        """Ids of those of the same category or with a word in common: by share of common words, then id."""
        one = self._described[product_id]
        common = Counter(chain.from_iterable(self._by_word[word] for word in one.words))
        common.pop(product_id, None)
        ranked = sorted(self._rank(one, self._described[other], words) for other, words in common.items())
        found = [other for _, _, other in ranked[:MOST]]
        if len(found) < MOST and one.category:
            kin = self._by_category[one.category]
            rest = (each for each in kin if each not in common and each != product_id)
            found += islice(rest, MOST - len(found))
        return found

    @staticmethod
    def _rank(one: Described, other: Described, common: int) -> tuple[int, bool, str]:
        share = 1000 * common // (len(one.words) + len(other.words) - common)
        return -share, one.category != other.category, other.product_id
