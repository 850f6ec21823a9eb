"""Waits and quiet hours around London's spring: the clock goes from 01:00 to 02:00 on 31 March 2024."""

from __future__ import annotations

from datetime import timedelta

from tests.reference.hashing import jitter
from tests.unit.reference.scene import Scene, at

WAITS = """
    journey: greet
    about: A scenario.
    enter: {event: Signed Up}
    steps:
      - wait: 1 day
        at: "09:00"
      - send: hello
        template: test/hello
"""


def test_a_day_is_calendar_time_where_the_customer_lives() -> None:
    scene = Scene(WAITS)
    scene.does("Signed Up", "2024-03-30 08:30")
    scene.turns("2024-03-30 08:30", "2024-03-31 07:59", "2024-03-31 08:00")
    assert scene.message("hello").handed_over_at == at("2024-03-31 08:00")


def test_the_same_wait_where_clocks_stay() -> None:
    scene = Scene(WAITS, zone="Asia/Kolkata")
    scene.does("Signed Up", "2024-03-30 03:00")
    scene.turns("2024-03-30 03:00", "2024-03-31 03:29", "2024-03-31 03:30")
    assert scene.message("hello").handed_over_at == at("2024-03-31 03:30")


def test_a_local_time_that_does_not_exist_is_the_first_instant_after_it() -> None:
    scene = Scene(WAITS.replace("09:00", "01:30").replace("/hello", "/hello\n        purpose: transactional"))
    scene.does("Signed Up", "2024-03-30 00:10")
    scene.turns("2024-03-30 00:10", "2024-03-31 00:59", "2024-03-31 01:00")
    assert scene.message("hello").handed_over_at == at("2024-03-31 01:00")


def test_waits_count_from_the_turn_that_brought_the_customer() -> None:
    scene = Scene("""
        journey: greet
        about: A scenario.
        enter: {event: Signed Up}
        steps:
          - wait: 2 hours
          - wait: 2 hours
          - send: hello
            template: test/hello
    """)
    scene.does("Signed Up", "2024-03-01 09:00")
    scene.turns("2024-03-01 09:30", "2024-03-01 13:30", "2024-03-01 15:29", "2024-03-01 15:30")
    assert scene.message("hello").handed_over_at == at("2024-03-01 15:30")


def test_quiet_hours_move_a_message_to_their_end_and_some_minutes() -> None:
    scene = Scene("""
        journey: greet
        about: A scenario.
        enter: {event: Signed Up}
        steps:
          - send: hello
            template: test/hello
          - leave: done
    """)
    scene.does("Signed Up", "2024-03-30 22:00")
    scene.turns("2024-03-30 22:00")
    message = scene.message("hello")
    due = at("2024-03-31 07:00") + jitter(message.key)
    assert (message.state, message.due_at) == ("held", due)
    scene.reference.run(due - timedelta(seconds=1))
    assert (message.state, scene.only.step) == ("held", "hello")
    scene.reference.run(due)
    assert (message.handed_over_at, scene.only.reason) == (due, "done")


def test_a_message_that_would_come_too_late_does_not_come() -> None:
    scene = Scene("""
        journey: greet
        about: A scenario.
        enter: {event: Signed Up}
        steps:
          - send: hello
            template: test/hello
            expires_after: 2 hours
    """)
    scene.does("Signed Up", "2024-03-30 22:00")
    scene.turns("2024-03-30 22:00")
    assert (scene.message("hello").state, scene.message("hello").reason) == ("refused", "expired")
    assert scene.only.end == "completed"
