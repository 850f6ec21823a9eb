"""Columns of a file whose columns are all known by their names: of products, of codes."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from loyaltyloop.errors import DataError
from loyaltyloop.store.canonical import plain_text


def check_names(path: Path, header: Sequence[str], known: Sequence[str], what: str) -> None:
    """DataError if a column is named almost as one that there is. `what`: of which things the file tells."""
    for name in header:
        near = get_close_matches(name.lower(), known, n=1, cutoff=0.75)
        if name not in known and near:
            raise DataError(f"{path}: {name!r} is no column of {what}; is it {near[0]!r}?")


def passed_over(header: Sequence[str], known: Sequence[str]) -> list[str]:
    """What a person should know of the columns that nothing is made of."""
    return [f"column {name!r} is not known and was passed over" for name in header if name not in known]


def by_name(header: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """The fields of a row by their columns, as text that can be kept."""
    return {name: plain_text(value.strip()) for name, value in zip(header, fields, strict=True)}
