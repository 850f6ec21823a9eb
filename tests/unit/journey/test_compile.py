"""Nested steps to one list: names, edges, what is passed over, defaults."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import (
    Again,
    At,
    ByDate,
    ByEvent,
    ByHand,
    BySchedule,
    ByState,
    Call,
    Give,
    Journey,
    Recommend,
    Send,
    Set,
    Until,
    Wait,
    WaitFor,
)
from loyaltyloop.journey.reading.reader import read_journey
from loyaltyloop.journey.showing.graph import least_days, possibly_before, reachable, surely_before

HEAD = "journey: trip\nabout: A test.\n"
BY_HAND = "enter: {manual: true}\n"


def steps(text: str, head: str = HEAD + BY_HAND) -> Journey:
    return read_journey(f"{head}steps:\n{text}")


def edges(journey: Journey) -> dict[str, dict[str, str | None]]:
    return {step.name: dict(step.edges) for step in journey}


NESTED = """
  - {send: hello, template: a}
  - wait: 2 days
  - wait_for: answer
    up_to: 3 days
    paths:
      clicked:
        when: {clicked: hello}
        steps:
          - wait: 1 day
          - branch: kind
            if: {customer: {country: GB}}
            paths:
              good: {when: {customer: {orders: 1}}, steps: [{leave: good}]}
              otherwise: {}
      silent: {}
  - {send: last, template: a}
"""


def test_the_order_and_the_edges() -> None:
    journey = steps(NESTED)
    assert edges(journey) == {
        "hello": {"": "hello.wait"},
        "hello.wait": {"": "answer"},
        "answer": {"clicked": "answer.clicked.wait", "silent": "last"},
        "answer.clicked.wait": {"": "kind"},
        "kind": {"good": "kind.good.leave", "otherwise": "last"},
        "kind.good.leave": {},
        "last": {"": None},
    }
    assert journey.first == "hello"


def test_every_edge_points_down_the_list() -> None:
    journey = steps(NESTED)
    place = {step.name: number for number, step in enumerate(journey)}
    for step in journey:
        for _, target in step.edges:
            assert target is None or place[target] > place[step.name]


def test_behind_a_step_and_all_its_paths() -> None:
    journey = steps(NESTED)
    assert journey.step("answer").after == "last"
    assert journey.step("kind").after == "last"
    assert journey.step("last").after is None
    assert journey.step("kind.good.leave").within_paths == ("answer.clicked", "kind.good")


def test_lines_of_the_file() -> None:
    assert [step.line for step in steps(NESTED)] == [6, 7, 8, 14, 15, 18, 21]


def test_nameless_steps_are_named_after_the_last_named_one() -> None:
    journey = steps(
        "  - wait: 1 day\n  - wait: 2 days\n  - {send: a, template: a}\n  - wait: 1 day\n  - set: {x: 1}\n"
        "  - wait: 1 day\n  - {wait: 3 days, name: cooling}\n  - wait: 1 day\n"
    )
    names = ["enter.wait", "enter.wait.2", "a", "a.wait", "a.set", "a.wait.2", "cooling", "cooling.wait"]
    assert [step.name for step in journey] == names


def test_a_new_nameless_step_elsewhere_renames_none() -> None:
    before = {step.name for step in steps(NESTED)}
    after = {step.name for step in steps(NESTED + "  - wait: 1 day\n")}
    assert before < after


def test_was_and_first_name() -> None:
    journey = steps("  - {send: c, template: a, was: [b, a]}\n  - {send: d, template: a, was: x}\n")
    assert [(step.first_name, step.was) for step in journey] == [("a", ("b", "a")), ("x", ("x",))]


def test_at_end() -> None:
    journey = read_journey(
        f"{HEAD}{BY_HAND}steps:\n  - leave: x\nat_end:\n  - set: {{x: 1}}\n  - call: tell\n    hook: desk\n"
    )
    assert [step.name for step in journey.at_end] == ["at_end.set", "tell"]
    assert dict(journey.at_end[0].edges) == {"": "tell"}
    assert isinstance(journey.at_end[1].action, Call)
    assert [step.name for step in journey] == ["enter.leave"]


# ── what is filled in ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("purpose", "own", "meant", "life"),
    [
        ("marketing", "", "marketing", "3 days"),
        ("service", "", "service", "3 days"),
        ("transactional", "", "transactional", None),
        ("marketing", ", purpose: transactional", "transactional", None),
        ("transactional", ", expires_after: 1 hour", "transactional", "1 hour"),
    ],
)
def test_purpose_and_life_of_messages(purpose: str, own: str, meant: str, life: str | None) -> None:
    journey = steps(f"  - {{send: a, template: a{own}}}\n", f"{HEAD}purpose: {purpose}\n{BY_HAND}")
    expires = Duration.of(life) if life else None
    assert journey.step("a").action == Send("a", purpose=meant, expires_after=expires)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("event: Signed Up", ByEvent(("Signed Up",), max_age=Duration.of("24 hours"))),
        ("{event: [A, B], max_age: 2 days}", ByEvent(("A", "B"), max_age=Duration.of("2 days"))),
        (
            "{date: birthday, offset: -3 days, at: '09:00', feb29: mar1}",
            ByDate("birthday", Duration.of("3 days"), -1, time(9), "mar1", Duration.of("2 days")),
        ),
        ("{date: birthday}", ByDate("birthday", at=time(0), catch_up=Duration.of("2 days"))),
        ("manual: true", ByHand()),
    ],
)
def test_ways_of_entering(written: str, meant: object) -> None:
    entry = written if written.startswith("{") else f"{{{written}}}"
    assert steps("  - leave: x\n", f"{HEAD}enter: {entry}\n").enter.by == meant


def test_state_and_schedule() -> None:
    state = steps("  - leave: x\n", f"{HEAD}enter: {{when: {{reachable: email}}}}\n").enter.by
    assert isinstance(state, ByState) and state.check == "daily"
    text = f"{HEAD}enter: {{schedule: 0 9 * * mon, to: {{reachable: email}}}}\n"
    schedule = steps("  - leave: x\n", text).enter.by
    assert isinstance(schedule, BySchedule) and schedule.rule == "0 9 * * mon"


def test_how_often() -> None:
    text = f"{HEAD}enter: {{event: A, one_per: order_id, again: after 180 days, at_most: 500 a day}}\n"
    enter = steps("  - leave: x\n", text).enter
    assert (enter.one_per, enter.again) == ("order_id", Again("after", Duration.of("180 days")))
    assert (enter.at_most, enter.at_most_per, enter.while_inside) == (500, "day", "ignore")


def test_goal_and_its_time() -> None:
    text = f"{HEAD}{BY_HAND}goal: {{did: A, within: 14 days}}\nholdout: 2.5%\npriority: 70\n"
    journey = steps("  - leave: x\n", text)
    assert journey.goal_within == Duration.of("14 days")
    assert journey.goal is not None and getattr(journey.goal, "within", "none") is None
    assert (journey.holdout, journey.priority) == (Decimal("0.025"), 70)


WAITS = """
  - {wait: 2 days, at: "09:00", on: [mon, fri]}
  - {wait: party, until: birthday, offset: -3 days, if_past: skip}
  - {wait: 1 day, on: sat}
  - {send: a, template: a, at: best}
"""


def test_waits() -> None:
    waits = [step.action for step in steps(WAITS)]
    assert waits[0] == Wait(Duration.of("2 days"), at=At(time(9), ("mon", "fri")))
    assert waits[1] == Wait(until=Until("birthday", Duration.of("3 days"), -1, "skip"))
    assert waits[2] == Wait(Duration.of("1 day"), at=At(None, ("sat",)))
    assert isinstance(waits[3], Send) and waits[3].at == At(best=True)


def test_wait_for_until_an_instant_of_the_trigger() -> None:
    text = "  - {wait_for: a, until: trigger.ends_at, since: entered, paths: {silent: {}}}\n"
    action = steps(text).step("a").action
    assert isinstance(action, WaitFor)
    assert (action.until, action.up_to, action.since) == (Until("trigger.ends_at"), None, "entered")


OTHERS = """
  - recommend: picks
    from: repeat
    exclude: [{bought: {within: 30 days}}, shown]
    where: {price: {under: 60}}
  - recommend: plain
  - {recommend: all, exclude: []}
  - {recommend: found, exclude: [owned, shown]}
  - {give: thanks, voucher: spring, valid: 14 days, budget: 500 a month, chance: 10%}
  - set: {size: 4, colour: null, tags: {add: vip}, often: pause 30 days, consent: {sms: withdraw}}
"""


def test_other_verbs() -> None:
    picks, plain, everything, found, gift, change = (step.action for step in steps(OTHERS))
    assert isinstance(picks, Recommend) and isinstance(everything, Recommend)
    assert (picks.sources, picks.exclude) == (("repeat",), ("bought", "shown"))
    assert picks.bought_within == Duration.of("30 days")
    assert plain == Recommend()
    assert everything.exclude == ()
    assert isinstance(found, Recommend) and found.exclude == ("owned", "shown")
    assert gift == Give(
        voucher="spring", valid=Duration.of("14 days"), budget=500, budget_per="month", chance=Decimal("0.1")
    )
    assert change == Set(
        (("size", 4), ("colour", None)), ("vip",), (), "pause", Duration.of("30 days"), ("sms",)
    )


# ── ways through ────────────────────────────────────────────────────────────


def test_what_was_passed_before() -> None:
    journey = steps(NESTED)
    assert surely_before(journey)["last"] == {"hello", "hello.wait", "answer"}
    assert "kind" in possibly_before(journey)["last"]
    assert reachable(journey) == {step.name for step in journey}


def test_a_step_with_if_may_have_been_passed_over() -> None:
    journey = steps(
        "  - {recommend: x, if: {reachable: email}}\n  - {send: a, template: a}\n  - {send: b, template: a}\n"
    )
    assert surely_before(journey)["b"] == {"a"}


def test_nobody_comes_behind_leave() -> None:
    journey = steps("  - leave: x\n  - {send: a, template: a}\n")
    assert reachable(journey) == {"enter.leave"}


def test_days_that_pass_at_least() -> None:
    assert least_days(steps(NESTED), "hello") == {
        "hello.wait": 0,
        "answer": 2,
        "answer.clicked.wait": 2,
        "kind": 3,
        "kind.good.leave": 3,
        "last": 3,
    }
