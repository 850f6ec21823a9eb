"""The signature of a delivery, by the worked example and against all that only looks like one."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from loyaltyloop.web.shops.signature import is_signed, signature

SECRET, BODY = "hush", b'{"id":820982911946154508}'
RIGHT = base64.b64encode(hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()).decode()


def test_it_is_the_base64_of_the_hmac() -> None:
    assert signature(SECRET, BODY).decode() == RIGHT
    assert is_signed(SECRET, BODY, RIGHT) and is_signed(SECRET, BODY, f" {RIGHT} ")


@pytest.mark.parametrize(
    "given",
    ["", RIGHT[:-1], RIGHT + "=", RIGHT.lower(), RIGHT.swapcase(), "é" * 44, "\udcff", "sha256=" + RIGHT],
)
def test_what_only_looks_like_it(given: str) -> None:
    assert not is_signed(SECRET, BODY, given)
    assert not is_signed("Hush", BODY, RIGHT)
    assert not is_signed(SECRET, BODY + b"\n", RIGHT)


def test_with_an_empty_secret_nothing_is_signed() -> None:
    assert not is_signed("", BODY, signature("", BODY).decode())
