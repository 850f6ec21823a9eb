"""Models that were learned of other columns than are counted now are refused when they are read."""

from __future__ import annotations

import numpy as np
import pytest

from loyaltyloop.scores.models.artifact import pack
from loyaltyloop.scores.models.live import load
from loyaltyloop.scores.returning.windows import names_of_columns


def content(names: list[str], spent: int) -> bytes:
    """A model of so many columns that says nothing: of who comes back, and of what is spent."""
    columns, width = ("centre", "scale", "weights"), len(names)
    arrays = {name: np.ones(width) for name in columns} | {
        f"spend {name}": np.ones(spent) for name in columns
    }
    arrays |= {"numbers": np.ones(5), "spend usual": np.ones(1)}
    arrays |= {"spend bands": np.ones(1), "spend factors": np.ones(1)}
    return pack(arrays, {"days": 90, "learned": 90, "names": names})


def test_columns_as_they_are_counted_now() -> None:
    names = list(names_of_columns())
    assert load("lapse", content(names, 0))
    assert load("value", content(names, len(names)))


@pytest.mark.parametrize("model", ["lapse", "value"])
def test_other_columns(model: str) -> None:
    names = list(names_of_columns())
    for others in ([*names, "more"], names[:-1], [*names[1:], names[0]]):
        with pytest.raises(ValueError, match="learned of other columns than are counted now"):
            load(model, content(others, len(others)))


def test_other_columns_of_what_is_spent() -> None:
    names = list(names_of_columns())
    with pytest.raises(ValueError, match="columns do not match"):
        load("value", content(names, len(names) + 1))
