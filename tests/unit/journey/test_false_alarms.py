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


BEFORE = "  - {send: letter, template: welcome/hello}"
DECIDES = "  - {branch: b, paths: {yes: {when: {clicked: letter}, steps: [{leave: seen}]}, no: {}}}"


@pytest.mark.parametrize(
    "between",
    [
        (),
        ("  - {send: other, template: welcome/hello}",),
        ("  - {split: s, paths: {x: {share: 50%, steps: [{set: {half: first}}]}, y: {share: 50%}}}",),
        ("  - {start: welcome}",),
        ("  - {branch: c, paths: {x: {when: {reachable: sms}, steps: [{score: s, model: lapse}]}, y: {}}}",),
    ],
)
def test_decided_in_the_instant_in_which_a_message_leaves(between: tuple[str, ...]) -> None:
    assert told("steps:", BEFORE, *between, DECIDES) == {"too-soon!"}


@pytest.mark.parametrize(
    "between",
    [
        "  - {wait: 2 hours}",
        '  - {send: other, template: welcome/hello, at: "09:00"}',
        "  - {send: other, template: welcome/hello, purpose: transactional}",  # quiet hours hold one of them
        "  - {branch: c, paths: {x: {when: {segment: regulars}, steps: [{wait: 1 day}]}, y: {}}}",
        "  - {call: desk, url: 'https://www.shop.example/hook'}",
        "  - {wait: 2 hours, if: {segment: regulars}}",
    ],
)
def test_time_may_pass_between_a_message_and_what_is_decided(between: str) -> None:
    assert told("steps:", BEFORE, between, DECIDES) == set()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("preview_new_range", set()),
        ("reviewed_products", set()),
        ("ask_for_review", {"early-review"}),
        ("reviews", {"early-review"}),
    ],
)
def test_what_asks_for_a_review(name: str, found: set[str]) -> None:
    assert (
        told("steps:", f"  - {{send: {name}, template: welcome/hello}}", enter="{event: Order Completed}")
        == found
    )


def test_a_last_wait_before_what_is_done_at_the_end() -> None:
    steps = ("steps:", BEFORE, "  - {wait: 30 days}")
    assert told(*steps) == {"waits-for-nothing"}
    assert told(*steps, "at_end:", "  - set: {in_welcome: false}") == set()


def test_who_gets_a_single_message_at_once_needs_no_way_out() -> None:
    once = "{schedule: DTSTART:20260305T090000, to: {segment: regulars}}"
    assert told("steps:", BEFORE, enter=once, purpose="marketing") == set()
    assert told("steps:", "  - {wait: 1 day}", BEFORE, purpose="marketing") == {"no-way-out"}
    two = ("  - {send: more, template: welcome/hello}", BEFORE)
    assert told("steps:", *two, purpose="marketing") == {"no-way-out"}


@pytest.mark.parametrize("how", ["channel: best", "if_blocked: other_channel"])
def test_templates_of_every_channel_that_a_message_may_leave_by(how: str) -> None:
    text = {f"templates/welcome/hello.{kind}.txt": b"Hello" for kind in ("sms", "push", "de.sms")}
    assert told("steps:", f"  - {{send: letter, template: welcome/hello, {how}}}", files=text) == set()
    assert told("steps:", BEFORE, files=text) == {"unused-template"}


def test_a_picture_among_the_templates_is_none() -> None:
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff"
    assert told("steps:", BEFORE, files={"templates/welcome/logo.png": picture}) == set()
    assert told("steps:", BEFORE, files={"templates/welcome/hello.txt": "é".encode("utf-16")}) == {
        "template-encoding!"
    }


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ('at: "09:00", expires_after: 2 hours', {"expires-first"}),
        ("at: best, expires_after: 23 hours", {"expires-first"}),
        ('at: "09:00", expires_after: 24 hours', set()),
        ('at: "09:00"', set()),
        ('at: "09:00", purpose: transactional', set()),
        ("expires_after: 2 hours", set()),
    ],
)
def test_a_message_that_may_expire_before_its_time(when: str, found: set[str]) -> None:
    assert told("steps:", f"  - {{send: letter, template: welcome/hello, {when}}}") == found


def test_topics_of_the_shop_are_an_attribute() -> None:
    asked = letter(", if: {not: {customer: {topics_off: {has: news}}}}")
    shop = good()["journeys/shop.yaml"] + b"topics: {news: What is new}\n"
    assert told("steps:", asked) == {"unknown-attribute"}
    assert told("steps:", asked, files={"journeys/shop.yaml": shop}) == set()


NEED = "templates/letters/note.html"
UNTIL = "  - {wait: nearly, until: need.due, offset: -3 days%s}"
NEEDY = "  - {send: letter, template: letters/note}"
SENDS = "[{send: letter, template: letters/note}]"
BRANCH = f"  - {{branch: b, paths: {{yes: {{when: {{reachable: sms}}, steps: {SENDS}}}, no: {{}}}}}}"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ((UNTIL % ", if_past: leave", NEEDY), set()),
        ((UNTIL % ", if_past: leave", "  - wait: 1 hour", NEEDY), set()),
        ((UNTIL % ", if_past: leave", BRANCH), set()),
        ((UNTIL % ", if_past: skip", NEEDY), set()),
        ((UNTIL % ", if_past: skip", BRANCH), set()),
        ((UNTIL % ", if_past: skip", "  - wait: 1 hour", NEEDY), {"no-default"}),
        ((UNTIL % "", NEEDY), {"no-default"}),
        ((UNTIL % ", if_past: leave, if: {reachable: email}", NEEDY), {"no-default"}),
        ((NEEDY,), {"no-default"}),
    ],
)
def test_whoever_waited_until_it_was_due_has_a_score(steps: tuple[str, ...], found: set[str]) -> None:
    page = good()["templates/welcome/hello.html"].decode().partition("{% block body %}")[0]
    page += "{% block body %}{{ need }}{% endblock %}"
    assert told("steps:", "  - {score: need, model: refill}", *steps, files={NEED: page.encode()}) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("lapse: 0.70", {"hardly-ever"}),
        ("lapse: 0", set()),
        ("lapse: {not: 1}", set()),
        ("lapse: {between: [0.7, 0.8]}", set()),
        ("refill: 7.0", set()),
        ("refill: 1e99", set()),
        ("value: 1e99", {"hardly-ever"}),
        ("value: {over: 20}", set()),
    ],
)
def test_a_prediction_that_is_asked_to_be_just_one_number(asked: str, found: set[str]) -> None:
    assert told("steps:", letter(f", if: {{predicted: {{{asked}}}}}")) == found


def page_naming(field: str) -> dict[str, bytes]:
    """A page for this letter alone, with a field of the customer in its body and no default."""
    page = good()["templates/welcome/hello.html"].decode().partition("{% block body %}")[0]
    body = f"{{% block body %}}{{{{ customer.{field} }}}}{{% endblock %}}"
    return {"templates/letters/known.html": (page + body).encode()}


ORDERED = "customer: {last_order_at: {before: 30 days ago}}"


@pytest.mark.parametrize(
    ("enter", "rest", "alarm"),
    [
        (f"{{when: {{{ORDERED}}}}}", "", False),
        (f"{{event: Newsletter Read, if: {{{ORDERED}}}}}", "", False),
        (f"{{event: Newsletter Read, if: {{all: [{{{ORDERED}}}, {{segment: regulars}}]}}}}", "", False),
        ("{event: Newsletter Read}", f", if: {{{ORDERED}}}", False),
        (f"{{event: Newsletter Read, if: {{any: [{{{ORDERED}}}, {{segment: regulars}}]}}}}", "", True),
        (f"{{event: Newsletter Read, if: {{not: {{{ORDERED}}}}}}}", "", True),
        ("{when: {customer: {last_order_at: {known: false}}}}", "", True),
        ("{when: {customer: {city: Berlin}}}", "", True),
        ("{event: Newsletter Read}", "", True),
    ],
)
def test_who_enters_by_what_is_known_needs_no_default_for_it(enter: str, rest: str, alarm: bool) -> None:
    step = f"  - {{send: letter, template: letters/known{rest}}}"
    found = told("steps:", step, enter=enter, files=page_naming("last_order_at"))
    assert ("no-default" in found) is alarm


def test_who_is_started_in_a_journey_need_not_be_what_it_looks_for() -> None:
    enter = f"{{when: {{{ORDERED}}}}}"
    files = page_naming("last_order_at") | {"journeys/starting.yaml": STARTING}
    assert "no-default" in told(
        "steps:", "  - {send: letter, template: letters/known}", enter=enter, files=files
    )
