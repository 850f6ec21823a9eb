"""Ways past a step: where a date is past, the next step of the same list is passed over."""

from __future__ import annotations

from loyaltyloop.journey.showing.graph import least_days, reachable, surely_before
from loyaltyloop.journey.showing.plan import downstream
from tests.reference.reading import read

JOURNEY = read("""
    journey: skipping
    about: A date that may be past.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - wait: day
        until: trigger.when
        if_past: skip
      - branch: kind
        paths:
          british: {when: {customer: {country: GB}}, steps: [{wait: tea, until: trigger.tea, if_past: skip}]}
          other: {steps: [{leave: other}]}
      - wait: 5 days
        name: rest
      - send: late
        template: test/hello
""")


def test_the_way_past_a_step_ends_behind_it() -> None:
    ends = {step.name: JOURNEY.behind_next(step) for step in JOURNEY if step.may_skip}
    assert ends == {"day": "rest", "tea": "rest"}


def test_what_may_be_passed_over_was_not_surely_passed() -> None:
    assert surely_before(JOURNEY)["rest"] == {"day"}
    assert least_days(JOURNEY, "day")["late"] == 5
    assert "rest" in downstream(JOURNEY, "day")


def test_behind_a_leave_that_may_be_passed_over_somebody_comes() -> None:
    leaving = read("""
        journey: leaving
        about: Only for those whose date is past.
        enter: {event: Signed Up}
        steps:
          - {wait: day, until: trigger.when, if_past: skip}
          - leave: in_time
          - send: late
            template: test/hello
    """)
    assert "late" in reachable(leaving)
    assert least_days(leaving, "day") == {"day.leave": 0, "late": 0}
