"""Which names and addresses every machine has for itself."""

from __future__ import annotations

import pytest

from loyaltyloop.channels.mail.smtp import Server, Smtp
from loyaltyloop.channels.reach import lost_links
from loyaltyloop.journey.addresses import is_local

OWN = "127.0.0.1 127.1.2.3 ::1 ::ffff:127.0.0.1 0.0.0.0 :: localhost LocalHost. a.localhost"


@pytest.mark.parametrize("host", OWN.split())
def test_names_of_ones_own(host: str) -> None:
    assert is_local(host)
    assert not Smtp(Server(host, 25)).far


@pytest.mark.parametrize("host", ["192.168.1.5", "mail.example", "localhost.example", "128.0.0.1", "fe80::1"])
def test_names_of_others(host: str) -> None:
    assert not is_local(host)
    assert Smtp(Server(host, 25)).far


def test_links() -> None:
    assert "lead to http://127.0.0.1:8300," in lost_links("http://127.0.0.1:8300")
    assert "lead to http://[::1]/x," in lost_links("http://[::1]/x")
    assert lost_links("https://mail.shop.example") == lost_links("http://192.168.1.5:8300") == ""
