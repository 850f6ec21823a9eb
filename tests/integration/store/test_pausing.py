from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.errors import UserError
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.live import changes, pausing
from loyaltyloop.store.live.versions import live_journeys
from tests.integration.store.shops import NOW, enrolment, message, place, planned, reading, visit

DAY = timedelta(days=1)
# An instant with a fraction of a second: shifting must keep it.
SOON = NOW + timedelta(hours=5, microseconds=120)


@pytest.fixture
def paused(engine: Engine) -> list[int]:
    """Three wait: one due in 5 hours, one in 3 days, one sends; then the journey is paused."""
    changes.apply(engine, reading(), NOW)
    with write_shop(engine) as connection:
        ids = place(connection, "hello.wait", 1, state="waiting", due_at=SOON, until_at=SOON)
        ids += place(connection, "hello", 1, state="waiting", due_at=NOW + 3 * DAY)
        ids += place(connection, "picks", 1, state="sending")
        planned(connection, ids[2], "picks")
        assert pausing.pause(connection, "welcome", NOW) == pausing.Paused("welcome", people=3, waiting=2)
    return ids


def resume(engine: Engine, how: pausing.Overdue, after: timedelta = DAY) -> pausing.Resumed:
    with write_shop(engine) as connection:
        return pausing.resume(connection, "welcome", how, NOW + after)


def rows(engine: Engine) -> dict[int, Any]:
    with read(engine) as connection:
        return {row.id: row for row in connection.execute(select(enrolment))}


def state(engine: Engine) -> tuple[str, datetime | None]:
    with read(engine) as connection:
        [row] = live_journeys(connection)
    return row.state, row.paused_at


def test_pause_and_resume(engine: Engine, paused: list[int]) -> None:
    assert state(engine) == ("paused", NOW)
    resume(engine, "catch_up")
    assert state(engine) == ("live", None)


def test_shift_gives_everybody_the_time_they_still_had(engine: Engine, paused: list[int]) -> None:
    found = resume(engine, "shift", after=DAY)
    assert found == pausing.Resumed("welcome", DAY, overdue=1, shifted=2)
    now = rows(engine)
    assert (now[paused[0]].due_at, now[paused[0]].until_at) == (SOON + DAY, SOON + DAY)
    assert (now[paused[1]].due_at, now[paused[1]].until_at) == (NOW + 4 * DAY, None)
    with read(engine) as connection:
        late = connection.execute(select(message.c.due_at, message.c.expires_at)).one()
    assert tuple(late) == (NOW + timedelta(hours=25), NOW + 4 * DAY)


def test_catch_up_leaves_due_times_alone(engine: Engine, paused: list[int]) -> None:
    before = rows(engine)
    assert resume(engine, "catch_up") == pausing.Resumed("welcome", DAY, overdue=1)
    assert rows(engine) == before


def test_expire_ends_who_is_overdue_and_nobody_else(engine: Engine, paused: list[int]) -> None:
    assert resume(engine, "expire") == pausing.Resumed("welcome", DAY, overdue=1, expired=1)
    now = rows(engine)
    gone = now[paused[0]]
    assert (gone.state, gone.end, gone.reason, gone.ended_at) == ("ended", "left", "expired", NOW + DAY)
    assert [now[one].ended_at for one in paused[1:]] == [None, None]
    with read(engine) as connection:
        [seen] = connection.execute(select(visit))
    assert (seen.enrolment_id, seen.step) == (paused[0], "hello.wait")
    assert seen.why == "overdue when the journey went on after 24 hours"


def test_what_cannot_be_paused_or_resumed(engine: Engine) -> None:
    with write_shop(engine) as connection, pytest.raises(UserError, match="is not live: `loop apply`"):
        pausing.pause(connection, "welcome", NOW)
    changes.apply(engine, reading(), NOW)
    with pytest.raises(UserError, match="'welcome' is live, not paused"):
        resume(engine, "shift")
    with write_shop(engine) as connection:
        pausing.pause(connection, "welcome", NOW)
    with write_shop(engine) as connection, pytest.raises(UserError, match="'welcome' is paused, not live"):
        pausing.pause(connection, "welcome", NOW)


@pytest.mark.parametrize("how", ["shift", "catch_up", "expire"])
def test_nothing_goes_on_before_it_was_paused(
    engine: Engine, paused: list[int], how: pausing.Overdue
) -> None:
    before = rows(engine)
    with pytest.raises(UserError, match=r"paused at 2026-03-01 12:00:00 UTC; it cannot go on earlier"):
        resume(engine, how, after=-DAY)
    assert state(engine) == ("paused", NOW)
    assert rows(engine) == before
