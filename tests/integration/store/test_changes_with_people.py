"""Changes to the steps of a journey in which people stand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.errors import ApplyRefused, TurnRefused
from loyaltyloop.store.database import journey_lock, read, write
from loyaltyloop.store.live import changes
from tests.integration.store.shops import (
    NOW,
    WELCOME,
    enrolment,
    kinds,
    message,
    place,
    planned,
    planned_changes,
    reading,
    visit,
    visited,
    where,
)

RENAMED = WELCOME.replace("  - send: hello\n", "  - send: greeting\n    was: hello\n").replace(
    "  - wait: 2 days", "  - wait: 2 days\n    name: pause\n    was: hello.wait"
)
NO_PICKS = WELCOME[: WELCOME.index("  - send: picks")]


def test_people_finish_on_their_versions_steps(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "hello.wait", 3, state="waiting", due_at=NOW + timedelta(days=2))
    found = changes.apply(engine, reading(WELCOME.replace("2 days", "5 days")), NOW)
    assert kinds(found) == [
        ("welcome", "journey changed", None, 3),
        ("welcome", "step changed", "hello.wait", 3),
    ]
    assert [change.becomes for change in found] == ["finish on version 1"] * 2
    assert found[1].detail == "2 days → 5 days"
    assert where(engine) == [(1, "hello.wait", "waiting", 3)]


def test_when_no_step_differs_everybody_goes_on_in_the_new_version(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    due = NOW + timedelta(days=2)
    with write(engine) as connection:
        place(connection, "hello.wait", 3, state="waiting", due_at=due)
    found = changes.apply(engine, reading(WELCOME.replace("enter:", "priority: 70\nenter:")), NOW)
    assert kinds(found) == [
        ("welcome", "journey changed", None, 3),
        ("welcome", "priority changed", None, 0),
        ("welcome", "people moved", "hello.wait", 3),
    ]
    assert where(engine) == [(2, "hello.wait", "waiting", 3)]
    assert dues(engine) == [due] * 3


def dues(engine: Engine) -> list[datetime | None]:
    with read(engine) as connection:
        return list(connection.execute(select(enrolment.c.due_at)).scalars())


def test_a_step_removed_under_people_is_refused(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 4)
    files = reading(NO_PICKS)
    with pytest.raises(ApplyRefused) as refused:
        changes.apply(engine, files, NOW)
    assert str(refused.value) == (
        "Nothing was changed.\n"
        "  - welcome: 4 people stand at 'picks', which is gone: write `was: picks` on the step that takes "
        "its place, or let them finish on version 1 with `--finish-old welcome`"
    )
    assert where(engine) == [(1, "picks", "ready", 4)]


def test_the_whole_journeys_line_says_who_has_nowhere_to_go(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 4)
        place(connection, "hello", 1)
    files = reading(NO_PICKS)
    head = {change.change: change.becomes for change in planned_changes(engine, files)}
    assert head["journey changed"] == "1 finish on version 1, 4 nowhere to go"
    assert head["step removed"] == "nowhere to go"


def test_moving_all_needs_a_place_for_all(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 4)
        place(connection, "hello", 1)
    found = planned_changes(engine, reading(NO_PICKS), move=["welcome"])
    assert found[0].becomes == "1 go on in version 2, 4 nowhere to go"
    assert changes.refusals(found) == [
        "welcome: 4 people stand at 'picks', which is gone: `--move` lets people go on at the step of the "
        "same name; write `was: picks` on the step that takes its place, or let them finish on version 1 "
        "with `--finish-old welcome` as well"
    ]
    both = planned_changes(engine, reading(NO_PICKS), move=["welcome"], finish_old=["welcome"])
    assert changes.refusals(both) == []
    assert both[0].becomes == "1 go on in version 2, 4 finish on version 1"


def test_all_refusals_are_told_at_once(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 4)
        place(connection, "hello", 1)
    text = WELCOME.replace("send: hello\n", "send: hi\n").replace("send: picks\n", "send: best\n")
    with pytest.raises(ApplyRefused) as refused:
        changes.apply(engine, reading(text), NOW)
    assert "1 person stands at 'hello'" in str(refused.value)
    assert str(refused.value).count("\n  - ") == 2


def test_finish_old_lets_them_finish(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 4)
    found = changes.apply(engine, reading(NO_PICKS), NOW, finish_old=["welcome"])
    assert ("welcome", "step removed", "picks", 4) in kinds(found)
    assert where(engine) == [(1, "picks", "ready", 4)]
    # What was decided then is not asked again.
    again = reading(NO_PICKS.replace("2 days", "3 days"))
    changes.apply(engine, again, NOW)
    assert where(engine) == [(1, "picks", "ready", 4)]


def test_was_moves_those_who_stand_there_and_their_past(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    due = NOW + timedelta(days=2)
    with write(engine) as connection:
        [at_wait] = place(connection, "hello.wait", 1, state="waiting", due_at=due)
        visited(connection, at_wait, "hello")
        planned(connection, at_wait, "hello", state="handed_over")
        [at_hello] = place(connection, "hello", 1, state="sending")
        planned(connection, at_hello, "hello")
        [at_picks] = place(connection, "picks", 1)
        visited(connection, at_picks, "hello", "hello.wait")
    found = changes.apply(engine, reading(RENAMED), NOW)
    assert [change.step for change in found if change.change == "people moved"] == ["hello", "hello.wait"]
    assert where(engine) == [
        (1, "picks", "ready", 1),
        (2, "greeting", "sending", 1),
        (2, "pause", "waiting", 1),
    ]
    with read(engine) as connection:
        visits = connection.execute(select(visit.c.enrolment_id, visit.c.step).order_by(*visit.primary_key))
        assert [tuple(row) for row in visits] == [
            (at_wait, "greeting"),
            (at_picks, "hello"),
            (at_picks, "hello.wait"),
        ]
        messages = connection.execute(select(message.c.step, message.c.version).order_by(message.c.version))
        assert [tuple(row) for row in messages] == [("greeting", 1), ("greeting", 2)]
    assert due in dues(engine)


def test_move_takes_everybody_along(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "hello", 1)
        place(connection, "hello.wait", 2, state="waiting", due_at=NOW + timedelta(days=2), until_at=NOW)
        place(connection, "picks", 3, state="sending")
    files = reading(WELCOME.replace("2 days", "5 days"))
    found = changes.apply(engine, files, NOW, move=["welcome"])
    assert found[0].becomes == "go on in version 2"
    moved = [change.becomes for change in found if change.change == "people moved"]
    assert moved[1] == "go on at 'hello.wait' of version 2, anew, counted from their arrival"
    assert where(engine) == [
        (2, "hello", "ready", 1),
        (2, "hello.wait", "waiting", 2),
        (2, "picks", "sending", 3),
    ]
    assert sorted(filter(None, dues(engine))) == [NOW + timedelta(days=5)] * 2
    assert planned_changes(engine, files, move=["welcome"]) == []


def test_move_later_without_any_edit(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "hello", 1)
    files = reading(WELCOME.replace("2 days", "5 days"))
    changes.apply(engine, files, NOW)
    assert where(engine) == [(1, "hello", "ready", 1)]
    assert kinds(changes.apply(engine, files, NOW, move=["welcome"])) == [
        ("welcome", "people moved", "hello", 1)
    ]
    assert where(engine) == [(2, "hello", "ready", 1)]


def test_move_from_a_step_that_is_gone_needs_finish_old(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 1)
        place(connection, "hello", 1)
    with pytest.raises(ApplyRefused, match="'picks', which is gone"):
        changes.apply(engine, reading(NO_PICKS), NOW, move=["welcome"])
    changes.apply(engine, reading(NO_PICKS), NOW, move=["welcome"], finish_old=["welcome"])
    assert where(engine) == [(1, "picks", "ready", 1), (2, "hello", "ready", 1)]


def test_nobody_is_moved_before_a_step_that_they_have_been_through(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        [one] = place(connection, "picks", 1)
        visited(connection, one, "hello", "hello.wait")
    text = WELCOME[: WELCOME.index("  - send: hello")] + (
        "  - send: picks\n    template: welcome/picks\n  - send: hello\n    template: welcome/hello\n"
    )
    with pytest.raises(ApplyRefused, match="they would come to 'hello' a second time"):
        changes.apply(engine, reading(text), NOW, move=["welcome"])


def test_a_message_on_its_way_cannot_become_a_wait(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 1, state="sending")
    text = NO_PICKS + "  - wait: 1 day\n    name: picks\n"
    with pytest.raises(ApplyRefused, match="'picks' no longer sends one"):
        changes.apply(engine, reading(text), NOW, move=["welcome"])


def test_two_steps_cannot_become_one(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "hello", 1)
    text = NO_PICKS.replace("send: hello\n", "send: picks\n    was: hello\n")
    with pytest.raises(ApplyRefused, match="'picks' would be two of their steps"):
        changes.apply(engine, reading(text), NOW)


def test_a_turn_at_work_puts_a_move_off(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "hello", 1)
    text = WELCOME.replace("2 days", "5 days")
    with journey_lock(engine, "welcome"), pytest.raises(TurnRefused, match="A turn of 'welcome' is at work"):
        changes.apply(engine, reading(text), NOW, move=["welcome"])
    assert where(engine) == [(1, "hello", "ready", 1)]
    with journey_lock(engine, "welcome"):
        changes.apply(engine, reading(text), NOW)
