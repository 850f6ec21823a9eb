"""No message inside quiet hours, and none long after them: over midnight and where clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from loyaltyloop.journey.clock.quiet import quiet_until
from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.models import Message
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.reading import SHOP_TEXT

LETTER = """\
journey: letter
about: One letter.
enter: {event: Signed Up}
steps:
  - send: hello
    template: test/hello
    expires_after: EXPIRES
"""
# zone, the end (UTC) of the quiet hours from 21:00 to 08:00 in the night of a clock change, twice a year.
NIGHTS = [
    ("Europe/London", "2026-03-29 07:00"),
    ("Europe/London", "2026-10-25 08:00"),
    ("America/New_York", "2026-03-08 12:00"),
    ("America/New_York", "2026-11-01 13:00"),
    ("Australia/Lord_Howe", "2026-04-04 21:30"),
    ("Australia/Lord_Howe", "2026-10-03 21:00"),
    ("Pacific/Auckland", "2026-04-04 20:00"),
    ("Pacific/Auckland", "2026-09-26 19:00"),
    ("Africa/Casablanca", "2026-02-15 08:00"),
    ("Africa/Casablanca", "2026-03-22 07:00"),
]


def test_held_until_the_morning_in_each_zone_and_night(engine: Engine) -> None:
    """Each signs up at 22:00 of their own clock; they get their letter within 10 minutes after 08:00."""
    shop = SHOP_TEXT.replace("timezone: Europe/London", "timezone: UTC")
    stage = Stage(engine, LETTER.replace("EXPIRES", "3 days"), shop=shop)
    ends = {f"c{number}": (zone, utc(end)) for number, (zone, end) in enumerate(NIGHTS)}
    moments = set()
    for who, (zone, end) in ends.items():
        evening = _evening(end, zone)
        stage.knows(who, timezone=zone)
        stage.did(who, "Signed Up", f"{evening:%Y-%m-%d %H:%M}")
        moments |= {evening, end - timedelta(seconds=1), end + timedelta(minutes=10)}
    for moment in sorted(moments):
        stage.turn(f"{moment:%Y-%m-%d %H:%M:%S}")
    found = {row.to.partition("@")[0]: row for row in rows(engine, Message)}
    for who, (_, end) in ends.items():
        assert found[who].state == "handed_over"
        assert end <= found[who].handed_over_at <= end + timedelta(minutes=10)
        assert end <= found[who].due_at < end + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("now", "present", "leaves"),
    [
        ("20:58", "20:59", True),
        ("20:58", "21:01", False),
        ("21:01", "21:03", False),
        ("07:58", "08:01", False),  # it would be on record as of 07:58
        ("08:00", "08:01", True),
    ],
)
def test_a_turn_that_takes_minutes_claims_nothing_inside(
    engine: Engine, now: str, present: str, leaves: bool
) -> None:
    stage = Stage(engine, LETTER.replace("EXPIRES", "3 days"), shop=SHOP_TEXT)
    stage.world = replace(stage.world, clock=lambda: utc(f"03-02 {present}"))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 06:00")
    stage.turn(f"03-02 {now}")
    held = ("ada", "hello", "held", "quiet hours")
    assert stage.messages() == [("ada", "hello", "handed_over", "") if leaves else held]


def _evening(end: datetime, zone: str) -> datetime:
    """22:00 of the evening before, as an instant."""
    moment = end - timedelta(hours=14)
    while to_local(moment, zone).hour != 22:
        moment += timedelta(minutes=30)
    return moment - timedelta(minutes=to_local(moment, zone).minute)


@pytest.mark.parametrize(("expires", "state"), [("5 days", "refused"), ("6 days", "handed_over")])
def test_waiting_for_its_day_counts_as_waiting(engine: Engine, expires: str, state: str) -> None:
    """Decided on a Tuesday, and to leave on a Monday; `loop check` warns of it (expires-first)."""
    stage = Stage(engine, LETTER.replace("EXPIRES", f"{expires}\n    on: [mon]"))
    stage.knows("ada", timezone="UTC")
    stage.did("ada", "Signed Up", "03-03 00:00")
    stage.turns("03-03 00:00", "03-10 00:00", 24)
    [(_, _, found, reason)] = stage.messages()
    assert (found, reason) == (state, "expired" if state == "refused" else "")


def _shop(start: str, end: str) -> Shop:
    return read_shop(SHOP_TEXT.replace('"21:00"', f'"{start}"').replace('"08:00"', f'"{end}"'))


@pytest.mark.parametrize(
    ("start", "end", "zone", "now", "until"),
    [
        ("21:00", "08:00", "Europe/London", "2026-01-05 20:59", None),
        ("21:00", "08:00", "Europe/London", "2026-01-05 21:00", "2026-01-06 08:00"),
        ("21:00", "08:00", "Europe/London", "2026-01-06 07:59", "2026-01-06 08:00"),
        ("21:00", "08:00", "Europe/London", "2026-01-06 08:00", None),
        ("12:00", "14:00", "Europe/London", "2026-01-06 12:30", "2026-01-06 14:00"),
        ("22:00", "00:00", "Europe/London", "2026-01-06 23:30", "2026-01-07 00:00"),
        # The end does not exist: clocks jump from 02:00 to 03:00, at Lord Howe to 02:30.
        ("21:00", "02:30", "America/New_York", "2026-03-08 06:59", "2026-03-08 07:00"),
        ("21:00", "02:15", "Australia/Lord_Howe", "2026-10-03 15:00", "2026-10-03 15:30"),
        # The end comes twice: whoever is there between both waits for the second.
        ("21:00", "01:30", "Europe/London", "2026-10-25 00:15", "2026-10-25 00:30"),
        ("21:00", "01:30", "Europe/London", "2026-10-25 00:30", None),
        ("21:00", "01:30", "Europe/London", "2026-10-25 01:15", "2026-10-25 01:30"),
        ("21:00", "01:30", "Europe/London", "2026-10-25 01:30", None),
        ("21:00", "01:45", "Australia/Lord_Howe", "2026-04-04 15:05", "2026-04-04 15:15"),
        ("21:00", "02:30", "Pacific/Auckland", "2026-04-04 14:15", "2026-04-04 14:30"),
        ("21:00", "02:30", "Africa/Casablanca", "2026-02-15 02:15", "2026-02-15 02:30"),
    ],
)
def test_when_quiet_hours_end(start: str, end: str, zone: str, now: str, until: str | None) -> None:
    windows = _shop(start, end).quiet_hours
    found = quiet_until(windows, "email", "marketing", zone, "GB", utc(now))
    assert found == (utc(until) if until else None)


def test_a_turn_in_the_hour_that_comes_twice_ends(engine: Engine) -> None:
    """The end of the quiet hours has been once already: held until it comes again."""
    stage = Stage(engine, LETTER.replace("EXPIRES", "3 days"), shop=SHOP_TEXT.replace('"08:00"', '"01:30"'))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "2026-10-25 01:10")
    stage.turn("2026-10-25 01:15")
    assert [state for _, _, state, _ in stage.messages()] == ["held"]
    stage.turn("2026-10-25 01:40")
    assert stage.sent() == [("ada", "hello")]


@pytest.mark.parametrize(("blocked", "end"), [("skip", "completed"), ("leave", "left: blocked")])
def test_what_would_leave_too_late_is_dropped(engine: Engine, blocked: str, end: str) -> None:
    """In quiet hours that last longer than the message is good for; `if_blocked` says what then."""
    text = LETTER.replace(
        "EXPIRES", f"90 minutes\n    if_blocked: {blocked}\n  - set: {{tags: {{add: [on]}}}}"
    )
    stage = Stage(engine, text, shop=SHOP_TEXT)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 22:00")
    stage.turn("03-02 22:00")
    assert stage.messages() == [("ada", "hello", "refused", "expired")]
    assert stage.ends() == [("ada", end)]
    assert stage.tags() == {"ada": ["on"] if blocked == "skip" else []}


def test_what_nobody_delivered_in_time_is_dropped(engine: Engine) -> None:
    text = LETTER.replace("EXPIRES", '90 minutes\n    at: "23:00"')
    stage = Stage(engine, text, shop=DAYTIME)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 22:00")
    stage.turn("03-02 22:00")
    stage.turn("03-03 00:00")
    assert stage.messages() == [("ada", "hello", "refused", "expired")]


def test_no_quiet_hours_for_transactional_messages(engine: Engine) -> None:
    text = LETTER.replace("EXPIRES", "1 day").replace("enter:", "purpose: transactional\nenter:")
    stage = Stage(engine, text, shop=SHOP_TEXT)
    stage.knows("ada", consent=False)
    stage.did("ada", "Signed Up", "03-02 22:00")
    stage.turn("03-02 22:00")
    assert stage.sent() == [("ada", "hello")]


def test_what_quiet_hours_hold_is_looked_at_at_once_when_they_change(engine: Engine) -> None:
    stage = Stage(engine, LETTER.replace("EXPIRES", "3 days"), shop=SHOP_TEXT)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 22:00")
    stage.turn("03-02 22:00")
    stage.apply("03-02 22:05", LETTER.replace("EXPIRES", "3 days"), shop=f"{SHOP_TEXT}topics: {{tea: Tea}}\n")
    stage.turn("03-02 22:10")
    assert [state for _, _, state, _ in stage.messages()] == ["held"]
    stage.apply("03-02 22:15", LETTER.replace("EXPIRES", "3 days"), shop=DAYTIME)
    stage.turn("03-02 22:20")
    assert stage.sent() == [("ada", "hello")]


def test_each_is_held_by_the_days_of_their_own_country(engine: Engine) -> None:
    """On 14 July; whose country is not known lives where the shop is."""
    quiet = DAYTIME + "quiet_hours: {countries: FR, days: holidays}\n"
    stage = Stage(engine, LETTER.replace("EXPIRES", "3 days"), shop=quiet)
    for who in ("ada", "bea", "cy"):
        stage.knows(who, timezone="Europe/Paris")
        stage.did(who, "Signed Up", "07-14 09:00")
    stage.knows("ada", at="2024-01-02 00:00", consent=False, country="FR")
    stage.knows("bea", at="2024-01-02 00:00", consent=False, country="BE")
    stage.turn("07-14 10:00")
    assert stage.sent() == [("bea", "hello"), ("cy", "hello")]
    stage.turn("07-14 21:59")
    assert stage.sent() == [("bea", "hello"), ("cy", "hello")]
    stage.turn("07-14 22:10")  # midnight, and ten minutes at most
    assert stage.sent() == [("ada", "hello"), ("bea", "hello"), ("cy", "hello")]
