"""Who refers themselves is found by address, phone, home and id, however these are written."""

from __future__ import annotations

from typing import Any

import pytest

from loyaltyloop.store.loyalty.codes import made, read_code
from loyaltyloop.store.loyalty.friends import Somebody, mailbox, number, place, self_referral


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada@Shop.example", " ada@shop.example", True),
        ("ada+friend@shop.example", "ada@shop.example", True),
        ("a.d.a@gmail.com", "ada+x@googlemail.com", True),
        ("a.da@shop.example", "ada@shop.example", False),  # dots count there
        ("ada@shop.example", "ada@other.example", False),
        ("+@shop.example", "+b@shop.example", False),
        ("", "", False),
    ],
)
def test_mailboxes(one: str, other: str, same: bool) -> None:
    assert (bool(mailbox(one)) and mailbox(one) == mailbox(other)) is same
    assert bool(self_referral(Somebody(1, email=one), Somebody(2, email=other))) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+44 7400 123 456", "07400 123456", True),
        ("0044 7400 123456", "+447400123456", True),
        ("07400 123456", "07400 123457", False),
        ("123", "123", False),  # no number
    ],
)
def test_numbers(one: str, other: str, same: bool) -> None:
    assert (bool(number(one)) and number(one) == number(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            {"street": "1 High St.", "postalCode": "SA1 1AA"},
            {"street": "1 high st", "postal_code": "sa11aa"},
            True,
        ),
        (
            {"street": "1 High St.", "postalCode": "SA1 1AA"},
            {"street": "2 High St.", "postalCode": "SA1 1AA"},
            False,
        ),
        ({"street": "1 High St."}, {"street": "1 High St."}, False),  # there is one in each town
        ({"street": 5, "postalCode": None}, {}, False),
    ],
)
def test_homes(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert (bool(place(one)) and place(one) == place(other)) is same


def test_one_id_is_one_customer() -> None:
    assert self_referral(Somebody(1), Somebody(1)) and not self_referral(Somebody(1), Somebody(2))


def test_codes_are_the_same_each_time_and_read_as_they_are_written_down() -> None:
    code = made(b"secret", "ada")
    assert code == made(b"secret", "ada") and len(code) == 12
    assert code not in (made(b"another", "ada"), made(b"secret", "ben"), made(b"secret", "ada", 1))
    assert read_code(f" {code[:4].lower()}-{code[4:]} ") == code
    assert read_code(code.replace("0", "O").replace("1", "l")) == code
    assert len({made(b"secret", str(number)) for number in range(20_000)}) == 20_000
    assert [read_code(each) for each in (None, 5, "", "SHORT", "A" * 200, "ÄÖÜ")] == [""] * 6
