"""`loop messages`, `explain`, `report`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from loyaltyloop.store.database import write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.events.setting_aside import CannotApply, event, set_aside
from loyaltyloop.store.inside.entries import entry
from loyaltyloop.store.telling.reports import PASSED_OVER, turn_log
from tests.integration.cli.conftest import Loop
from tests.integration.store.shop import SHOP, at, feed, identify, track
from tests.integration.store.shops import (
    NOW,
    customer,
    enrolment,
    place,
    planned,
    visit,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def told(loop: Loop, engine: Engine) -> int:
    """Ada has had her hello and waits; her first try was too late. The enrolment's id."""
    loop("apply", "--yes", "--now", "2026-03-01T12:00:00Z")
    with write(engine) as connection:
        [one] = place(connection, "hello.wait", 1, state="waiting", due_at=NOW + timedelta(days=30))
        words = {"first_name": "Ada", "email": "ada@example.com", "key": "ada", "zone": "America/New_York"}
        connection.execute(update(customer).values(zone_from="country", **words))
        seen = {"step": "hello", "arrived_at": NOW, "left_at": NOW + HOUR, "path": "", "why": "handed over"}
        connection.execute(insert(visit).values(enrolment_id=one, **seen))
        sent = {"to": "ada@example.com", "subject": "Welcome, Ada", "handed_over_at": NOW + HOUR}
        planned(connection, one, "hello", state="handed_over", **sent)
        [other] = place(connection, "picks", 1, state="sending")
        planned(connection, other, "picks", reason="quiet hours")
        row = {"journey": "welcome", "at": NOW - timedelta(days=3), "one_per": "", "occurrence": ""}
        why = {"cause": "event", "state": "refused", "reason": "the event is too old"}
        whose = connection.execute(enrolment.select().where(enrolment.c.id == one)).one().customer_id
        connection.execute(insert(entry).values(customer_id=whose, trigger={}, **row, **why))
    return one


def test_explain_is_a_story_in_the_customers_own_time(loop: Loop, told: int) -> None:
    sent = "message handed over to ada@example.com: “Welcome, Ada” (held an hour)"
    assert loop("explain", "ada@example.com").out.splitlines() == [
        "Ada (ada, ada@example.com)",
        "Times: America/New_York (of the country)",
        "",
        "welcome, version 1: entered Sun 1 Mar 2026 07:00",
        f"  Sun 1 Mar 2026 08:00   hello: {sent}",
        # Clocks have gone forward in between.
        "                         now at hello.wait: waits until Tue 31 Mar 2026 08:00; then picks",
        "",
        "Did not enter:",
        "  Thu 26 Feb 2026 07:00  welcome, by event: refused: the event is too old",
    ]


def test_explain_tells_why_a_message_is_held(loop: Loop, told: int) -> None:
    out = loop("explain", "picks.1.0").out
    assert "now at picks: message held: quiet hours; not before Sun 1 Mar 2026 13:00; then the end" in out


def test_explain_as_json(loop: Loop, told: int) -> None:
    data = loop("explain", "ada", "--json").data
    [way] = data["enrolments"]
    assert {"customer", "enrolments", "messages"} <= data.keys()
    assert data["customer"] == "ada"
    assert (way["journey"], way["version"], way["state"], way["reason"]) == ("welcome", 1, "waiting", None)
    assert way["entered_at"] == "2026-03-01T12:00:00+00:00"
    assert way["visits"] == [
        {
            "step": "hello",
            "arrived_at": "2026-03-01T12:00:00+00:00",
            "left_at": "2026-03-01T13:00:00+00:00",
            "path": "",
            "why": "handed over",
        }
    ]
    assert [message["subject"] for message in data["messages"]] == ["Welcome, Ada"]
    assert loop("explain", "ada", "--journey", "welcome", "--json").data["enrolments"] == [way]


def test_explain_somebody_unknown(loop: Loop, told: int) -> None:
    ran = loop("explain", "zoe")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("There is no customer 'zoe': give the user id, or the e-mail address.")


def test_explain_tells_why_an_event_let_nobody_in(loop: Loop, engine: Engine) -> None:
    feed(engine, [identify("ada", at(7)), track("ada", "Signed Up", at(8))])
    apply_events(engine, datetime(2026, 5, 1, 11, tzinfo=UTC), SHOP)
    loop("apply", "--yes", "--now", "2026-05-02T12:00:00Z")
    assert loop("explain", "ada").out.splitlines()[-2:] == [
        "Has not come up for:",
        "  welcome: Signed Up of Fri 1 May 2026 09:00 came before the journey was live",
    ]
    later = datetime(2026, 5, 3, 9, tzinfo=UTC)
    feed(engine, [track("ada", "Signed Up", at(9, day=3))])
    for _ in range(2):  # as it has arrived, and as it is applied
        assert loop("explain", "ada").out.splitlines()[-1] == (
            "  welcome: Signed Up of Sun 3 May 2026 10:00 is not looked at yet: the next turn does that"
        )
        apply_events(engine, later, SHOP)
    data = loop("explain", "ada", "--json").data
    assert data["never_came_up"] == ["welcome"]
    assert data["not_entered_by"] == [
        {"journey": "welcome", "event": "Signed Up", "at": later.isoformat(), "why": "waits"}
    ]
    assert loop("run", "welcome", "--plain", "--now", "2026-05-03T10:00:00Z").code == 0
    assert loop("explain", "ada", "--json").data["never_came_up"] == []


def test_explain_tells_of_an_event_that_stands_aside(loop: Loop, engine: Engine) -> None:
    loop("apply", "--yes", "--now", "2026-05-01T07:00:00Z")
    feed(engine, [identify("ada", at(7))])
    apply_events(engine, datetime(2026, 5, 1, 8, tzinfo=UTC), SHOP)
    feed(engine, [track("ada", "Signed Up", at(9))])
    with write(engine) as connection:
        new = select(event.c.id).where(event.c.seq.is_(None))
        error = CannotApply([connection.execute(new).scalar_one()])
        error.__cause__ = ValueError("x")
        set_aside(connection, error, datetime(2026, 5, 1, 10, tzinfo=UTC))
    assert loop("explain", "ada").out.splitlines()[-1] == (
        "  welcome: Signed Up of Fri 1 May 2026 10:00 could not be applied, and stands aside"
    )


def test_explain_tells_of_consent_and_of_other_ids(loop: Loop, engine: Engine) -> None:
    loop("apply", "--yes", "--now", "2026-05-01T07:00:00Z")
    known = identify("ada", at(7), device="browser-1")
    said = {"channel": "email", "wording": "Letters, please"}
    feed(engine, [known, track("ada", "Consent Granted", at(8), **said), track("ada", "Signed Up", at(9))])
    feed(engine, [track("ada", "Unsubscribed", at(10)), {**known, "messageId": "again"}])
    assert loop("run", "welcome", "--plain", "--now", "2026-05-01T11:00:00Z").code == 0
    assert [line for line in loop("explain", "ada").out.splitlines() if "1 May" in line] == [
        "  Fri 1 May 2026 08:00   is known as browser-1, too (identify)",
        "  Fri 1 May 2026 09:00   agreed to marketing by email (Consent Granted): “Letters, please”",
        "welcome, version 1: entered Fri 1 May 2026 10:00 by Signed Up",
        "  Fri 1 May 2026 11:00   unsubscribed: no more marketing by email",
        "  Fri 1 May 2026 12:00   hello: message not sent: no consent to marketing by email",
    ]
    assert [one["kind"] for one in loop("explain", "ada", "--json").data["noted"]] == [
        "same",
        "consent",
        "consent",
    ]


def test_messages_as_json(loop: Loop, told: int) -> None:
    rows = loop("messages", "--json").data
    assert [(row["step"], row["state"]) for row in rows] == [("hello", "handed_over"), ("picks", "held")]
    assert rows[0] == {
        "key": f"key-{told}-hello",
        "customer": "ada",
        "journey": "welcome",
        "step": "hello",
        "channel": "email",
        "template": "welcome/hello",
        "to": "ada@example.com",
        "state": "handed_over",
        "reason": "",
        "decided_at": "2026-03-01T12:00:00+00:00",
        "handed_over_at": "2026-03-01T13:00:00+00:00",
        "subject": "Welcome, Ada",
    }
    assert loop("messages", "--json", "--state", "refused").data == []
    assert [row["step"] for row in loop("messages", "--json", "--customer", "ada").data] == ["hello"]
    assert loop("messages", "--json", "--journey", "welcome").data == rows
    assert len(loop("messages", "--json", "--limit", "1").data) == 1
    assert loop("messages", "--state", "lost").code == 2


@pytest.mark.parametrize("command", [("messages",), ("messages", "--json"), ("explain", "ada")])
def test_a_journey_that_is_not_there(loop: Loop, told: int, command: tuple[str, ...]) -> None:
    ran = loop(*command, "--journey", "welcom")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "No journey 'welcom' was ever applied. Did you mean 'welcome'?\n"
    assert loop(*command, "--journey", "x").err.endswith(" The journeys are: welcome.\n")


def test_messages_for_people(loop: Loop, told: int) -> None:
    out = loop("messages").out
    assert "welcome.picks" in out
    assert "handed over" in out
    assert "quiet hours" in out
    assert loop("messages", "--state", "unknown").out == "No messages.\n"


def test_report_counts_by_step_and_path(loop: Loop, told: int, engine: Engine) -> None:
    with write(engine) as connection:
        ids = place(connection, "kept out", 2, held_out=True, goal_at=NOW, ended_at=NOW, end="held_out")
        connection.execute(update(enrolment).where(enrolment.c.id.in_(ids)).values(step=None, state="ended"))
        connection.execute(update(enrolment).where(enrolment.c.id == told).values(goal_at=NOW))
        log = {
            "journey": "welcome",
            "now": NOW,
            "counts": {"who enters": {"": 2, "refused: entered before": 3}},
        }
        connection.execute(insert(turn_log).values(log))
    rows = loop("report", "--json").data
    assert {"journey", "version", "step", "path", "arrived", "left", "messages", "goal", "held_out"} <= rows[
        0
    ].keys()
    whole = rows[0]
    # Who is held out has entered, too; how many of the others reached the goal is told beside.
    assert (whole["arrived"], whole["left"], whole["standing"], whole["goal"]) == (4, 2, 2, 1)
    assert (whole["messages"], whole["unsent"]) == (1, {"held": 1})
    assert (whole["held_out"], whole["held_out_goal"]) == (2, 2)
    assert whole["refused"] == {"entered before": 3}
    found = [(row["step"], row["path"], row["arrived"], row["left"], row["standing"]) for row in rows[1:]]
    assert found == [("hello", "", 1, 1, 0), ("hello.wait", "", 1, 0, 1), ("picks", "", 1, 0, 1)]
    assert [row["messages"] for row in rows[1:]] == [1, 0, 0]
    assert [row["goal"] for row in rows[1:]] == [1, 0, 0]


def test_report_for_people(loop: Loop, told: int) -> None:
    out = loop("report", "welcome").out
    assert "welcome version 1: 2 entered, 2 inside, 1 message, goal 0 (0.0%)" in out
    assert "  not sent at picks: 1 held" in out
    assert loop("report", "other").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("report",),
        ("pause",),
        ("resume", "--overdue", "shift"),
        ("run", "--plain"),
        ("start", "--customer", "ada"),
        ("messages", "--journey"),
        ("walk", "--from", "2026-03-01", "--to", "2026-03-02"),
    ],
)
def test_a_misspelt_journey_is_told_as_it_was_meant(loop: Loop, told: int, words: tuple[str, ...]) -> None:
    ran = loop(*words, "welcom")
    assert ran.code in (1, 2)
    assert ran.err.endswith(" Did you mean 'welcome'?\n")


def test_the_report_says_who_of_those_who_entered_is_held_out(loop: Loop, told: int, engine: Engine) -> None:
    with write(engine) as connection:
        gone: dict[str, Any] = {"ended_at": NOW, "end": "held_out", "state": "ended"}
        ids = place(connection, "kept out", 2, held_out=True, **gone)
        connection.execute(update(enrolment).where(enrolment.c.id.in_(ids)).values(step=None))
        connection.execute(update(enrolment).where(enrolment.c.id.in_([told, ids[0]])).values(goal_at=NOW))
    assert (
        "welcome version 1: 4 entered, of them held out 2, 2 inside, 1 message, goal 1 (50.0%), "
        "of those held out 1 (50.0%)"
    ) in loop("report").out


def test_who_is_passed_over_by_a_messages_if_is_counted(loop: Loop, told: int, engine: Engine) -> None:
    with write(engine) as connection:
        ids = place(connection, "passed", 3)
        connection.execute(update(enrolment).where(enrolment.c.id.in_(ids)).values(step="picks"))
        for number, one in enumerate(ids):
            seen = {"step": "hello", "arrived_at": NOW, "left_at": NOW, "path": "", "why": PASSED_OVER}
            connection.execute(insert(visit).values(enrolment_id=one, **seen))
            wait = seen | {"step": "hello.wait", "why": PASSED_OVER if number else "its time had come"}
            connection.execute(insert(visit).values(enrolment_id=one, **wait))
        planned(connection, ids[0], "hello", state="refused")
        connection.execute(
            update(visit)
            .where(visit.c.enrolment_id == ids[0], visit.c.step == "hello")
            .values(why="not sent: no consent")
        )
    whole, hello, wait, _ = loop("report", "--json").data
    assert (hello["arrived"], hello["messages"]) == (4, 1)
    assert hello["unsent"] == {"refused": 1, PASSED_OVER: 2}
    assert wait["unsent"] == {}  # it sends nothing
    assert whole["unsent"] == {"held": 1, "refused": 1, PASSED_OVER: 2}
    assert "2 as its `if` does not hold, 1 refused" in loop("report").out
