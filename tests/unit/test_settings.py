"""Settings of a project: what they may be, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.errors import UserError
from loyaltyloop.settings import load_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "EMAIL", "HOOKS", "PUBLIC_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_TLS"):
        monkeypatch.delenv(f"LOOP_{name}", raising=False)


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
        load_settings(_project(tmp_path, "LOOP_HOOKS=away", "LOOP_SMTP_TLS=yes"))
    assert str(told.value).splitlines()[::3] == [
        f"{tmp_path / '.env'}: LOOP_HOOKS cannot be 'away'.",
        "the environment: LOOP_SMTP_PORT cannot be '70000'.",
        f"{tmp_path / '.env'}: LOOP_SMTP_TLS cannot be 'yes'.",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "notaurl",
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https://shop.example:99999",
        "https://a shop.example",
        "https://shop.example/?a=1",
        "https://shop.example/#a",
    ],
)
def test_links_need_an_address_that_a_browser_can_open(tmp_path: Path, url: str) -> None:
    with pytest.raises(UserError) as told:
        load_settings(_project(tmp_path, f"LOOP_PUBLIC_URL='{url}'"))
    assert str(told.value) == (
        f"{tmp_path / '.env'}: LOOP_PUBLIC_URL cannot be {url!r}.\n"
        "    Write where a browser finds the web service, for example LOOP_PUBLIC_URL=https://mail.shop.example."
    )


def test_a_public_address_shows_no_password(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be 'https://\*\*\*@shop.example'"):
        load_settings(_project(tmp_path, "LOOP_PUBLIC_URL=https://ada:hidden@shop.example"))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8300", "https://shop.example", "https://shop.example/mail/", "http://[::1]:80"]
)
def test_public_addresses_of_all_kinds(tmp_path: Path, url: str) -> None:
    assert load_settings(_project(tmp_path, f"LOOP_PUBLIC_URL={url}")).public_url == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "it is no address of a database"),
        ("postgresql://ada:hidden@db.example:port/shop", "it is no address of a database"),
        ("mysql://ada:hidden@db.example/shop", "'mysql' is no kind of database that is known here"),
        ("postgres://ada:hidden@db.example/shop", "'postgres' is no kind of database that is known here"),
        ("sqlite+aiosqlite:///loop.db", "'sqlite+aiosqlite' is no kind of database that is known here"),
        ("sqlite://", "it names no file"),
        ("sqlite:///:memory:", "it names no file"),
    ],
)
def test_a_database_that_is_none_is_told_without_its_password(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        load_settings(_project(tmp_path, f"LOOP_DATABASE_URL={url}"))
    words = str(told.value)
    assert words.startswith(f"{tmp_path / '.env'}: LOOP_DATABASE_URL cannot be used: {said}")
    assert "Write sqlite:///path/to/loop.db or postgresql://user:password@host/name" in words
    assert "hid" not in words


@pytest.mark.parametrize("url", ["sqlite:///loop.db", "postgresql://ada:a%2Fb@/shop?host=/run/postgresql"])
def test_databases_of_both_kinds(tmp_path: Path, url: str) -> None:
    assert load_settings(_project(tmp_path, f"LOOP_DATABASE_URL={url}")).database == url


def test_a_file_of_settings_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("LOOP_SMTP_USER=José\n".encode("latin-1"))
    with pytest.raises(UserError, match="is no text in UTF-8: save it as UTF-8"):
        load_settings(tmp_path)


def test_secrets_of_hooks_stand_in_the_environment_or_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = ("whsec_" + letter * 44 for letter in "AB")
    (tmp_path / ".env").write_text(f"LOOP_HOOK_DESK_SECRET={one}\nLOOP_HOOK_NONE_SECRET=\n")
    found = load_settings(tmp_path)
    assert found.hook_secrets("LOOP_HOOK_DESK_SECRET") == [b"\x00" * 33]
    monkeypatch.setenv("LOOP_HOOK_DESK_SECRET", f"{two} {one}")
    assert len(found.hook_secrets("LOOP_HOOK_DESK_SECRET")) == 2
    for name in ("LOOP_HOOK_NONE_SECRET", "LOOP_HOOK_LOST_SECRET"):
        with pytest.raises(LookupError, match=f"there is no secret to sign it with: set {name}"):
            found.hook_secrets(name)
    monkeypatch.setenv("LOOP_HOOK_DESK_SECRET", "hunter2")
    with pytest.raises(ValueError, match="LOOP_HOOK_DESK_SECRET cannot sign it") as raised:
        found.hook_secrets("LOOP_HOOK_DESK_SECRET")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("LOOP_LIMIT_PAGES=many", "Write a number from 0 on, for example LOOP_LIMIT_PAGES=10."),
        ("LOOP_LIMIT_PAGES=-1", "Write a number from 0 on, for example LOOP_LIMIT_PAGES=10."),
        ("LOOP_CONNECTIONS=1.5", "Write a whole number from 1 on, for example LOOP_CONNECTIONS=1000."),
        (
            "LOOP_KEEP_MESSAGES_DAYS=x",
            "Write a whole number from 0 on, for example LOOP_KEEP_MESSAGES_DAYS=400.",
        ),
    ],
)
def test_a_number_is_asked_for_in_plain_words(tmp_path: Path, line: str, remedy: str) -> None:
    name, _, said = line.partition("=")
    with pytest.raises(UserError) as told:
        load_settings(_project(tmp_path, line))
    assert str(told.value) == f"{tmp_path / '.env'}: {name} cannot be {said!r}.\n    {remedy}"
