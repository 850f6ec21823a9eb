"""`score`: a number of each customer, kept, asked for, shown and waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select

from loyaltyloop.cli.story import story
from loyaltyloop.scores.models import scoring
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.store.database import read
from loyaltyloop.store.inside.kept import kept
from loyaltyloop.store.models import Body
from loyaltyloop.store.telling.history import load_history
from loyaltyloop.store.telling.reports import report
from tests.integration.turn.learned import LIFE, Models, customer, models
from tests.integration.turn.stage import Stage, utc
from tests.integration.turn.test_predicting import bought
from tests.reference.staging import ENROLMENT, TEMPLATE

body: Table = Body.__table__  # type: ignore[attr-defined]

RISK = """
    journey: risk
    about: Whoever signs up is told apart by how likely they are to be lost.
    enter: {event: Signed Up}
    steps:
      - {score: risk, model: lapse}
      - branch: how
        paths:
          high: {when: {scored: {risk: {over: 0.5}}}, steps: [{leave: high}]}
          low: {when: {scored: {risk: {at_most: 0.5}}}, steps: [{leave: low}]}
          unknown: {when: {scored: {risk: {known: false}}}, steps: [{leave: unknown}]}
          never: {}
"""
TOLD = """
    journey: told
    about: Tells a number.
    enter: {{event: Signed Up}}
    steps:
      - {{score: risk, model: lapse}}
      - {{send: number, template: test/{template}}}
"""
AGAIN = """
    journey: again
    about: Reminds of what runs out.
    enter: {event: Order Completed, one_per: order_id}
    steps:
      - {score: need, model: refill}
      - {wait: running_out, until: need.due, offset: -3 days, if_past: leave}
      - {send: hello, template: test/hello}
"""


@pytest.fixture
def learned(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with models(engine, monkeypatch) as found:
        yield found


def numbers(engine: Engine) -> dict[str, object]:
    """Customer → what was kept (of the last enrolment)."""
    both = kept.join(ENROLMENT, ENROLMENT.c.id == kept.c.enrolment_id)
    chosen = select(ENROLMENT.c.customer_key, kept.c.value).select_from(both).order_by(ENROLMENT.c.id)
    with read(engine) as connection:
        return {row.customer_key: row.value for row in connection.execute(chosen)}


def test_a_score_is_kept_with_the_version_of_the_model(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, RISK)
    learned.fit("lapse", utc("01-01 00:00"), times=3)
    learned.fit("lapse", utc("01-02 00:00"))
    bought(stage, "anna", "01-10 12:00")
    bought(stage, "ben", "02-10 12:00")
    for who in ("anna", "ben", "cara"):
        stage.did(who, "Signed Up", "03-11 12:00")
    stage.turn("03-11 12:30")
    own = {"model": "lapse", "version": 2}
    assert numbers(engine) == {
        "anna": own | {"number": 0.6},
        "ben": own | {"number": 0.29},
        "cara": own | {"number": None},
    }
    assert stage.ends() == [("anna", "left: high"), ("ben", "left: low"), ("cara", "left: unknown")]


def test_where_no_model_is_live_it_is_unknown(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, RISK)
    learned.fit("lapse", utc("03-12 00:00"))
    bought(stage, "anna", "01-10 12:00")
    stage.did("anna", "Signed Up", "03-11 12:00")
    stage.turn("03-11 12:30")
    assert numbers(engine) == {"anna": {"number": None, "model": "lapse", "version": None}}
    assert stage.ends() == [("anna", "left: unknown")]


def test_what_arrived_at_the_very_instant_counts(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, RISK)
    learned.fit("lapse", utc("01-02 00:00"))
    bought(stage, "anna", "03-11 12:30")
    stage.did("anna", "Signed Up", "03-11 12:30")
    stage.turn("03-11 12:30")
    assert stage.ends() == [("anna", "left: low")]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("{{ risk }}", "refused"),
        ("{{ risk | default(0) }}", "handed_over"),
        ("{% if risk %}{{ risk }}{% endif %}", "handed_over"),
    ],
    ids=["bare", "default", "asked"],
)
def test_a_message_that_names_an_unknown_score_is_refused(
    engine: Engine, learned: Models, text: str, state: str
) -> None:
    template = TEMPLATE.replace("<p>Hello</p>", f"<p>Hello {text}</p>")
    stage = Stage(engine, TOLD.format(template="number"), templates={"test/number.html": template})
    learned.fit("lapse", utc("01-02 00:00"))
    stage.knows("anna", "ben")
    bought(stage, "anna", "02-11 12:00")
    for who in ("anna", "ben"):
        stage.did(who, "Signed Up", "03-11 12:00")
    stage.turn("03-11 12:30")
    [anna, ben] = stage.messages("number")
    assert (anna[2], ben[2]) == ("handed_over", state)
    assert state != "refused" or "risk" in ben[3]


def test_what_is_needed_again_is_waited_for(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, AGAIN)
    learned.fit("refill", utc("01-02 00:00"))
    stage.knows("anna", "ben")
    bought(stage, "anna", "02-08 12:00")
    stage.turn("02-08 12:00")
    bought(stage, "ben", "02-10 12:00", what="pot")
    bought(stage, "ben", "02-11 12:00")
    stage.turn("02-11 12:00")
    kept_by = numbers(engine)
    assert kept_by["anna"] == {
        "number": 10, "model": "refill", "version": 1, "due": "2026-02-18T12:00:00+00:00"
    }  # fmt: skip
    assert kept_by["ben"] == {
        "number": 10, "model": "refill", "version": 1, "due": "2026-02-21T12:00:00+00:00"
    }  # fmt: skip
    stage.turns("02-12 12:00", "02-18 12:00", hours=24)
    assert stage.sent() == [("anna", "hello")]
    stage.turn("02-18 12:00")
    assert stage.sent() == [("anna", "hello"), ("ben", "hello")]
    assert stage.ends()[-1] == ("ben", "waiting at running_out"), "for the pot, which lasts longer"


def test_of_many_orders_of_one_customer_each_has_its_own_number_and_they_are_read_once(
    engine: Engine, learned: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    known_of = scoring.known_of

    def noting(*asked: Any) -> Known:
        reads.extend(asked[1])
        return known_of(*asked)

    monkeypatch.setattr(scoring, "known_of", noting)
    one_number = RISK.replace("event: Signed Up", "event: Order Completed, one_per: order_id")
    stage = Stage(engine, AGAIN, one_number)
    for name in ("refill", "lapse"):
        learned.fit(name, utc("01-02 00:00"))
    for minute, what in enumerate(("tea", "pot", "jar", "tea")):
        bought(stage, "anna", f"02-08 12:0{minute}", what=what)
    bought(stage, "ben", "02-08 12:00", what="jar")
    stage.turn("02-08 12:30")
    assert sorted(reads) == ["lapse", "refill"]
    with read(engine) as connection:
        chosen = select(kept.c.value["number"].as_float()).where(kept.c.step == "need")
        assert sorted(connection.execute(chosen).scalars()) == [10, 10, 30, 30, 300]
    assert stage.ends("risk") == [("anna", "left: low")] * 4 + [("ben", "left: low")]


def test_who_needs_nothing_that_is_known_of_goes_as_if_past_says(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, AGAIN)
    stage.knows("anna")
    bought(stage, "anna", "02-08 12:00")
    stage.turn("02-08 12:00")
    assert stage.ends() == [("anna", "left: date unknown")]


@pytest.mark.parametrize("days", [3e6, 1e12, float("inf")])
def test_what_is_needed_beyond_all_calendars_stops_no_turn(
    engine: Engine, learned: Models, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    monkeypatch.setitem(LIFE, "urn", days)
    stage = Stage(engine, AGAIN)
    learned.fit("refill", utc("01-02 00:00"))
    bought(stage, "anna", "02-08 12:00", what="urn")
    stage.turn("02-08 12:00")
    assert stage.ends() == [("anna", "left: date unknown")]
    assert "due" not in numbers(engine)["anna"]  # type: ignore[operator]


def test_a_whole_number_leaves_without_decimals(engine: Engine, learned: Models) -> None:
    template = TEMPLATE.replace("<p>Hello</p>", "<p>In {{ need }} days</p>")
    waits = "{wait: running_out, until: need.due, offset: -3 days, if_past: leave}"
    now = AGAIN.replace(f"      - {waits}\n", "").replace("test/hello", "test/number")
    stage = Stage(engine, now, templates={"test/number.html": template})
    learned.fit("refill", utc("01-02 00:00"))
    stage.knows("anna")
    bought(stage, "anna", "02-08 12:00")
    stage.turn("02-08 12:00")
    with read(engine) as connection:
        assert "In 10 days" in connection.execute(select(body.c.text)).scalar_one()


def test_explain_and_report_tell_the_number_and_the_version(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, RISK)
    learned.fit("lapse", utc("01-02 00:00"))
    bought(stage, "anna", "01-10 12:00")
    bought(stage, "ben", "02-10 12:00")
    for who in ("anna", "ben", "cara"):
        stage.did(who, "Signed Up", "03-11 12:00")
    stage.turn("03-11 12:30")
    with read(engine) as connection:
        anna = connection.execute(select(customer.c.id).where(customer.c.key == "anna")).scalar_one()
        told = "\n".join(story(load_history(connection, anna)))
        [line] = [one for one in report(connection) if one.step == "risk"]
    assert "risk: lapse 0.6 by version 1 of the model" in told
    assert line.scores == [{"model": "lapse", "version": 1, "people": 3, "known": 2, "mean": 0.445}]
