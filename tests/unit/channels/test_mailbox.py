"""Addresses: which may be written to, and how they stand in what leaves."""

from __future__ import annotations

import pytest

from loyaltyloop.channels.mailbox import valid_address, wire_address


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada.L+news@Example.COM", "Ada.L+news@Example.COM"),
        ("ada@bücher.de", "ada@xn--bcher-kva.de"),
        ("ada@BÜCHER.de", "ada@xn--bcher-kva.de"),
        ("ada@straße.de", "ada@xn--strae-oqa.de"),  # and not somebody else's strasse.de
        ("zoë@例え.jp", "zoë@xn--r8jz45g.jp"),
    ],
)
def test_domains_are_written_in_ascii(address: str, wire: str) -> None:
    assert valid_address(address)
    assert wire_address(address) == wire


@pytest.mark.parametrize("address", ["ada@bücher..de", f"ada@{'ü' * 80}.de", "ada@\u2000ü.de"], ids=range(3))
def test_what_is_no_domain(address: str) -> None:
    assert not valid_address(address)
    with pytest.raises(ValueError, match=r".+"):
        wire_address(address)


@pytest.mark.parametrize(
    "address", ["", "ada", "@example.com", "ada@", "a b@example.com", "ada@example.com\n"]
)
def test_what_is_no_address(address: str) -> None:
    assert not valid_address(address)
