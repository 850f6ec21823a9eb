"""`recommendations` of shop.yaml, and the dice that it is thrown with."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from loyaltyloop.errors import FilesError
from loyaltyloop.journey.dice import explore_salt, throw
from loyaltyloop.journey.model import Recommending
from loyaltyloop.journey.reading.reader import read_shop

SHOP = """\
shop: Sample Shop
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample Shop, email: hello@shop.example, postal_address: 1 Sample Street}
"""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{}", Recommending(Decimal(0), Decimal(3), ("size",))),
        ("{explore: 5%}", Recommending(Decimal("0.05"))),
        ("{price_band: 1.5, sizes: [size, fit]}", Recommending(Decimal(0), Decimal("1.5"), ("size", "fit"))),
        ("{price_band: any, sizes: []}", Recommending(Decimal(0), None, ())),
        ("{sizes: waist}", Recommending(sizes=("waist",))),
    ],
)  # fmt: skip
def test_what_is_written(written: str, meant: Recommending) -> None:
    assert read_shop(SHOP + f"recommendations: {written}\n").recommending == meant


def test_what_holds_unless_it_is_written() -> None:
    assert read_shop(SHOP).recommending == Recommending(Decimal(0), Decimal(3), ("size",))
    page = (Path(__file__).parents[3] / "docs" / "recommending.md").read_text(encoding="utf-8")
    assert "default `0%`" in page and "a third of the cheapest or above three times" in page
    assert "(default `size`)" in page


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{price_band: 0.5}", "'0.5' is no price band"),
        ("{price_band: all}", "'all' is no price band"),
        ("{price_band: yes}", "is no price band"),
        ("{explore: 0.05}", "0.05"),
        ("{sizes: [Shoe Size]}", "Shoe Size"),
        ("{explore_share: 5%}", "explore_share"),
    ],
)
def test_mistakes_are_told(written: str, said: str) -> None:
    with pytest.raises(FilesError) as caught:
        read_shop(SHOP + f"recommendations: {written}\n")
    assert said in str(caught.value)


def test_each_place_of_each_entry_has_dice_of_its_own() -> None:
    salts = {
        explore_salt(journey, step, one_per, occurrence, place)
        for journey, step, one_per, occurrence in (
            ("a", "b", "", ""),
            ("a", "b", "o1", ""),
            ("a", "c", "", "7"),
        )
        for place in range(4)
    }
    assert len({throw(salt, "ada") for salt in salts}) == 12
    assert throw(explore_salt("a", "b", "", "", 0), "ada") == throw("explore:a/b///0", "ada")
