"""How long somebody stands at a step, and where they go on when that is odd."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event

from loyaltyloop.store.database import is_postgres, read, write
from loyaltyloop.store.live.pausing import pause, resume
from loyaltyloop.store.models import Visit
from loyaltyloop.turn.engine import open_turn
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc

FAR = """\
journey: far
about: Waits until a date of the event.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait: day
    until: trigger.when
    offset: OFFSET
    if_past: leave
  - wait: 1 day
"""


@pytest.mark.parametrize(
    ("value", "offset"),
    [("9999-12-31", "3 days"), ("0001-01-01", "-3 days"), ("9999-12-31T23:59:59Z", "1 hour")],
)
def test_date_that_no_calendar_means_is_unknown(engine: Engine, value: str, offset: str) -> None:
    stage = Stage(engine, FAR.replace("OFFSET", offset))
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00", when=value)
    stage.did("ben", "Signed Up", "03-02 10:00", when="2050-01-01")
    stage.turn("03-02 10:00")
    assert stage.ends() == [("ada", "left: date unknown"), ("ben", "waiting at day")]


def _plans(engine: Engine, now: str, stage: Stage) -> list[str]:
    """How SQLite reads customers, enrolments and messages in a turn with little to do."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, words: Any, *___: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, words))

    event.listen(engine, "before_cursor_execute", note)
    stage.turn(now)
    event.remove(engine, "before_cursor_execute", note)
    with read(engine) as connection:
        return [
            row[3]
            for statement, words in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", words)
        ]


def test_turn_reads_nobody_who_only_waits(engine: Engine) -> None:
    if is_postgres(engine):
        pytest.skip("it plans by figures, and reads a table of two rows as a whole")
    stage = Stage(engine, FAR.replace("OFFSET", "1 day"))
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00", when="2050-01-01")
    stage.turn("03-02 10:00")
    stage.did("ben", "Signed Up", "03-02 11:00", when="2050-01-01")
    plans = _plans(engine, "03-02 11:00", stage)
    assert not [
        plan for plan in plans if plan.startswith(("SCAN customer", "SCAN enrolment", "SCAN message"))
    ]
    by_journey = [one for one in plans if one.startswith("SEARCH enrolment") and one.endswith("(journey=?)")]
    assert not [plan for plan in by_journey if "ix_enrolment_ending" not in plan]  # which holds who ends now


SKIPPING = """\
journey: skipping
about: A path that is called like what becomes of a date that is past.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait_for: answer
    until: trigger.when
    if_past: skip
    paths:
      skip: {when: {did: Product Viewed}, steps: [{wait: 5 days}]}
      no: {}
  - wait: 3 days
  - wait: 7 days
"""


def test_path_called_skip(engine: Engine) -> None:
    stage = Stage(engine, SKIPPING)
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00", when="2020-01-01")
    stage.did("ben", "Signed Up", "03-02 10:00", when="2050-01-01")
    stage.did("ben", "Product Viewed", "03-02 11:00")
    stage.turns("03-02 10:00", "03-02 12:00")
    assert stage.ends() == [("ada", "waiting at answer.wait.2"), ("ben", "waiting at answer.skip.wait")]
    assert [(one.step, one.path) for one in rows(engine, Visit)] == [("answer", ""), ("answer", "skip")]


IN_A_PATH = """\
journey: inside
about: A date in a path; behind the branch is a step for everybody.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - branch: kind
    paths:
      dated:
        when: {trigger: {when: {known: true}}}
        steps:
          - {wait: day, until: trigger.when, if_past: skip}
          LAST
      other: {}
  - set: {tags: {add: [everybody]}}
  - wait: 5 days
"""


@pytest.mark.parametrize("last", ["", "- set: {tags: {add: [dated]}}"])
def test_skip_passes_over_the_next_step_of_its_own_path(engine: Engine, last: str) -> None:
    stage = Stage(engine, IN_A_PATH.replace("LAST", last))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 10:00", when="2020-01-01")
    stage.turn("03-02 10:00")
    assert stage.tags() == {"ada": ["everybody"]}


NAMES = """\
journey: names
about: Steps called like what a turn does.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - send: enter
    template: test/hello
  - send: leave
    template: test/hello
  - send: deliver
    template: test/hello
  - send: report
    template: test/hello
  - wait: 1 day
"""


def test_steps_called_like_stages(engine: Engine) -> None:
    stage = Stage(engine, NAMES)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 10:00")
    with open_turn(stage.world, "names", utc("03-02 10:00")) as turn:
        names = [one.name for one in turn.stages]
        assert len(set(names)) == len(names)
        for one in turn.stages:
            assert set(one.after) <= set(names[: names.index(one.name)])
            turn.run(one)
        told = {(row.stage, row.path): row.people for row in turn.report().rows if row.people}
    assert told[("who enters", "")] == 1
    assert told[("deliver messages", "handed_over")] == 4
    assert [told[(name, "")] for name in ("enter", "leave", "deliver", "report")] == [1, 1, 1, 1]


RESETTING = """\
journey: resetting
about: Waits anew after each look at a product.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait: 2 days
    reset_by: {did: Product Viewed}
  - wait: 5 days
"""


def test_reset_after_a_pause_that_moved_the_end(engine: Engine) -> None:
    stage = Stage(engine, RESETTING)
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("ben", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    with write(engine) as connection:
        pause(connection, "resetting", utc("03-02 20:00"))
        resume(connection, "resetting", "shift", utc("03-05 20:00"))
    stage.did("ada", "Product Viewed", "03-06 10:00")  # both wait until 03-07 10:00 now
    stage.turn("03-06 10:00")
    stage.turn("03-07 10:00")
    assert stage.ends() == [("ada", "waiting at enter.wait"), ("ben", "waiting at enter.wait.2")]
    stage.turn("03-08 10:00")
    assert ("ada", "waiting at enter.wait.2") in stage.ends()


def test_reset_that_arrives_too_late(engine: Engine) -> None:
    waiting = "wait_for: answer\n    up_to: 2 days"
    paths = "    paths:\n      yes: {when: {did: Replied}}\n      no: {}\n"
    text = RESETTING.replace("wait: 2 days", waiting).replace("Viewed}\n", "Viewed}\n" + paths)
    stage = Stage(engine, text)
    stage.knows("ada", "ben")
    for who, minutes in (("ada", "05"), ("ben", "15")):  # ten minutes of lateness
        stage.did(who, "Signed Up", "03-02 10:00")
        stage.did(who, "Product Viewed", "03-04 09:00", arrived=f"03-04 10:{minutes}")
    stage.turn("03-02 10:00")
    stage.turn("03-04 10:20")
    assert stage.ends() == [("ada", "waiting at answer"), ("ben", "waiting at answer.wait")]
