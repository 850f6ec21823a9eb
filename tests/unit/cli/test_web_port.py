"""Where `loop web` says that it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.cli.web import found_here
from loyaltyloop.settings import load_settings


@pytest.mark.parametrize(
    ("said", "port", "found"),
    [
        ("", 8300, "http://127.0.0.1:8300"),
        ("", 9000, "http://127.0.0.1:9000"),
        ("LOOP_PUBLIC_URL=https://mail.shop.example", 9000, "https://mail.shop.example"),
    ],
)
def test_the_port_is_part_of_where_it_is_found_until_an_address_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, port: int, found: str
) -> None:
    monkeypatch.delenv("LOOP_PUBLIC_URL", raising=False)
    (tmp_path / ".env").write_text(said)
    assert found_here(load_settings(tmp_path), port).public_url == found
