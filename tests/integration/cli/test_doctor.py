"""`loop doctor`: what it says of a project, and how it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer
from tests.integration.cli.conftest import Loop
from tests.integration.store.shop import at, feed, identify

EARLY = ("--now", "2026-05-01T10:20:00Z")


def told(ran: object) -> list[tuple[str, str]]:
    return [(one["about"], one["what"]) for one in ran.data if one["level"] == "wrong"]  # type: ignore[attr-defined]


@pytest.fixture
def shop(loop: Loop, project: Path, monkeypatch: pytest.MonkeyPatch) -> Loop:
    """Live, with turns from ten to eleven."""
    monkeypatch.setenv("LOOP_HOOK_HELP_DESK_SECRET", "x" * 40)
    assert loop("apply", "--yes", "--now", "2026-01-01T00:00:00Z").code == 0
    loop("walk", "--from", at(10), "--to", at(11))
    return loop


def test_a_project_in_which_nothing_is_wrong(shop: Loop) -> None:
    ran = shop("doctor", "--json", *EARLY)
    assert (told(ran), ran.code) == ([], 0)
    ran = shop("doctor", *EARLY)
    assert "Nothing is wrong." in ran.out
    assert "_dmarc.shop.example  TXT  v=DMARC1; p=none; rua=mailto:hello@shop.example" in ran.out


def test_turns_that_do_not_run_and_events_that_wait(shop: Loop, engine: Engine) -> None:
    feed(engine, [identify("ada", at(9))])
    ran = shop("doctor", "--json", "--now", "2026-05-02T10:00:00Z")
    assert ran.code == 1
    found = told(ran)
    assert ("work", "1 event waited longer than two turns") in found
    assert any("had its last turn at 2026-05-01 1" in what for _, what in found)


def test_a_broken_promise(shop: Loop, engine: Engine) -> None:
    feed(engine, [identify("ada", at(9), email="ada@shopper.example")])
    assert shop("run", "welcome", "--plain", "--now", "2026-05-01T10:15:00Z").code == 0
    with write(engine) as connection:
        connection.execute(update(Customer).values(points=7))
    ran = shop("doctor", "--json", *EARLY)
    [(about, what)] = told(ran)
    assert (about, what, ran.code) == (
        "promises",
        "broken: a customer's points are the sum of their ledger",
        1,
    )
    assert "ada@" not in ran.out


def test_mails_that_leave_want_an_address_of_ours_and_a_hook(
    shop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOP_EMAIL", "smtp")
    monkeypatch.setenv("LOOP_SMTP_PORT", "1")  # where nobody listens
    found = [what for about, what in told(shop("doctor", "--json", *EARLY)) if about == "settings"]
    assert found[0] == "mails leave, and their links lead to http://127.0.0.1:8300"
    assert found[1] == "nobody hears of bounces and complaints: LOOP_WRITE_KEY is not set"
    assert "email by smtp cannot be reached" in found[2]


def test_a_message(loop: Loop, project: Path) -> None:
    path = project / "test.eml"
    path.write_text("From: a@shop.example\n\nHello\n")
    ran = loop("doctor", "--message", str(path))
    assert ran.code == 1
    assert "it is not signed (DKIM)" in ran.out
    assert loop("doctor", "--message", str(project / "no.eml")).code == 2
