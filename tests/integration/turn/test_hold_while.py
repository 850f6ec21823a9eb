"""`hold_while`: messages of a purpose wait while something is so, and leave when it no longer is."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event, select

from loyaltyloop.cli.story import story
from loyaltyloop.store.database import read
from loyaltyloop.store.telling.history import load_history
from tests.integration.turn.stage import DAYTIME, Stage
from tests.reference.staging import MESSAGE

OFFER = """
    journey: offer
    about: One message.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
"""
CASES = "hold_while: {marketing: {customer: {open_cases: {over: 0}}}}\n"
WHY = "hold_while: customer open_cases > 0"


def stage_of(engine: Engine, *journeys: str, held: str = CASES) -> Stage:
    stage = Stage(engine, *(journeys or (OFFER,)), shop=f"{DAYTIME}{held}")
    stage.knows("ada", "ben")
    stage.did("ada", "Support Ticket Opened", "03-02 08:00", ticket_id="t1")
    for who in ("ada", "ben"):
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    return stage


def test_it_waits_while_a_case_is_open_and_leaves_in_the_turn_that_hears_it_was_closed(
    engine: Engine,
) -> None:
    stage = stage_of(engine)
    assert stage.messages() == [("ada", "hello", "held", WHY), ("ben", "hello", "handed_over", "")]
    stage.turn("03-02 12:00")
    assert ("ada", "hello") not in stage.sent()
    stage.did("ada", "Support Ticket Closed", "03-02 12:30", ticket_id="t1")
    stage.turn("03-02 13:00")
    assert ("ada", "hello") in stage.sent()


def test_who_is_not_touched_is_not_looked_at(engine: Engine) -> None:
    stage = stage_of(engine)
    due = select(MESSAGE.c.due_at).where(MESSAGE.c.state == "held")
    with read(engine) as connection:
        before = connection.execute(due).scalars().all()
    written: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE message"):
            written.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    stage.did("ben", "Product Viewed", "03-02 11:30")
    stage.turn("03-02 12:00")
    event.remove(engine, "before_cursor_execute", note)
    with read(engine) as connection:
        assert connection.execute(due).scalars().all() == before
    assert len(written) == 1  # what is held for those who were touched: nothing


@pytest.mark.parametrize("at", ["03-05 10:00", "03-07 10:00"])
def test_it_expires_with_the_reason(engine: Engine, at: str) -> None:
    stage = stage_of(engine)
    stage.turn("03-04 10:00")
    stage.turn("03-05 09:59")
    assert ("ada", "hello", "held", WHY) in stage.messages()
    stage.turn(at)
    assert ("ada", "hello", "refused", f"expired: {WHY}") in stage.messages()
    assert stage.ends() == [("ada", "completed"), ("ben", "completed")]


def test_it_comes_after_leaving_and_the_whole_gate_runs_again(engine: Engine) -> None:
    stage = stage_of(engine)
    stage.did("ada", "Consent Withdrawn", "03-02 12:00", channel="email")
    stage.turn("03-02 13:00")
    assert ("ada", "hello", "refused", "no consent to marketing by email") in stage.messages()


@pytest.mark.parametrize("purpose", ["service", "transactional"])
def test_other_purposes_do_not_wait(engine: Engine, purpose: str) -> None:
    stage = stage_of(engine, OFFER.replace("about:", f"purpose: {purpose}\n    about:"))
    assert stage.sent() == [("ada", "hello"), ("ben", "hello")]


def test_what_passing_time_changes_is_looked_at_every_hour(engine: Engine) -> None:
    held = "hold_while: {marketing: {did: Support Ticket Opened, within: 5 hours}}\n"
    stage = stage_of(engine, held=held)
    for at in ("03-02 11:00", "03-02 12:00", "03-02 13:00"):
        stage.turn(at)
    assert ("ada", "hello") not in stage.sent()
    stage.turn("03-02 14:00")
    assert ("ada", "hello") in stage.sent()


@pytest.mark.parametrize(
    "shop",
    ["", CASES.replace("over: 0", "over: 5"), "hold_while: {service: {customer: {open_cases: {over: 0}}}}\n"],
)
def test_when_the_shop_says_otherwise_they_are_looked_at_at_once(engine: Engine, shop: str) -> None:
    stage = stage_of(engine)
    stage.apply("03-02 11:00", OFFER, shop=f"{DAYTIME}{shop}")
    stage.turn("03-02 11:00")
    assert ("ada", "hello") in stage.sent()


def test_a_segment_that_it_names_and_that_is_changed_is_the_same(engine: Engine) -> None:
    busy = (
        "segments: {busy: {customer: {open_cases: {over: %s}}}}\nhold_while: {marketing: {segment: busy}}\n"
    )
    stage = stage_of(engine, held=busy % 0)
    assert ("ada", "hello", "held", "hold_while: in segment busy") in stage.messages()
    stage.apply("03-02 11:00", OFFER, shop=f"{DAYTIME}{busy % 3}")
    stage.turn("03-02 11:00")
    assert ("ada", "hello") in stage.sent()


def test_explain_says_why_and_until_when(engine: Engine) -> None:
    stage_of(engine)
    with read(engine) as connection:
        told = "\n".join(story(load_history(connection, 1)))
    assert (
        "now at hello: message held: hold_while: customer open_cases > 0; "
        "looked at again by Tue 3 Mar 2026 10:00, or as things happen"
    ) in told
