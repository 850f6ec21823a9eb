"""What stops by itself: a journey's marketing by complaints and bounces, a channel by its provider."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from loyaltyloop.channels.mail import mail
from loyaltyloop.channels.mail.mime import assemble
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.channels.stopping.breakers import release
from loyaltyloop.store.database import is_postgres, read, write_shop
from loyaltyloop.store.inside.holding import release_stopped
from loyaltyloop.store.messages.tallies import Figures, figures
from loyaltyloop.store.models import Alert
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.staging import ENROLMENT, MESSAGE, Taken

ALERT = Alert.__table__  # type: ignore[attr-defined]
GREETING = """
journey: {name}
about: One message, and later another one.
{more}
enter: {{event: Signed Up}}
leave_when: {{gone: {{did: Left}}}}
steps:
  - send: hello
    template: test/hello
  - wait: 1 day
  - send: more
    template: test/hello
"""
SHOP = f"{DAYTIME}hooks: {{ops: {{url: 'https://ops.example/in'}}}}\nalerts: {{hook: ops}}\n"
WHY = "5 of 10 messages in 7 days were marked as spam (at most 0.3%)"


class Hearing(Taken):
    """Takes calls, but the first only when it is asked again."""

    def __init__(self) -> None:
        self.heard: list[Outgoing] = []

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Each is noted."""
        for outgoing in batch:
            self.heard.append(outgoing)
            yield Outcome(outgoing.key, "try_again" if len(self.heard) == 1 else "handed_over", "busy")


def _stage(engine: Engine, out: WayOut, people: int) -> tuple[Stage, Hearing]:
    journeys = [GREETING.format(name="sale", more=""), GREETING.format(name="care", more="purpose: service")]
    stage, hooks = Stage(engine, *journeys, shop=SHOP), Hearing()
    for number in range(people):
        stage.knows(f"c{number}")
        stage.did(f"c{number}", "Signed Up", "03-02 09:00")
    stage.world = World(engine, {"email": out, "hook": hooks}, b"secret", "http://shop.example")
    return stage, hooks


def _told(stage: Stage, journey: str, people: int, event: str, at: str, **properties: Any) -> None:
    """This is told of the first message of so many people in the journey."""
    chosen = select(MESSAGE.c.key, ENROLMENT.c.customer_key).where(
        MESSAGE.c.enrolment_id == ENROLMENT.c.id, MESSAGE.c.journey == journey, MESSAGE.c.step == "hello"
    )
    with read(stage.engine) as connection:
        rows = connection.execute(chosen.order_by(ENROLMENT.c.customer_key).limit(people)).all()
    for row in rows:
        stage.did(row.customer_key, event, at, email_id=row.key, **properties)


def _states(engine: Engine, journey: str, step: str) -> Counter[tuple[str, str]]:
    mine = select(MESSAGE.c.state, MESSAGE.c.reason).where(
        MESSAGE.c.journey == journey, MESSAGE.c.step == step
    )
    with read(engine) as connection:
        return Counter(connection.execute(mine).tuples().all())


def test_complaints_stop_a_journeys_marketing_until_somebody_lets_it_go_on(engine: Engine) -> None:
    stage, hooks = _stage(engine, Taken(), 10)
    stage.turn("03-02 10:00")
    _told(stage, "sale", 5, "Email Marked as Spam", "03-02 11:00")
    _told(stage, "care", 4, "Email Marked as Spam", "03-02 11:00")
    report = run_turn(stage.world, "care", utc("03-02 12:00"))
    assert report.messages_wait == f"the marketing of sale has stopped: {WHY}"
    stage.turn("03-03 12:00")
    assert _states(engine, "care", "more")["handed_over", ""] == 5  # the others have complained
    found = _states(engine, "sale", "more")
    assert found["held", f"stopped: {WHY}"] == 5
    assert sum(found.values()) - found["held", f"stopped: {WHY}"] == 5  # who complained gets none
    stage.turn("03-04 13:00")
    assert _states(engine, "sale", "more") == found
    assert len({one.key for one in hooks.heard}) == 1
    assert len(hooks.heard) == 2
    assert hooks.heard[0].to == "https://ops.example/in"
    said = json.loads(hooks.heard[-1].raw)
    assert (said["type"], said["data"]) == (
        "breaker.opened",
        {"kind": "journey", "name": "sale", "why": WHY},
    )
    with write_shop(engine) as connection:
        assert release(connection, "journey", "sale", utc("03-04 14:00"))
        assert not release(connection, "journey", "sale", utc("03-04 14:00"))
    stage.turn("03-04 14:00")
    assert _states(engine, "sale", "more")["handed_over", ""] == 5
    assert len(hooks.heard) == 2


@pytest.mark.parametrize(("kind", "stops"), [("hard", True), ("soft", False)])
def test_bounces_for_good_stop_it_and_others_do_not(engine: Engine, kind: str, stops: bool) -> None:
    stage, _ = _stage(engine, Taken(), 6)
    stage.turn("03-02 10:00")
    for at in ("03-02 11:00", "03-02 11:05"):  # what is told twice counts once
        _told(stage, "sale", 5 if stops else 6, "Email Bounced", at, type=kind)
    report = run_turn(stage.world, "sale", utc("03-02 12:00"))
    assert bool(report.messages_wait) == stops


class Down(Taken):
    """A provider that is down, until it is up again."""

    batch = 12

    def __init__(self) -> None:
        self.up, self.asked = False, 0

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Each by itself."""
        for outgoing in batch:
            self.asked += 1
            yield Outcome(outgoing.key, "handed_over" if self.up else "unknown", "" if self.up else "down")


def test_a_provider_that_fails_stops_its_channel_and_one_message_is_tried(engine: Engine) -> None:
    stage, hooks = _stage(engine, out := Down(), 20)
    report = run_turn(stage.world, "sale", utc("03-02 10:00"))
    assert out.asked == 12
    assert report.messages_wait == "email has stopped: 12 hand-overs in a row failed"
    assert report.next_due == utc("03-02 10:01")
    run_turn(stage.world, "sale", utc("03-02 10:01"))
    assert out.asked == 13
    run_turn(stage.world, "sale", utc("03-02 10:02"))
    assert out.asked == 13
    out.up = True
    report = run_turn(stage.world, "sale", utc("03-02 10:03"))
    assert not report.messages_wait
    assert _states(engine, "sale", "hello") == {("unknown", "down"): 13, ("handed_over", ""): 7}
    with read(engine) as connection:
        told = connection.execute(select(ALERT.c.state, ALERT.c.body)).one()
    assert json.loads(told.body)["data"]["kind"] == "channel"
    assert len({one.key for one in hooks.heard}) == 1


class Stubborn(Down):
    """All are put off until it is up; then those to one address still are."""

    def __init__(self) -> None:
        super().__init__()
        self.to = ""

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Each by itself."""
        for outgoing in batch:
            self.to = self.to or outgoing.to
            taken = self.up and outgoing.to != self.to
            yield Outcome(outgoing.key, "handed_over" if taken else "try_again", "" if taken else "452")


def test_a_mailbox_that_takes_nothing_does_not_keep_its_channel_stopped(engine: Engine) -> None:
    stage, _ = _stage(engine, out := Stubborn(), 20)
    run_turn(stage.world, "sale", utc("03-02 10:00"))
    run_turn(stage.world, "sale", utc("03-02 10:05"))
    out.up = True
    for minute in range(10, 60, 5):
        run_turn(stage.world, "sale", utc(f"03-02 10:{minute}"))
    assert _states(engine, "sale", "hello") == {("held", "452"): 1, ("handed_over", ""): 19}


def _breaks_first(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The next e-mail cannot be made, by this error; those after it can."""
    left = [error]

    def first(message: Any) -> Outgoing:
        if left:
            raise left.pop()
        return assemble(message)

    monkeypatch.setattr(mail, "assemble", first)


def test_one_that_cannot_be_made_is_no_trial(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, _ = _stage(engine, out := Down(), 20)
    run_turn(stage.world, "sale", utc("03-02 10:00"))
    _breaks_first(monkeypatch, ValueError("a header holds a line break"))
    run_turn(stage.world, "sale", utc("03-02 10:01"))
    assert out.asked == 13
    why = "its headers cannot be written: a header holds a line break"
    assert _states(engine, "sale", "hello")["refused", why] == 1


def test_one_that_breaks_holds_up_no_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage, _ = _stage(engine, Taken(), 3)
    _breaks_first(monkeypatch, LookupError("c0@example.com"))
    run_turn(stage.world, "sale", utc("03-02 10:00"))
    refused = "refused", "it cannot be made (LookupError)"
    assert _states(engine, "sale", "hello") == {refused: 1, ("handed_over", ""): 2}
    assert "email: a message cannot be made: LookupError" in caplog.text
    assert "example.com" not in caplog.text


def test_a_release_reads_only_what_waits(engine: Engine) -> None:
    if is_postgres(engine):
        pytest.skip("it plans by figures")
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, words: Any, *___: Any) -> None:
        asked.append((statement, words))

    with write_shop(engine) as connection:
        event.listen(engine, "before_cursor_execute", note)
        release_stopped(connection, "sale", utc("03-02 10:00"))
        event.remove(engine, "before_cursor_execute", note)
        [(statement, words)] = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", words).all()
    assert [row[3] for row in plan if "USING INDEX" not in row[3]] == []


def test_what_is_shown_to_have_left_counts_as_handed(engine: Engine) -> None:
    stage, _ = _stage(engine, Down(), 3)
    run_turn(stage.world, "sale", utc("03-02 10:00"))
    _told(stage, "sale", 2, "Email Marked as Spam", "03-02 11:00")
    run_turn(stage.world, "sale", utc("03-02 12:00"))
    with read(engine) as connection:
        found = figures(connection, utc("03-02 00:00").date(), utc("03-02 00:00").date())
    assert found == {"sale": Figures(handed=2, complained=2)}
