"""The pages' styles: a shop's values within a style sheet, and a policy that lets in just these."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest

from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.web.pages.looks import Looks, looks_of
from tests.reference.reading import SHOP_TEXT


def looks(brand: str) -> Looks:
    return looks_of(read_shop(f"{SHOP_TEXT}brand: {brand}\n"))


def test_the_policy_names_the_style_by_its_hash() -> None:
    found = looks('{colour: "#7a3b2e"}')
    told = base64.b64encode(sha256(found.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{told}';" in found.policy
    assert "--brand: #7a3b2e" in found.style
    assert "$" not in found.style


@pytest.mark.parametrize(
    "brand",
    [
        "{colour: red}",
        '{link: "red;} body {display: none"}',
        '{on_colour: "url(https://elsewhere.example)"}',
        '{font: "x</style><script>"}',
        "{font: 'x; } * { display: none'}",
        "{font: [a, b]}",
        "{logo: 'javascript:alert(1)'}",
        "{logo: 'mailto:x@example.com'}",
        "{logo: 'https://a.example;script-src *//x'}",
        "{logo: 7, logo_width: wide}",
    ],
)
def test_what_is_none_of_its_kind_is_left_out(brand: str) -> None:
    assert looks(brand) == looks("{}")


@pytest.mark.parametrize("width", ["0", "-1", "9999", "²", "1e3", "12px"])
def test_a_width_that_is_none(width: str) -> None:
    assert looks(f"{{logo_width: {width!r}}}").logo_width == 140


def test_logos_come_from_where_they_are_only() -> None:
    found = looks(
        "{logo: 'https://a.example/x.png', logo_dark: 'https://b.example:8443/y.png?z', logo_width: 90}"
    )
    assert "img-src https://a.example https://b.example:8443;" in found.policy
    assert (found.logo_width, found.logo_dark) == (90, "https://b.example:8443/y.png?z")


def test_without_a_shop() -> None:
    assert looks_of(None) == looks("{}")
