"""Caps: no more than so many to one customer or one address; who comes too late is told who went first."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.models import Message
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage, utc

LETTER = """\
journey: letter
about: A letter for each request.
enter: {event: Asked, again: always, while_inside: alongside}
steps:
  - send: note
    template: test/hello
    expires_after: 40 days
"""
OFFER = """\
journey: offer
about: An offer, before all letters.
priority: 90
enter: {event: Asked, again: always, while_inside: alongside}
steps:
  - send: deal
    template: test/hello
    expires_after: 40 days
"""


def shop(*caps: str) -> str:
    """A shop with these caps, in UTC and without quiet hours."""
    lines = "".join(f"  - {{{cap}}}\n" for cap in caps)
    return DAYTIME.replace("timezone: Europe/London", "timezone: UTC") + (f"caps:\n{lines}" if caps else "")


def due(engine: Engine) -> list[tuple[str, str, str]]:
    """(state, when due, or when it left, reason) of all messages, in the order of their keys' entering."""
    found = sorted(rows(engine, Message), key=lambda row: (row.handed_over_at is None, row.due_at, row.key))
    return [(row.state, f"{row.handed_over_at or row.due_at:%m-%d %H:%M}", row.reason) for row in found]


@pytest.mark.parametrize(
    ("cap", "zone", "until"),
    [
        ("2 a week", "UTC", "03-09 00:00"),
        ("2 a week", "Pacific/Auckland", "03-08 11:00"),
        ("2 a month", "America/New_York", "04-01 04:00"),
        ("2 in 7 days", "UTC", "03-09 09:00"),
        ("2 in 50 hours", "UTC", "03-04 11:00"),
        ("2 a day", "UTC", None),
        ("3 a week", "UTC", None),
    ],
)
def test_the_third_waits_until_there_is_room(engine: Engine, cap: str, zone: str, until: str | None) -> None:
    """Sent on Monday 2 March at 9 and on Tuesday at 9; the third is asked for on Wednesday at 9."""
    stage = Stage(engine, LETTER, shop=shop(f"at_most: {cap}"))
    stage.knows("ada", timezone=zone)
    for day in ("02", "03", "04"):
        stage.did("ada", "Asked", f"03-{day} 09:00")
        stage.turn(f"03-{day} 09:00")
    if until is None:
        assert [state for state, _, _ in due(engine)] == ["handed_over"] * 3
        return
    assert due(engine)[2] == ("held", until, f"cap of {cap}: letter.note went first")
    stage.turn(f"{until[:5]} {int(until[6:8]) - 1:02}:59" if until[6:8] != "00" else "03-08 23:59")
    assert due(engine)[2][0] == "held"
    stage.turn(until)
    assert due(engine)[2] == ("handed_over", until, "")


def test_priority_decides_and_the_loser_says_who_went_first(engine: Engine) -> None:
    stage = Stage(engine, LETTER, OFFER, shop=shop("at_most: 1 a day"))
    stage.knows("ada")
    stage.did("ada", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert stage.messages() == [
        ("ada", "deal", "handed_over", ""),
        ("ada", "note", "held", "cap of 1 a day: offer.deal went first"),
    ]
    stage.did("ada", "Asked", "03-02 10:00")  # another offer, for tomorrow: before the letter of today
    stage.turns("03-02 10:00", "03-06 00:00", 7)
    left = sorted(rows(engine, Message), key=lambda row: row.handed_over_at)
    assert [row.step for row in left] == ["deal", "deal", "note", "note"]
    assert [row.handed_over_at.day for row in left] == [2, 3, 4, 5]


def test_of_one_journey_who_entered_first_goes_first(engine: Engine) -> None:
    stage = Stage(engine, LETTER, shop=shop("at_most: 1 a day"))
    stage.knows("ada")
    for hour in ("09", "08", "10"):
        stage.did("ada", "Asked", f"03-02 {hour}:00")
    stage.turns("03-02 10:00", "03-05 00:00", 6)
    left = sorted(rows(engine, Message), key=lambda row: row.handed_over_at)
    assert [(row.entered_at.hour, row.handed_over_at.day) for row in left] == [(8, 2), (9, 3), (10, 4)]


def test_what_waited_too_long_says_for_what(engine: Engine) -> None:
    stage = Stage(engine, LETTER.replace("40 days", "3 days"), shop=shop("at_most: 1 a week"))
    stage.knows("ada")
    for day in ("02", "05", "06"):
        stage.did("ada", "Asked", f"03-{day} 09:00")
        stage.turn(f"03-{day} 09:00")
    capped = "cap of 1 a week: letter.note went first"
    assert sorted(stage.messages("note")) == [
        ("ada", "note", "handed_over", ""),
        ("ada", "note", "held", capped),  # Friday's is good until Monday morning
        ("ada", "note", "refused", f"expired: {capped}"),
    ]
    stage.turn("03-09 10:00")  # nobody looked in time
    assert [state for _, _, state, _ in stage.messages("note")] == ["handed_over", "refused", "refused"]
    assert {reason for *_, reason in stage.messages("note")} == {"", f"expired: {capped}"}


@pytest.mark.parametrize(
    ("caps", "purpose", "sent"),
    [
        (["at_most: 1 a week"], "service", 3),
        (["at_most: 1 a week", "at_most: 2 a week, purposes: service"], "service", 2),
        (["at_most: 2 a week", "at_most: 1 in 20 hours"], "marketing", 2),
        (["at_most: 1 a week, purposes: [marketing, service, transactional]"], "transactional", 3),
        (["at_most: 1 a week, channels: sms"], "marketing", 3),
        (["at_most: 1 a week, channels: [sms, email]"], "marketing", 1),
    ],
)
def test_of_which_messages(engine: Engine, caps: list[str], purpose: str, sent: int) -> None:
    stage = Stage(engine, f"purpose: {purpose}\n{LETTER}", shop=shop(*caps))
    stage.knows("ada")
    for day in ("02", "03", "04"):
        stage.did("ada", "Asked", f"03-{day} 09:00")
        stage.turn(f"03-{day} 09:00")
    assert len(stage.sent()) == sent


def test_a_cap_over_several_purposes_counts_all_of_them(engine: Engine) -> None:
    both = "at_most: 1 a day, purposes: [marketing, service]"
    stage = Stage(engine, LETTER, f"purpose: service\n{OFFER}", shop=shop(both))
    stage.knows("ada")
    stage.did("ada", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert stage.sent() == [("ada", "deal")]


def test_two_customers_with_one_address_share_its_room(engine: Engine) -> None:
    """Two different letters, so that neither is a copy of the other."""
    stage = Stage(engine, LETTER, OFFER.replace("Asked", "Looked"), shop=shop("at_most: 1 a day"))
    stage.knows("ada", email="Home@Example.com")
    stage.knows("ben", email="home@example.com")
    stage.did("ada", "Asked", "03-02 08:00")
    stage.did("ben", "Looked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert stage.messages() == [
        ("ada", "note", "held", "cap of 1 a day to this address: offer.deal went first"),
        ("ben", "deal", "handed_over", ""),
    ]


# ── one copy ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "later that day"])
@pytest.mark.parametrize("purpose", ["marketing", "service", "transactional"])
def test_one_copy_to_one_address_a_day(engine: Engine, at_once: bool, purpose: str) -> None:
    stage = Stage(engine, f"purpose: {purpose}\n{LETTER}", shop=shop())
    stage.knows("ada", email="Home@Example.com")
    stage.knows("ben", email="home@example.com")
    stage.did("ada", "Asked", "03-02 08:00")
    if not at_once:
        stage.turn("03-02 08:00")
    stage.did("ben", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    first = min(rows(engine, Message), key=lambda row: row.entered_at)
    said = f"one copy: the same went to this address today, for another customer ({first.key})"
    blocked = (
        ("ben", "note", "refused", said) if purpose == "marketing" else ("ben", "note", "handed_over", "")
    )
    assert stage.messages() == [("ada", "note", "handed_over", ""), blocked]
    assert {row.address for row in rows(engine, Message)} - {None} == {"home@example.com"}


def test_one_customer_may_have_it_twice_and_two_the_next_day(engine: Engine) -> None:
    stage = Stage(engine, LETTER, shop=shop())
    for who in ("ada", "ben"):
        stage.knows(who, email="home@example.com", timezone="America/New_York")
    for at in ("03-02 23:00", "03-03 04:00"):
        stage.did("ada", "Asked", at)
        stage.turn(at)
    stage.did("ben", "Asked", "03-03 04:59")
    stage.turn("03-03 04:59")
    stage.did("ben", "Asked", "03-03 05:00")
    stage.turn("03-03 05:00")  # it is the next day where ben lives
    assert [state for who, _, state, _ in stage.messages() if who == "ben"] == ["handed_over", "refused"]
    assert len(stage.sent()) == 3


def test_a_renamed_step_is_the_same(engine: Engine) -> None:
    """One got it under its old name, the other comes to it in the new version."""
    stage = Stage(engine, LETTER, shop=shop())
    for who in ("ada", "ben"):
        stage.knows(who, email="home@example.com")
    stage.did("ada", "Asked", "03-02 08:00")
    stage.turn("03-02 08:00")
    stage.apply("03-02 08:30", LETTER.replace("send: note", "send: line\n    was: note"), shop=shop())
    stage.did("ben", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert [(who, step, state) for who, step, state, _ in stage.messages()] == [
        ("ada", "note", "handed_over"),
        ("ben", "line", "refused"),
    ]


# ── what else ───────────────────────────────────────────────────────────────


def test_other_caps_are_looked_at_at_once(engine: Engine) -> None:
    stage = Stage(engine, LETTER, shop=shop("at_most: 1 a month"))
    stage.knows("ada")
    for day in ("02", "03"):
        stage.did("ada", "Asked", f"03-{day} 09:00")
        stage.turn(f"03-{day} 09:00")
    assert len(stage.sent()) == 1
    stage.apply("03-03 10:00", LETTER, shop=shop("at_most: 2 a month"))
    stage.turn("03-03 10:00")
    assert len(stage.sent()) == 2


def test_what_could_not_be_written_took_no_room(engine: Engine) -> None:
    """The template of the first asks for a name that nobody has."""
    named = "{% block subject %}{{ customer.first_name }}{% endblock %}{% block body %}{% endblock %}"
    stage = Stage(
        engine,
        LETTER,
        OFFER.replace("test/hello", "test/named"),
        shop=shop("at_most: 1 a day"),
        templates={"test/named.html": named},
    )
    stage.knows("ada")
    stage.did("ada", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert stage.sent() == [("ada", "note")]


def test_what_left_says_by_which_rules(engine: Engine) -> None:
    stage = Stage(engine, LETTER, shop=shop("at_most: 1 a day"))
    stage.knows("ada", email="Ada@Example.com", timezone="Asia/Tokyo")
    for at in ("03-02 09:00", "03-02 10:00"):
        stage.did("ada", "Asked", at)
        stage.turn(at)
    left, held = sorted(rows(engine, Message), key=lambda row: row.entered_at)
    assert (left.address, left.zone, len(left.shop)) == ("ada@example.com", "Asia/Tokyo", 12)
    assert (held.address, held.zone, held.shop) == (None, None, None)
    assert held.due_at == utc("03-02 15:00")
