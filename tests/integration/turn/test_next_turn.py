"""When a turn says that the next one is due, and that somebody then enters."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from loyaltyloop.turn.counts import TurnReport
from loyaltyloop.turn.runner import run_turn
from tests.integration.turn.stage import DAYTIME, Stage, utc

JOURNEY = """
journey: timed
about: Made up.
enter: {%s}
steps:
  - wait: 2 days
"""


def turn(stage: Stage, at: datetime) -> TurnReport:
    return run_turn(stage.world, "timed", at)


def entered(report: TurnReport) -> int:
    return sum(row.people for row in report.rows if row.stage == "who enters")


def schedule(rule: str) -> str:
    return (
        JOURNEY
        % f'schedule: "{rule}", to: {{customer: {{country: GB}}}}, again: always, while_inside: alongside'
    )


@pytest.mark.parametrize(
    ("rule", "now", "expected"),
    [
        ("30 9 * * *", "03-02 08:40", "03-02 09:30"),
        ("30 9 * * *", "03-02 09:30", "03-03 09:30"),
        ("30 9 * * *", "2026-06-02 08:40", "2026-06-03 08:30"),
        # Clocks go forward at 01:00: there is no 01:30, and it is time at the first instant after the gap.
        ("30 1 * * *", "03-29 00:40", "03-29 01:00"),
        ("30 1 * * *", "03-29 01:00", "03-30 00:30"),
        # Clocks go back at 01:00 UTC: 01:30 comes twice, and counts once.
        ("30 1 * * *", "2026-10-25 00:10", "2026-10-25 00:30"),
        ("30 1 * * *", "2026-10-25 00:30", "2026-10-26 01:30"),
        ("30 1 * * *", "2026-10-25 01:10", "2026-10-26 01:30"),
        ("0 9 * * MON", "03-02 09:00", "03-09 09:00"),
        ("DTSTART:20260105T093000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "03-02 09:30", "03-16 09:30"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1;BYHOUR=9", "03-02 09:00", "2027-02-01 09:00"),
    ],
)
def test_a_schedule_is_looked_at_when_it_is_time(engine: Engine, rule: str, now: str, expected: str) -> None:
    stage = Stage(engine, schedule(rule))
    stage.knows("ada", country="GB")
    report = turn(stage, utc(now))
    assert report.next_look == utc(expected)
    assert entered(turn(stage, utc(expected) - timedelta(minutes=1))) == 0
    assert entered(turn(stage, utc(expected))) == 1


def test_a_schedule_that_is_over_is_not_looked_at(engine: Engine) -> None:
    stage = Stage(engine, schedule("DTSTART:20260302T090000"))
    assert turn(stage, utc("03-02 09:00")).next_look is None


BIRTHDAY = JOURNEY % 'date: birthday, at: "09:00", feb29: feb28'


@pytest.mark.parametrize(
    ("birthday", "zone", "now", "expected"),
    [
        ("1990-03-03", "Europe/London", "03-02 12:00", "03-03 09:00"),
        ("1990-03-03", "Asia/Tokyo", "03-02 12:00", "03-03 00:00"),
        ("1990-03-03", "America/New_York", "03-02 20:00", "03-03 14:00"),
        # Where clocks have gone forward, or back, in the night before.
        ("1990-03-29", "Europe/London", "03-28 12:00", "03-29 08:00"),
        ("1990-10-25", "Europe/London", "2026-10-24 12:00", "2026-10-25 09:00"),
        ("1992-02-29", "Europe/London", "02-28 08:00", "02-28 09:00"),
    ],
)
def test_a_date_is_looked_at_when_its_time_has_come_for_somebody(
    engine: Engine, birthday: str, zone: str, now: str, expected: str
) -> None:
    stage = Stage(engine, BIRTHDAY)
    stage.knows("ada", birthday=birthday, timezone=zone)
    stage.knows("ben", birthday="1990-07-01")
    report = turn(stage, utc(now))
    assert (report.next_look, report.next_due) == (utc(expected), None)
    assert entered(turn(stage, utc(expected) - timedelta(minutes=1))) == 0
    assert entered(turn(stage, utc(expected))) == 1


def test_where_nobodys_day_comes_dates_are_looked_at_a_day_later(engine: Engine) -> None:
    stage = Stage(engine, BIRTHDAY)
    stage.knows("ada", birthday="1990-07-01")
    assert turn(stage, utc("03-02 12:00")).next_look == utc("03-03 12:00")


@pytest.mark.parametrize(
    ("check", "now", "expected"),
    [
        ("hourly", "03-02 08:40", "03-02 09:00"),
        ("daily", "03-02 08:40", "03-03 00:00"),
        ("daily", "03-29 12:00", "03-29 23:00"),
        ("daily", "2026-10-25 12:00", "2026-10-26 00:00"),
    ],
)
def test_a_condition_is_looked_at_at_its_next_check(
    engine: Engine, check: str, now: str, expected: str
) -> None:
    stage = Stage(engine, JOURNEY % f"when: {{customer: {{country: GB}}}}, check: {check}")
    assert turn(stage, utc(now)).next_look == utc(expected)


def test_who_is_due_is_told_beside_it(engine: Engine) -> None:
    stage = Stage(engine, schedule("30 9 * * *"))
    stage.knows("ada", country="GB")
    report = turn(stage, utc("03-02 09:30"))
    assert report.coming == [
        (utc("03-03 09:30"), "looks again for who enters"),
        (utc("03-04 09:30"), "somebody is due"),
    ]


def test_by_events_nobody_is_waited_for(engine: Engine) -> None:
    stage = Stage(engine, JOURNEY % "event: Signed Up")
    stage.knows("ada")
    assert turn(stage, utc("03-02 09:00")).coming == []
    stage.did("ada", "Signed Up", "03-02 09:30")
    assert turn(stage, utc("03-02 10:00")).coming == [(utc("03-04 10:00"), "somebody is due")]


def test_nobody_enters_a_journey_whose_file_is_gone(engine: Engine) -> None:
    stage = Stage(engine, schedule("30 9 * * *"))
    apply(engine, read_project({"journeys/shop.yaml": DAYTIME}), utc("03-01 00:00"))
    assert turn(stage, utc("03-02 08:40")).coming == []
