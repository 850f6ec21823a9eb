"""What a turn promises whoever runs it: locks, cursors, dry runs, pauses, and what stops a message."""

from __future__ import annotations

import subprocess
import sys
from threading import Thread

import pytest
from sqlalchemy import Engine

from loyaltyloop.errors import TurnRefused
from loyaltyloop.store.database import write
from loyaltyloop.store.events import apply, own_doing
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.live.pausing import pause, resume
from loyaltyloop.store.models import TurnLog
from loyaltyloop.turn.counts import Row
from loyaltyloop.turn.engine import open_turn
from loyaltyloop.turn.runner import run_turn
from tests.heavy.killing import ROOT
from tests.integration.store.shop import call, rows, track
from tests.integration.turn.stage import Stage, utc
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import Taken

WELCOME = """\
journey: welcome
about: Two letters.
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
steps:
  - send: hello
    template: test/hello
  - wait: 2 days
  - send: more
    template: test/hello
"""
IN_THE_MORNING = WELCOME.replace("hello\n  - wait", 'hello\n    at: "09:00"\n  - wait')
ANOTHER = """\
journey: another
about: Delivers for all.
priority: 40
enter: {event: Product Viewed}
leave_when: {bought: {did: Order Completed}}
steps:
  - send: viewed
    template: test/hello
"""


# ── what stops a message ──


def test_leave_when_is_asked_again_at_the_claim(engine: Engine) -> None:
    """The order is applied by another journey's turn, whose delivery finds the message due."""
    stage = Stage(engine, IN_THE_MORNING, ANOTHER)
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("ben", "Signed Up", "03-02 10:00")
    stage.run("welcome", "03-02 10:00")
    stage.did("ada", "Order Completed", "03-02 20:00", order_id="1")
    stage.run("another", "03-03 09:00")
    assert stage.messages() == [
        ("ada", "hello", "refused", "left: bought"),
        ("ben", "hello", "handed_over", ""),
    ]
    assert stage.ends("welcome") == [("ada", "left: bought"), ("ben", "sent at hello")]
    stage.run("welcome", "03-03 09:00")
    assert stage.ends("welcome") == [("ada", "left: bought"), ("ben", "waiting at hello.wait")]


def test_leave_when_acts_in_the_middle_of_a_wait(engine: Engine) -> None:
    stage = Stage(engine, WELCOME)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.did("ada", "Order Completed", "03-02 20:00", order_id="1")
    stage.turn("03-02 20:00")
    assert stage.ends() == [("ada", "left: bought")]


@pytest.mark.parametrize(
    ("shop", "withdrawn", "refused"),
    [(SHOP_TEXT, "03-02 23:00", "hello"), (SHOP_TEXT, "03-03 23:00", "more")],
    ids=["held in quiet hours", "in a wait"],
)
def test_after_a_withdrawal_nothing_leaves(engine: Engine, shop: str, withdrawn: str, refused: str) -> None:
    stage = Stage(engine, WELCOME, shop=shop)
    stage.knows("ada", "ben")
    for who in ("ada", "ben"):
        stage.did(who, "Signed Up", "03-02 22:00")
    stage.did("ada", "Consent Withdrawn", withdrawn, channel="email")
    for now in ("03-02 22:00", "03-03 09:00", "03-05 10:00"):
        stage.turn(now)
    assert [row for row in stage.messages(refused) if row[0] == "ada"] == [
        ("ada", refused, "refused", "no consent to marketing by email")
    ]
    assert [step for who, step in stage.sent() if who == "ada"] == ([] if refused == "hello" else ["hello"])
    assert [step for who, step in stage.sent() if who == "ben"] == ["hello", "more"]


# ── whose turn it is ──


def test_another_process_is_told_that_a_turn_is_at_work(engine: Engine, database_url: str) -> None:
    stage = Stage(engine, WELCOME.replace("welcome", "killed"))
    words = [
        sys.executable,
        "-m",
        "tests.heavy.worker",
        database_url,
        "unused",
        utc("03-02 10:00").isoformat(),
    ]
    with open_turn(stage.world, "killed", utc("03-02 10:00")):
        found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Another turn of 'killed' is at work" in found.stderr
    run_turn(stage.world, "killed", utc("03-02 10:00"))  # when it has ended, the next is taken


def test_an_earlier_now_is_refused(engine: Engine) -> None:
    stage = Stage(engine, WELCOME)
    stage.run("welcome", "03-02 10:00")
    stage.run("welcome", "03-02 10:00")
    with pytest.raises(TurnRefused, match="had a turn at 2026-03-02 10:00:00 UTC already"):
        stage.run("welcome", "03-02 09:59")


def test_what_is_paused_does_not_move(engine: Engine) -> None:
    stage = Stage(engine, IN_THE_MORNING, ANOTHER)
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    with write(engine) as connection:
        pause(connection, "welcome", utc("03-02 11:00"))
    stage.did("ben", "Signed Up", "03-02 12:00")
    stage.turn("03-03 09:00")
    with pytest.raises(TurnRefused, match="is paused"):
        stage.run("welcome", "03-03 09:00")
    assert stage.ends() == [("ada", "sending at hello")]
    assert stage.messages() == [("ada", "hello", "planned", "")]
    with write(engine) as connection:
        resume(connection, "welcome", "catch_up", utc("03-03 10:00"))
    stage.turn("03-03 10:00")
    assert stage.sent() == [("ada", "hello")]
    assert stage.ends() == [("ada", "waiting at hello.wait"), ("ben", "sending at hello")]


# ── what a turn leaves behind ──


def test_a_dry_run_changes_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(engine, WELCOME.replace("leave_when", "at_end: [{set: {tags: {add: [out]}}}]\nleave_when"))
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.did("ada", "Order Completed", "03-03 10:00", order_id="1")
    stage.did("ben", "Signed Up", "03-03 10:00")
    before = stage.dump()
    with monkeypatch.context() as patched:
        patched.setattr(Taken, "hand_over", lambda *_: pytest.fail("a dry run handed something over"))
        stage.run("welcome", "03-04 10:00", dry_run=True)
    assert stage.dump() == before
    assert stage.sent() == [("ada", "hello")]
    stage.run("welcome", "03-04 10:00")
    assert stage.sent() == [("ada", "hello"), ("ben", "hello")]


@pytest.mark.parametrize("words", [{"customers": ("ada",)}, {"limit": 1}])
def test_a_restricted_turn_moves_no_cursor(engine: Engine, words: dict[str, object]) -> None:
    stage = Stage(engine, WELCOME)
    stage.knows("ada", "ben", "cid")
    for who in ("ada", "ben", "cid"):
        stage.did(who, "Signed Up", "03-02 10:00")
    before = stage.cursors()
    stage.run("welcome", "03-02 11:00", **words)
    assert stage.cursors() == before
    assert stage.sent() == [("ada", "hello")]
    stage.run("welcome", "03-02 12:00")
    assert stage.sent() == [("ada", "hello"), ("ben", "hello"), ("cid", "hello")]
    assert stage.ends() == [(who, "waiting at hello.wait") for who in ("ada", "ben", "cid")]
    assert not stage.entries()


@pytest.mark.parametrize("others", [False, True], ids=["alone", "behind one that is committed"])
def test_an_ingest_held_open_across_a_turn_is_not_passed_over(engine: Engine, others: bool) -> None:
    stage = Stage(engine, WELCOME)
    stage.knows("ada", "ben", "cid")
    if others:
        stage.did("cid", "Signed Up", "03-02 10:00")
    with write(engine) as connection:
        record(connection, [call(track("ada", "Signed Up", "2026-03-02T10:00:00Z"))])
        turn = Thread(target=stage.run, args=("welcome", "03-02 11:00"))
        turn.start()
        turn.join(timeout=0.7)
    turn.join()
    stage.did("ben", "Signed Up", "03-02 10:30")
    stage.run("welcome", "03-02 12:00")
    entered = ["ada", "ben", "cid"] if others else ["ada", "ben"]
    assert stage.sent() == [(who, "hello") for who in entered]


def test_an_event_that_cannot_be_applied_stops_nobody_and_is_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(engine, WELCOME)
    stage.knows("ada")
    stage.did("mallory", "Unheard Of", "03-02 09:00")
    stage.did("ada", "Signed Up", "03-02 10:00")

    def is_own(source: str, kind: str, name: str, properties: dict[str, object]) -> bool:
        if name == "Unheard Of":
            raise OverflowError("who would have thought")
        return real(source, kind, name, properties)

    real = own_doing.is_own
    monkeypatch.setattr(apply, "is_own", is_own)
    report = run_turn(stage.world, "welcome", utc("03-02 10:00"))
    assert stage.sent() == [("ada", "hello")]
    assert report.rows[0] == Row("apply events", "set aside: OverflowError", 1)
    assert run_turn(stage.world, "welcome", utc("03-02 10:15")).idle
    assert rows(engine, TurnLog)[0].counts["apply events"] == {"set aside: OverflowError": 1}
