"""The shop's shouted descriptions as names, and a category derived from their words."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

DATA = resources.files("loyaltyloop.demo").joinpath("data")
OTHERS = "Home & Gifts"

_SMALL = frozenset(["a", "and", "at", "for", "from", "in", "of", "on", "or", "the", "to", "with", "w"])
_SHOUTED = frozenset(["3D", "TV", "UK", "LED", "CD", "DVD", "BBQ"])
_WHOLE = {
    "W": "with",
    "B'FLY": "Butterfly",
    "P'WEIGHT": "Paperweight",
    "ASS": "Assorted",
    "ASSTD": "Assorted",
    "ASSORT": "Assorted",
    "COL": "Colour",
    "DES": "Design",
    "NECKLAC": "Necklace",
    "EARR": "Earrings",
    "CUSH": "Cushion",
}
_SETS = re.compile(r"\b(?:SET|S)/ ?(\d+)", re.IGNORECASE)
_LETTERS = re.compile(r"\b(?:[A-Za-z]\.){2,}[A-Za-z]?")
_WORD = re.compile(r"[A-Z0-9][A-Z0-9'/-]*")


def tidy_name(description: str) -> str:
    """`SET/3 RED GINGHAM BOX W LID ` → `Set of 3 Red Gingham Box with Lid`."""
    spaced = _SETS.sub(r"SET OF \1", description).replace("+", " & ").replace(",", ", ")
    words = [_tidy_word(word) for word in spaced.split()]
    name = " ".join(words).replace(" , ", ", ").strip(" ,.")
    return name[:1].upper() + name[1:]


def _tidy_word(word: str) -> str:
    upper = word.upper()
    if upper in _WHOLE:
        return _WHOLE[upper]
    if word.lower() in _SMALL:
        return word.lower()
    if upper.strip(".") in _SHOUTED:
        return upper
    capitals = re.sub(r"(^|[-/(&])([a-z])", lambda found: found[1] + found[2].upper(), word.lower())
    return _LETTERS.sub(lambda found: found[0].upper(), capitals)


def category_of(description: str) -> str:
    """The category of the first rule of `categories.csv` with a word in this description."""
    upper = description.upper()
    words = set(_WORD.findall(upper))
    for category, single, phrases in _rules():
        if words & single or any(phrase in upper for phrase in phrases):
            return category
    return OTHERS


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]:
    rules = []
    for category, words in list(_rows("categories.csv"))[1:]:
        found = words.split("|")
        single = frozenset(word for word in found if " " not in word)
        rules.append((category, single, tuple(word for word in found if " " in word)))
    return tuple(rules)


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, int, int]]:
    """The data's name of a country → ISO code (empty: unknown), days until a parcel arrives from .. to."""
    rows = list(_rows("countries.csv"))[1:]
    return {name: (code, int(first), int(last)) for name, code, first, last in rows}


def _rows(name: str) -> Iterator[list[str]]:
    with DATA.joinpath(name).open(encoding="utf-8") as file:
        yield from csv.reader(file)
