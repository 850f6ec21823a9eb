"""Of whom mail that comes back is believed: anybody can write one, and name a message that was passed on."""

from __future__ import annotations

import pytest

from tests.unit.web.test_returned_mail import COMPLAINT, FAILED, WHOLE, read, report


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("Final-Recipient: rfc822; Ada@Example.com", True),
        ("Final-Recipient: RFC822;<ada@example.com>", True),
        ("Final-Recipient: utf-8;ada@example.com", True),
        ("Final-Recipient: rfc822;a@b.example\nOriginal-Recipient: rfc822;ada@example.com", True),
        ("Final-Recipient: rfc822;eve@example.com", False),
        ("Final-Recipient: rfc822;", False),
        ("Final-Recipient: x400;ada@example.com", False),
        ("Original-Recipient: rfc822;@example.com\nFinal-Recipient: rfc822;x", False),
        ("Reporting-MTA: dns;mx", False),
    ],
)
def test_a_report_is_believed_of_the_address_that_it_names(said: str, believed: bool) -> None:
    """Whoever was passed a mail on knows its key."""
    [told] = read(report(f"{said}\nAction: failed\nStatus: 5.1.1\n"))
    assert told.is_of("ada@example.com") == believed
    assert not told.is_of(None)
    assert not told.is_of("")


def test_an_original_recipient_may_be_written_in_hex() -> None:
    [told] = read(report(FAILED.replace("rfc822;Ada@", "rfc822;ada+2Bshop@")))
    assert told.is_of("ada+shop@example.com")


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("ada@example.com", True),
        ("9f8a71@example.com", True),
        ("redacted", True),
        ("eve@other.example", False),
    ],
)
def test_a_complaint_may_hide_who_complained(said: str, believed: bool) -> None:
    text = COMPLAINT.format(kind="abuse", returned=WHOLE).replace("ada@example.com", said)
    [told] = read(text)
    assert told.is_of("ada@example.com") == believed
