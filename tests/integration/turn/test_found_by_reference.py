"""Small stories: the edges that chance seldom meets, and where the engine and the reference once differed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.integration.turn.test_against_reference import play
from tests.reference.state import Happening
from tests.strategies.histories import START, Response, Story, happening


def story(text: str, *events: Happening, turns: list[float]) -> Story:
    """One journey; turns so many hours after the beginning."""
    return Story([dedent(text)], list(events), [START + timedelta(hours=hour) for hour in turns], [])


def known(number: int, person: str, **traits: Any) -> Happening:
    """A customer, known since a day before the beginning."""
    at = START - timedelta(days=1)
    return Happening(number, f"m{number}", "identify", at, at, user_id=person, properties=traits)


def joins(number: int, person: str, previous: str, hour: float) -> Happening:
    """Two ids turn out to be one customer."""
    at = START + timedelta(hours=hour)
    return Happening(number, f"m{number}", "alias", at, at, user_id=person, previous_id=previous)


def did(number: int, person: str, name: str, hour: float, **properties: Any) -> Happening:
    """Something done so many hours after the beginning."""
    at = START + timedelta(hours=hour)
    return happening(number, name, person, at, at, properties)


ANSWERED = """
    journey: alpha
    about: Two hours to answer.
    enter: {event: Signed Up}
    steps:
      - send: hello
        template: test/hello
        purpose: transactional
      - wait_for: answer
        up_to: 2 hours
        paths:
          clicked: {when: {clicked: hello}}
          silent: {}
      - leave: done
"""


@pytest.mark.parametrize("turns", [[1, 3, 3.15, 3.2], [1, 3 + 1 / 6, 3 + 1 / 6], [1, 9]])
def test_a_click_about_the_time_out(engine: Engine, turns: list[float]) -> None:
    told = story(
        ANSWERED,
        known(1, "c1", email="c1@example.com"),
        did(2, "c1", "Signed Up", 1),
        turns=turns,
    )
    for minutes, lag in product([119, 120, 121], [0, 10, 11]):
        click = Response("Email Link Clicked", minutes, lag, machine=False)
        play(engine, replace(told, responses=[click]))


def test_what_a_step_sets_lets_leave_at_once(engine: Engine) -> None:
    told = story(
        """
        journey: alpha
        about: The step itself makes the rule hold.
        enter: {event: Signed Up}
        leave_when: {away: {customer: {tags: {has: vip}}}}
        steps:
          - set: {tags: {add: [vip]}}
          - wait: 2 days
        """,
        known(1, "c1", email="c1@example.com"),
        did(2, "c1", "Signed Up", 1),
        turns=[1, 2],
    )
    play(engine, told)


def test_of_two_set_steps_the_later_decides(engine: Engine) -> None:
    told = story(
        """
        journey: alpha
        about: Set, and set again.
        enter: {event: Signed Up}
        steps:
          - set: {mood: glad}
          - set: {mood: calm}
          - branch: which
            paths:
              later: {when: {customer: {mood: calm}}}
              rest: {}
        """,
        known(1, "c1", email="c1@example.com"),
        did(2, "c1", "Signed Up", 1),
        turns=[1],
    )
    play(engine, told)


def test_a_tag_set_after_another_is_there(engine: Engine) -> None:
    told = story(
        """
        journey: alpha
        about: Two tags, one after the other.
        enter: {event: Signed Up}
        steps:
          - set: {tags: {add: [alpha]}}
          - set: {tags: {add: [beta]}}
          - branch: which
            paths:
              both: {when: {customer: {tags: {has: beta}}}}
              rest: {}
        """,
        known(1, "c1", email="c1@example.com"),
        did(2, "c1", "Signed Up", 1),
        turns=[1],
    )
    play(engine, told)


def test_catching_up_counts_in_the_customers_days(engine: Engine) -> None:
    """London's clock changes within the two days, Lord Howe's does not."""
    told = story(
        """
        journey: alpha
        about: A birthday.
        enter: {date: birthday, at: "09:00", feb29: feb28}
        steps:
          - leave: done
        """,
        known(1, "c1", email="c1@example.com", timezone="Australia/Lord_Howe", birthday="1990-03-31"),
        turns=[87],
    )
    play(engine, told)


def test_a_merge_changes_no_key_of_a_message_to_come(engine: Engine) -> None:
    """c1 has been through the journey when it turns out that c2, still inside, is the same person."""
    told = story(
        """
        journey: alpha
        about: Gold customers are through at once.
        enter: {event: Signed Up}
        steps:
          - branch: which
            paths:
              gold: {when: {customer: {plan: gold}}, steps: [{leave: done}]}
              rest: {}
          - wait: 3 hours
          - send: hello
            template: test/hello
        """,
        known(1, "c1", email="c1@example.com", plan="gold"),
        did(2, "c2", "Product Viewed", 0.5),
        did(3, "c1", "Signed Up", 1),
        did(4, "c2", "Signed Up", 1),
        did(5, "c1", "Consent Granted", 1, channel="email"),
        joins(6, "c1", "c2", 3),
        turns=[1, 2, 3, 5],
    )
    play(engine, told)


def test_who_had_a_birthday_is_not_started_into_it_again(engine: Engine) -> None:
    started = """
        journey: alpha
        about: Starts the other one.
        enter: {event: Signed Up}
        steps:
          - start: beta
    """
    yearly = """
        journey: beta
        about: A birthday.
        enter: {date: birthday, at: "02:30"}
        steps:
          - leave: done
    """
    told = story(
        started,
        known(1, "c1", email="c1@example.com", birthday="1990-03-30"),
        did(2, "c1", "Signed Up", 60),
        turns=[49, 61, 62],
    )
    play(engine, replace(told, journeys=[*told.journeys, dedent(yearly)]))


@pytest.mark.parametrize("within", ["", ", within: 1 day"])
def test_a_goal_counts_an_event_of_a_clock_that_is_ahead(engine: Engine, within: str) -> None:
    """It has arrived, so the turn sees it, though by its own time it is yet to come."""
    told = story(
        f"""
        journey: alpha
        about: An order is what it is for.
        enter: {{event: Signed Up}}
        goal: {{did: Order Completed{within}}}
        steps:
          - wait: 2 days
        """,
        known(1, "c1", email="c1@example.com"),
        did(2, "c1", "Signed Up", 1),
        replace(did(3, "c1", "Order Completed", 2 + 1 / 60), arrived_at=START + timedelta(hours=2)),
        turns=[1, 2, 3],
    )
    play(engine, told)


TWO = """
    journey: alpha
    about: The second waits for room until its last instant.
    purpose: service
    enter: {event: Signed Up}
    steps:
      - {send: first, template: test/hello}
      - {send: second, template: test/hello, expires_after: 1 day}
"""


@pytest.mark.parametrize("at", [33.9, 34, 34.1])
def test_room_at_the_last_instant(engine: Engine, at: float) -> None:
    events = [known(1, "c1", email="c1@example.com"), did(2, "c1", "Signed Up", 9.5)]
    told = replace(
        story(TWO, *events, turns=[10, at]), held="caps: {at_most: 1 an hour, purposes: service}\n"
    )
    play(engine, told)
