"""Names and categories of the sample shop."""

from __future__ import annotations

import pytest

from loyaltyloop.demo.naming import OTHERS, category_of, countries, tidy_name


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("SET/3 RED GINGHAM ROSE STORAGE BOX", "Set of 3 Red Gingham Rose Storage Box"),
        ("S/16 VINTAGE ROSE CUTLERY", "Set of 16 Vintage Rose Cutlery"),
        ("CHARLIE+LOLA RED HOT WATER BOTTLE ", "Charlie & Lola Red Hot Water Bottle"),
        ("PINK B'FLY C/COVER W BOBBLES", "Pink Butterfly C/Cover with Bobbles"),
        ("SILVER/M.O.P PENDANT ORBIT NECKLACE", "Silver/M.O.P Pendant Orbit Necklace"),
        ("PINK  HEART SHAPE LOVE BUCKET ", "Pink Heart Shape Love Bucket"),
        ("HEN HOUSE W FAMILY IN BARN & NEST", "Hen House with Family in Barn & Nest"),
        ("CUT GLASS HEXAGON T-LIGHT HOLDER", "Cut Glass Hexagon T-Light Holder"),
        ("KIDS' 3D TV. ", "Kids' 3D TV"),
    ],
)
def test_names(description: str, name: str) -> None:
    assert tidy_name(description) == name


@pytest.mark.parametrize(
    ("description", "category"),
    [
        ("CHRISTMAS DECOUPAGE CANDLE", "Christmas"),
        ("SMALL GLASS CANDLE HOLDER", "Candles & Lights"),
        ("60 CAKE CASES VINTAGE", "Baking"),
        ("CHARLIE+LOLA RED HOT WATER BOTTLE ", "Bath & Beauty"),
        ("BLUE SPOTTY WATER BOTTLE", "Lunch & Picnic"),
        ("INFLATABLE POLITICAL GLOBE ", OTHERS),
        ("SNOWBALLING", OTHERS),  # a word, not a part of one
    ],
)
def test_categories(description: str, category: str) -> None:
    assert category_of(description) == category


def test_countries_are_iso_codes_or_unknown() -> None:
    codes = [code for code, _, _ in countries().values()]
    assert all(code == "" or (len(code) == 2 and code.isupper()) for code in codes)
    assert countries()["Ireland"][0] == "IE" and countries()["Unspecified"][0] == ""
