"""Settings of a project: what they may be, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.errors import UserError
from loyaltyloop.settings import load_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOP_EMAIL", "LOOP_SMTP_HOST", "LOOP_SMTP_PORT", "LOOP_SMTP_TLS"):
        monkeypatch.delenv(name, raising=False)


def _project(folder: Path, *lines: str) -> Path:
    (folder / ".env").write_text("\n".join(lines))
    return folder


@pytest.mark.parametrize(
    "host",
    [
        "mail..example.com",
        "",
        ".example.com",
        "https://mail.example.com",
        "mail.example.com:587",
        "a b",
        "x" * 64,
    ],
)
def test_a_wrong_host_of_the_mail_server_is_told_at_once(tmp_path: Path, host: str) -> None:
    with pytest.raises(UserError) as told:
        load_settings(_project(tmp_path, "LOOP_EMAIL=smtp", f"LOOP_SMTP_HOST='{host}'"))
    assert str(told.value) == (
        f"{tmp_path / '.env'}: LOOP_SMTP_HOST cannot be {host!r}.\n"
        "    Write the mail server's name or address alone: LOOP_SMTP_HOST=mail.example.com."
    )


@pytest.mark.parametrize(
    "host",
    ["localhost", "mail.example.com", "mail.example.com.", "bücher.example", "10.0.0.7", "::1", "mta_1"],
)
def test_hosts_of_all_kinds(tmp_path: Path, host: str) -> None:
    found = load_settings(_project(tmp_path, "LOOP_EMAIL=smtp", f"LOOP_SMTP_HOST={host}"))
    assert found.smtp_host == host


def test_the_host_does_not_matter_where_nobody_asks_it(tmp_path: Path) -> None:
    assert load_settings(_project(tmp_path, "LOOP_SMTP_HOST=")).email == "eml"


def test_all_wrong_settings_at_once_and_where_each_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_SMTP_PORT", "70000")
    with pytest.raises(UserError) as told:
        load_settings(_project(tmp_path, "LOOP_EMAIL=post", "LOOP_SMTP_TLS=yes"))
    assert str(told.value).splitlines()[::3] == [
        f"{tmp_path / '.env'}: LOOP_EMAIL cannot be 'post'.",
        "the environment: LOOP_SMTP_PORT cannot be '70000'.",
        f"{tmp_path / '.env'}: LOOP_SMTP_TLS cannot be 'yes'.",
    ]
