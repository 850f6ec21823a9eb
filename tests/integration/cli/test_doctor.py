"""`loop doctor`: what it says of a project, and how it leaves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.store.database import write
from loyaltyloop.store.models import Breaker, Customer, Message
from tests.integration.cli.conftest import Loop
from tests.integration.store.shop import at, feed, identify, track

breaker: Table = Breaker.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
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
    assert ("work", "1 event waits for a turn, and there was none since 2026-05-01 10:00 UTC") in found
    assert any("had its last turn at 2026-05-01 1" in what for _, what in found)


@pytest.mark.parametrize("turns", [True, False])
def test_what_an_import_brought_is_not_late(
    loop: Loop, engine: Engine, request: pytest.FixtureRequest, turns: bool
) -> None:
    """It arrived at its own time, and no turn could have seen it."""
    if turns:
        request.getfixturevalue("shop")
    else:
        loop("apply", "--yes", "--now", at(10))
    feed(engine, [identify("ada", at(2)), identify("ben", at(3))])
    ran = loop("doctor", "--json", *EARLY)
    assert [what for about, what in told(ran) if about == "work"] == []
    notes = [one["what"] for one in ran.data if one["level"] == "note"]
    assert "2 events wait for a turn, of times gone by, as after an import" in notes


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


@pytest.fixture
def away(shop: Loop, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Loop:
    """A welcome that Resend did not take, where nobody listens."""
    monkeypatch.setenv("LOOP_EMAIL", "resend")
    monkeypatch.setenv("LOOP_RESEND_API_KEY", "re_key")
    monkeypatch.setenv("LOOP_RESEND_URL", "http://127.0.0.1:1")
    known = identify("ada", at(9), email="ada@shopper.example")
    agreed = track("ada", "Consent Granted", at(9), channel="email", wording="Letters, please")
    feed(engine, [known, agreed, track("ada", "Signed Up", at(10))])
    assert shop("run", "welcome", "--plain", "--now", "2026-05-01T10:15:00Z").code == 0
    return shop


def test_a_provider_that_is_away_and_what_waits_for_it(away: Loop) -> None:
    ran = away("doctor", "--json", *EARLY)
    found = told(ran)
    assert ("settings", "email by resend cannot be reached: no connection to 127.0.0.1:1 (refused)") in found
    held = (
        "email stands still: 1 message waits, the oldest since 2026-05-01 10:15 UTC: "
        "Resend does not take it now (no answer: ConnectError)"
    )
    assert ("work", held) in found
    [remedy] = [one["remedy"] for one in ran.data if one["what"] == held]
    assert "next tried at 2026-05-01 10:20 UTC" in remedy
    assert "loop release email --channel" in remedy
    assert "ada@" not in ran.out


def test_what_a_channel_did_not_take_is_let_be_tried_at_once(away: Loop) -> None:
    now = ("--now", "2026-05-01T10:16:00Z")
    ran = away("release", "email", "--channel", "--json", *now)
    assert (ran.code, ran.data) == (0, {"released": "email", "kind": "channel", "messages": 1})
    ran = away("release", "email", "--channel", *now)
    assert ran.code == 1  # they are due, and nothing has stopped
    assert "The channel 'email' has not stopped: there is nothing to release." in ran.err
    assert away("run", "welcome", "--plain", *now).code == 0
    ran = away("release", "email", "--channel", *now)
    assert "1 message that was not taken is tried again by the next delivery." in ran.out


def test_what_waits_behind_says_so(away: Loop, engine: Engine) -> None:
    with write(engine) as connection:
        values = {"state": "planned", "reason": "", "claimed_at": None, "claimed_by": None, "key": "behind"}
        row = dict(connection.execute(select(message)).mappings().one())
        values |= {"id": row["id"] + 1, "step": "other", "due_at": row["claimed_at"]}
        later = {"id": row["id"] + 2, "step": "later", "key": "later", "due_at": row["due_at"]}
        connection.execute(insert(message), [row | values, row | values | later])
    listed = {one["key"]: one["reason"] for one in away("messages", "--json").data}
    why = "Resend does not take it now (no answer: ConnectError)"
    assert listed.pop("later") == ""  # it is not due
    assert listed.pop("behind") == f"waits behind what email did not take: {why}"
    assert list(listed.values()) == [why]


def test_what_is_put_off_while_others_leave_is_a_note_and_what_the_gate_holds_is_none(
    away: Loop, engine: Engine
) -> None:
    def levels(now: str) -> list[str]:
        ran = away("doctor", "--json", "--now", now)
        return [one["level"] for one in ran.data if "waits, the oldest since" in one["what"]]

    with write(engine) as connection:
        row = dict(connection.execute(select(message)).mappings().one())
        row |= {"id": row["id"] + 1, "step": "other", "key": "other", "state": "handed_over"}
        connection.execute(insert(message), [row | {"reason": "", "handed_over_at": row["claimed_at"]}])
    assert levels("2026-05-01T10:20:00Z") == ["note"]
    assert levels("2026-05-02T10:20:00Z") == ["wrong"]  # a day later it has still not left
    with write(engine) as connection:
        connection.execute(update(message).where(message.c.state == "held").values(reason="quiet hours"))
    assert levels("2026-05-02T10:20:00Z") == []


def test_a_channel_that_has_stopped_with_nothing_on_hold(shop: Loop, engine: Engine) -> None:
    circuit = {"state": "open", "why": "10 hand-overs in a row failed", "recent": "", "times": 1}
    times = {
        "opened_at": datetime(2026, 5, 1, 10, tzinfo=UTC),
        "again_at": datetime(2026, 5, 1, 10, 30, tzinfo=UTC),
    }
    with write(engine) as connection:
        connection.execute(insert(breaker), [{"kind": "channel", "name": "email"} | circuit | times])
    ran = shop("doctor", "--json", *EARLY)
    [(_, what)] = told(ran)
    assert what == "email stands still since 2026-05-01 10:00 UTC: 10 hand-overs in a row failed"
    [remedy] = [one["remedy"] for one in ran.data if one["what"] == what]
    assert "next tried at 2026-05-01 10:30 UTC" in remedy
