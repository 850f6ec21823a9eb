"""Phone numbers: as people write them, where texts can go, and those that take none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.store.people.phones import LANDLINE, NO_TEXTS, NOT_VALID, phone_of

BRITISH = "+447400123456"


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("07400 123456", "GB", BRITISH),
        ("07400 123456", None, BRITISH),  # as the shop would read it
        ("+44 (0)7400 123-456", "DE", BRITISH),
        ("00447400123456", "DE", BRITISH),
        ("01512 3456789", "DE", "+4915123456789"),
        ("07400 123456", "US", BRITISH),  # no number in America, but one at home
        ("(201) 555-0123", "US", "+12015550123"),  # it may be a landline's: nobody can tell
        ("٠٧٤٠٠١٢٣٤٥٦", "GB", BRITISH),
        ("Tel. 07400 123456 ext. 9", "GB", BRITISH),
    ],
)
def test_where_texts_go(written: str, country: str | None, number: str) -> None:
    assert phone_of(written, country, "GB").number == number


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (None, "no phone number"),
        ("", "no phone number"),
        ("020 7946 0018", LANDLINE),
        ("0800 123 4567", NO_TEXTS),
        ("12345", NOT_VALID),
        ("call me", NOT_VALID),
        ("+999 1234567", NOT_VALID),
        ("0" * 10_000, NOT_VALID),
    ],
)
def test_numbers_that_take_no_texts(written: str | None, why: str) -> None:
    phone = phone_of(written, "GB", "GB")
    assert (phone.number, phone.why) == (None, why)


@given(st.text(max_size=70), st.sampled_from([None, "GB", "DE", "XX"]))
def test_any_text_is_a_number_or_is_not(written: str, country: str | None) -> None:
    phone = phone_of(written, country, "GB")
    assert (phone.number is None) == bool(phone.why)
    assert phone.number is None or (phone.number[0] == "+" and phone.number[1:].isdigit())
