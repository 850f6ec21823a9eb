"""`loop privacy`: what it prints, what it asks, and what is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer, Event, PrivacyRequest
from tests.integration.cli.conftest import Loop
from tests.integration.store.shop import NOW, at, feed, identify, rows, track

EMAIL = "ada@shopper.example"


@pytest.fixture
def shop(loop: Loop, engine: Engine, project: Path) -> Loop:
    """Ada is known, has consented, and was written to."""
    assert loop("apply", "--yes", "--now", "2026-01-01T00:00:00Z").code == 0
    feed(
        engine,
        [
            identify("ada", at(8), email=EMAIL, firstName="Ada"),
            track("ada", "Consent Granted", at(8.1), channel="email", wording="I want to hear from you."),
            track("ada", "Signed Up", at(9)),
        ],
    )
    loop("walk", "--from", at(10), "--to", at(11))
    return loop


def test_export(shop: Loop, project: Path) -> None:
    document = shop("privacy", "export", EMAIL).data
    assert (document["customer"][0]["first_name"], document["ids"]) == (
        "Ada",
        [{"kind": "user", "value": "ada"}],
    )
    assert shop("privacy", "export", "ada", "--json").data.keys() == document.keys()
    path = project / "ada.json"
    ran = shop("privacy", "export", "ada", "--out", str(path))
    assert "Written to" in ran.out
    assert json.loads(path.read_text(encoding="utf-8"))["customer"] == document["customer"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert shop("privacy", "export", "ada", "--out", str(project / "no" / "x")).code == 1


def test_of_nobody(shop: Loop) -> None:
    for command in ("export", "erase", "consent"):
        ran = shop("privacy", command, "nobody@shopper.example")
        assert (ran.code, "There is no customer" in ran.err) == (1, True)


def test_erase_asks_first(shop: Loop, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: "n")
    assert shop("privacy", "erase", EMAIL).code == 130
    assert rows(engine, Customer)[0].email == EMAIL
    assert shop("privacy", "erase", EMAIL, "--json").code == 2


def test_erase(shop: Loop, engine: Engine, project: Path) -> None:
    outbox = project / "var" / "outbox"
    assert len(list(outbox.glob("*.eml"))) == 1
    told = shop("privacy", "erase", EMAIL, "--yes", "--json").data
    assert told["erased"]["customers"] == 1
    assert ".rejected" in told["not_reached"]
    assert not list(outbox.glob("*.eml"))
    assert rows(engine, Customer)[0].email is None
    again = shop("privacy", "export", EMAIL)
    assert (again.code, "There is no customer" in again.err) == (1, True)


def test_what_is_said_of_somebody_erased(shop: Loop, engine: Engine) -> None:
    ran = shop("privacy", "erase", "ada", "--yes")
    assert ran.out.startswith("Erased: 1 id, 3 events, 1 message")
    [gone] = rows(engine, Customer)
    assert "was erased" in shop("privacy", "export", gone.key).err
    assert "This customer was erased on " in shop("explain", gone.key).out
    assert shop("messages", "--json").data[0]["to"] is None


def test_consent(shop: Loop, engine: Engine) -> None:
    told = shop("privacy", "consent", "ada", "--json").data
    assert [(one["channel"], one["purpose"], one["given"]) for one in told["present"]] == [
        ("email", "marketing", True)
    ]
    assert [(one["how"], one["wording"]) for one in told["ledger"]] == [
        ("Consent Granted", "I want to hear from you.")
    ]
    ran = shop("privacy", "consent", "ada", "--withdraw", "email:marketing", "--now", at(12))
    assert ran.out.startswith(
        "Recorded: it counts from now on.\nemail, marketing: no, the next turn writes it down\n"
    )
    assert [row.source for row in rows(engine, Event) if row.name == "Consent Withdrawn"] == ["by hand"]
    loop = shop("walk", "--from", at(13), "--to", at(14))
    assert loop.code == 0
    assert "email, marketing: no" in shop("privacy", "consent", "ada").out
    assert shop("privacy", "consent", "ada", "--withdraw", "email").code == 2


def test_requests(shop: Loop, engine: Engine) -> None:
    assert shop("privacy", "requests").out == "Nobody has asked for anything.\n"
    with write(engine) as connection:
        values = {"key": "k", "kind": "erase_shop", "origin": "segment", "shop": "a.example", "asked_at": NOW}
        connection.execute(insert(PrivacyRequest).values(**values, state="due", reason=""))
    [row] = [line for line in shop("privacy", "requests").out.splitlines() if "a.example" in line]
    cells = [cell.strip() for cell in row.split("│")]
    assert cells[2:-1] == ["all customers erased", "segment, a.example", "due", "", "k"]
    assert shop("privacy", "requests", "--carry-out", "other", "--yes").code == 1
    [told] = shop("privacy", "requests", "--carry-out", "k", "--json").data
    assert (told["state"], told["shop"]) == ("done", "a.example")
    assert rows(engine, Customer)[0].erased_at is not None


def test_suppression_is_shown_set_and_lifted(shop: Loop) -> None:
    assert "Nothing stands" in shop("privacy", "suppression", EMAIL).out
    assert shop("privacy", "suppression", EMAIL, "--lift", "hard bounce").code == 1
    added = shop("privacy", "suppression", EMAIL, "--add", "--now", "2026-05-02T10:00:00Z")
    assert "Nothing is sent there: by hand, since 2026-05-02 10:00 UTC." in added.out
    lifted = ("privacy", "suppression", EMAIL.upper(), "--lift", "by hand", "--now", "2026-05-02T11:00:00Z")
    told = shop(*lifted, "--json").data
    assert (told["stops"], [line["stops"] for line in told["ledger"]]) == ([], [True, False])
    assert "address" not in told["ledger"][0]
    assert shop("privacy", "suppression", EMAIL, "--add", "--lift", "stop").code == 2
    assert shop("privacy", "suppression", "ada").code == 2
