"""Pools of shop.yaml as they are read, codes as they are made and compared, and periods of budgets."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.errors import FilesError
from loyaltyloop.journey.clock.periods import Period, period_start
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.codes import LETTERS, make_code, matched, places
from loyaltyloop.journey.model import Pool
from loyaltyloop.journey.reading.reader import read_shop
from tests.reference.reading import SHOP_TEXT


def pools(text: str) -> tuple[Pool, ...]:
    return read_shop(f"{SHOP_TEXT}vouchers: {text}\n").vouchers


def test_pools_are_read() -> None:
    made = "{value: 10% off, pattern: THANKS-??????, valid: 14 days}"
    assert pools(f"{{thanks: {made}, spring: {{value: 5.50, codes: s.csv}}}}") == (
        Pool("thanks", "10% off", pattern="THANKS-??????", valid=Duration.of("14 days"), low=100),
        Pool("spring", "", Decimal("5.50"), codes="s.csv", low=100),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("value: 5", "codes come from a file, or are made by a pattern"),
        ("value: 5, codes: a.csv, pattern: A", "codes come from a file, or are made by a pattern"),
        ("value: 5, pattern: A-???", "could be guessed"),
        ("value: 5, pattern: spring", "is no pattern of codes"),
        ("value: 0, pattern: A", "is no amount"),
        ("value: true, pattern: A", "text is wanted"),
        ("pattern: A", "'value'"),
    ],
)
def test_pools_that_cannot_be(words: str, said: str) -> None:
    with pytest.raises(FilesError) as error:
        pools(f"{{one: {{{words}}}}}")
    assert said in str(error.value)


@given(secret=st.binary(min_size=1), key=st.text(), attempt=st.integers(0, 3))
def test_a_code_is_made_of_the_secret_the_pool_and_the_key(secret: bytes, key: str, attempt: int) -> None:
    code = make_code(secret, "spring", key, "A-????????-Z", attempt)
    assert code == make_code(secret, "spring", key, "A-????????-Z", attempt)
    made = code.removeprefix("A-").removesuffix("-Z")
    assert len(made) == places("A-????????-Z") == 8
    assert set(made) <= set(LETTERS)
    assert code != make_code(secret, "spring", key, "A-????????-Z", attempt + 1)
    assert code != make_code(secret, "summer", key, "A-????????-Z", attempt)
    assert code != make_code(secret + b"!", "spring", key, "A-????????-Z", attempt)


def test_codes_are_compared_as_people_type_them() -> None:
    assert matched(" spring-7kq2 mxwa ") == matched("SPRING-7KQ2MXWA") == "SPRING7KQ2MXWA"
    assert matched("spring\u20110001") == matched("SPRING 0001") == matched("spring\u20130001")
    assert matched("- \u2013") == ""
    assert not set("IL1O0U") & set(LETTERS)


@pytest.mark.parametrize(
    ("per", "began"),
    [("day", "2026-03-31 23:00"), ("week", "2026-03-29 23:00"), ("month", "2026-03-31 23:00")],
)
def test_periods_are_the_shops(per: Period, began: str) -> None:
    now = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)  # half past midnight of the first of April, in London
    assert period_start(now, per, "Europe/London") == datetime.fromisoformat(began).replace(tzinfo=UTC)
