"""What is right draws no word, or at most a warning: nothing of it keeps a journey from being applied."""

from __future__ import annotations

import pytest

from tests.unit.journey.projects import check_files, good

HEAD = "journey: letters\nabout: A journey.\npurpose: {purpose}\nenter: {enter}\n"


def told(
    *lines: str,
    enter: str = "{event: Newsletter Read}",
    purpose: str = "service",
    files: dict[str, bytes] | None = None,
) -> set[str]:
    """What is said of the good project with this journey more: `rule`, with `!` where it is an error."""
    text = HEAD.format(enter=enter, purpose=purpose) + "\n".join(lines) + "\n"
    problems = check_files(good() | {"journeys/letters.yaml": text.encode()} | (files or {}))
    return {problem.rule + ("!" if problem.severity == "error" else "") for problem in problems}


def letter(rest: str = "") -> str:
    return f"  - {{send: letter, template: welcome/hello{rest}}}"


@pytest.mark.parametrize("name", ["county", "first_seen_at", "last_login_at", "favourite_colour", "citty"])
def test_attributes_of_the_shops_own_may_be_like_known_ones(name: str) -> None:
    assert told("steps:", letter(f", if: {{customer: {{{name}: {{known: true}}}}}}")) == {
        "misspelt-attribute"
    }
    body = f"{{% block body %}}{{{{ customer.{name} | default('x') }}}}{{% endblock %}}"
    page = good()["templates/welcome/hello.html"].decode().partition("{% block body %}")[0] + body
    assert told("steps:", letter(), files={"templates/welcome/hello.html": page.encode()}) == {
        "misspelt-name"
    }


ASKS_THE_TRIGGER = (
    "steps:",
    letter(", if: {trigger: {total: {over: 50}}, order: {status: shipped}}"),
    "  - {wait: visit, until: trigger.appointment_at, offset: -1 day}",
    "  - {send: reminder, template: welcome/hello}",
)
STARTING = b"""journey: starting
about: Starts the other.
purpose: service
enter: {event: Newsletter Read}
steps:
  - {send: letter, template: welcome/hello}
  - {start: letters}
"""


def test_who_is_started_by_hand_enters_with_what_is_handed_over() -> None:
    assert told(*ASKS_THE_TRIGGER, enter="{manual: true, one_per: order_id}") == set()


def test_who_is_started_by_a_journey_enters_with_what_that_was_entered_by() -> None:
    enter = "{when: {segment: regulars}, one_per: order_id}"
    assert told(*ASKS_THE_TRIGGER, enter=enter) == {"no-trigger!", "one-per!"}
    assert told(*ASKS_THE_TRIGGER, enter=enter, files={"journeys/starting.yaml": STARTING}) == set()


@pytest.mark.parametrize(
    ("condition", "by_time"),
    [
        ("{did: A, within: 30 days}", False),
        ("{not: {did: A, within: 30 days}}", True),
        ("{did: A, within: 30 days, times: {at_least: 3}}", False),
        ("{did: A, within: 30 days, times: {under: 3}}", True),
        ("{did: A, within: 30 days, times: 3}", True),
        ("{not: {did: A, within: 30 days, times: {under: 3}}}", False),
        ("{not: {did: A, within: 30 days, times: {at_least: 3}}}", True),
        ("{not: {did: A, within: 30 days, times: {between: [2, 3]}}}", True),
        ("{received: welcome, within: 2 days}", False),
        ("{not: {received: welcome, within: 2 days}}", True),
        ("{not: {not: {clicked: welcome.hello, within: 2 days}}}", False),
        ("{any: [{did: A}, {not: {clicked: welcome.hello, within: 2 days}}]}", True),
        ("{not: {clicked: welcome}}", False),
    ],
)
def test_leaving_by_time_alone(condition: str, by_time: bool) -> None:
    found = told(f"leave_when: {{done: {condition}}}", "steps:", letter())
    assert found == ({"by-time-alone!"} if by_time else set())


@pytest.mark.parametrize(
    ("schedule", "found"),
    [
        ('"30 9 * * *"', {"schedule-once"}),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", {"schedule-once"}),
        ('"30 9 * * *", again: never', set()),
        ('"30 9 * * *", again: always', set()),
        ('"30 9 * * *", again: after 20 days', set()),
        ("DTSTART:20260305T090000", set()),
        ("DTSTART:20260305T090000 FREQ=DAILY;COUNT=1", set()),
        ("DTSTART:20260305T090000 FREQ=DAILY;UNTIL=20260306", set()),
    ],
)
def test_broadcasts_that_come_again(schedule: str, found: set[str]) -> None:
    enter = f"{{schedule: {schedule}, to: {{segment: regulars}}}}"
    assert told("steps:", letter(), enter=enter) == found
