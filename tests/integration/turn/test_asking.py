"""`ask`: a question in a message, and what the journey does with what is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.channels.values import tokens
from loyaltyloop.cli.explain import as_document
from loyaltyloop.cli.story import story
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Customer, Engagement, Enrolment, Message, Visit
from loyaltyloop.store.telling.history import History, Who, load_history
from loyaltyloop.store.telling.reports import report
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.turn.surveyed import SCORE, SURVEY, TEMPLATES, answers, body, key, paths, staged

# ── the message ──


def test_the_links_of_the_answers(engine: Engine) -> None:
    stage = staged(engine)
    assert stage.sent() == [("ada", "taste")]
    found = body(stage, "taste")
    assert "What brings you here?" in found.html
    links = re.findall(r'href="http://shop\.example/a/([\w-]+)"', found.html)
    said = [tokens.read(b"a secret for tests", token) for token in links]
    assert [(one.kind, one.key, one.number) for one in said] == [
        ("a", key(stage, "taste"), number) for number in (1, 0, 1)
    ]
    assert found.links == [
        "https://shop.example/tea?utm_source=loyaltyloop&utm_medium=email"
        "&utm_campaign=survey&utm_content=taste"
    ]
    assert f"gift: A present: http://shop.example/a/{links[1]}" in found.text
    assert found.question == {
        "question": "What brings you here?",
        "answers": [["gift", "A present"], ["myself", "For me"]],
        "scale": False,
        "comment": True,
    }


def test_it_is_a_message_like_any_other(engine: Engine) -> None:
    shop = DAYTIME + 'quiet_hours: {from: "08:00", to: "10:00"}\n'
    stage = staged(engine, SURVEY.replace("comment: true", "if_blocked: leave"), shop=shop)
    assert [row[1:] for row in stage.messages()] == [("taste", "held", "quiet hours")]
    stage.did("ada", "Consent Withdrawn", "03-02 09:30", channel="email")
    stage.turn("03-02 10:30")
    assert stage.ends() == [("ada", "left: blocked")]


def test_later_messages_know_the_answer_and_show_the_links_again(engine: Engine) -> None:
    stage = staged(engine)
    answers(stage, "gift", "03-02 11:00", comment="for <b>mum</b>")
    stage.turn("03-02 12:00")
    found = body(stage, "thanks")
    assert "You said gift, A present, for &lt;b&gt;mum&lt;/b&gt;." in found.html
    assert "You said gift, A present, for <b>mum</b>." in found.text
    [token] = re.findall(r"/a/([\w-]+)", found.html)
    assert tokens.read(b"a secret for tests", token).key == key(stage, "taste")
    assert found.question is None


def test_without_an_answer_defaults_are_printed(engine: Engine) -> None:
    stage = staged(engine)
    stage.turn("03-05 12:00")
    assert "You said nothing, no, -." in body(stage, "thanks").text


# ── what is answered decides ──


def test_an_answer_decides_at_once(engine: Engine) -> None:
    stage = staged(engine)
    answers(stage, "other", "03-02 09:00")
    stage.turn("03-02 09:10")
    assert "told" not in paths(stage)
    answers(stage, "gift", "03-02 09:00")  # in the instant of the hand-over
    stage.turn("03-02 09:15")
    assert paths(stage)["told"] == "gift"


def test_a_change_of_mind_before_the_decision_counts(engine: Engine) -> None:
    stage = staged(engine)
    answers(stage, "gift", "03-02 10:00")
    answers(stage, "myself", "03-02 10:01")
    stage.turn("03-02 10:15")
    assert paths(stage)["told"] == "myself"


def test_a_change_of_mind_after_it_rewrites_nothing_and_is_on_record(engine: Engine) -> None:
    stage = staged(engine)
    answers(stage, "gift", "03-02 10:00")
    stage.turn("03-02 10:00")
    answers(stage, "myself", "03-02 10:01")
    stage.turn("03-02 10:15")
    assert paths(stage)["told"] == "gift"
    assert [row.answer for row in rows(engine, Engagement, "event_id")] == ["gift", "myself"]


def test_an_answer_that_comes_too_late_is_noted(engine: Engine) -> None:
    stage = staged(engine)
    answers(stage, "gift", "03-04 08:59", arrived="03-04 11:00")
    stage.turns("03-02 10:00", "03-05 09:00", hours=6)
    assert paths(stage)["told"] == "silent"
    assert [row.late_at for row in rows(engine, Visit, "arrived_at")][1] == utc("03-04 08:59")


def test_what_is_no_answer_is_none(engine: Engine) -> None:
    stage = staged(engine)
    for value in (None, True, ["gift"], {"gift": 1}):
        answers(stage, value, "03-02 10:00")
    stage.did("ada", "Survey Answered", "03-02 10:00", email_id=key(stage, "taste"))
    stage.did("ada", "Survey Answered", "03-02 10:00", email_id="of no message", answer="gift")
    answers(stage, "gift", "03-02 10:00", machine=True)
    stage.turn("03-02 11:00")
    assert "told" not in paths(stage)


@pytest.mark.parametrize("value", ["looking", "Gift", 3])
def test_an_answer_that_the_question_does_not_offer_is_on_record_alone(engine: Engine, value: object) -> None:
    """It decides nothing, and leaves the answer that was given before."""
    stage = staged(engine)
    answers(stage, value, "03-02 10:00")
    stage.turn("03-02 10:10")
    assert "told" not in paths(stage)
    answers(stage, "gift", "03-02 10:20")
    answers(stage, value, "03-02 10:25")
    stage.turn("03-02 10:30")
    assert paths(stage)["told"] == "gift"
    kinds = [(row.kind, row.answer) for row in rows(engine, Engagement, "event_id")]
    assert kinds == [("misanswered", value), ("answered", "gift"), ("misanswered", value)]
    with read(engine) as connection:
        assert [line.answers for line in report(connection) if line.answers] == [{"gift": 1}]


@pytest.mark.parametrize(
    ("value", "path"), [(-1, "unknown"), (11, "unknown"), (3.5, "unknown"), (6.0, "low")]
)
def test_a_number_outside_a_scale_is_no_answer(engine: Engine, value: float, path: str) -> None:
    stage = staged(engine, SCORE)
    answers(stage, value, "03-02 10:00", "nps")
    stage.turns("03-02 10:00", "03-04 10:00", hours=12)
    assert paths(stage)["how"] == path
    assert [row.goal_at for row in rows(engine, Enrolment)] == [None]


def test_numbers_on_a_scale(engine: Engine) -> None:
    told = {"a0": 0, "b3": 3, "c4": 4, "d6": 6, "e7": 7, "f10": 10, "g9": "9", "silent": None}
    stage = Stage(engine, SCORE, templates=TEMPLATES)
    stage.knows(*told)
    for who in told:
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:00")
    keys = {row.to.partition("@")[0]: row.key for row in rows(engine, Message)}
    for who, value in told.items():
        if value is not None:
            stage.did(who, "Survey Answered", "03-02 10:00", email_id=keys[who], answer=value)
    stage.turns("03-02 10:00", "03-04 10:00", hours=12)
    people = {row.id: row.customer_key for row in rows(engine, Enrolment)}
    taken = {people[row.enrolment_id]: row.path for row in rows(engine, Visit, "step") if row.step == "how"}
    high = dict.fromkeys(("e7", "f10"), "high")
    assert taken == {"c4": "low", "d6": "low", **high, "g9": "unknown", "silent": "unknown"}
    assert [who for who, end in stage.ends() if end == "left: unhappy"] == ["a0", "b3"]
    assert {row.customer_key: row.goal_at for row in rows(engine, Enrolment) if row.goal_at} == {
        "f10": utc("03-02 10:00")
    }
    assert [who for who, step in stage.sent() if step == "more"] == ["f10"]


def test_only_this_enrolments_answer_counts(engine: Engine) -> None:
    stage = staged(
        engine, SURVEY.replace("event: Signed Up", "event: Signed Up, again: always, while_inside: alongside")
    )
    first = key(stage, "taste")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.did("ada", "Survey Answered", "03-02 11:00", email_id=first, answer="gift")
    stage.turn("03-02 11:00")
    assert stage.ends() == [("ada", "completed"), ("ada", "waiting at told")]


# ── what is told of it ──


def test_what_is_told_of_answers(engine: Engine) -> None:
    stage = staged(engine)
    stage.knows("bea", "cem")
    for who in ("bea", "cem"):
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:00")
    keys = {row.to.partition("@")[0]: row.key for row in rows(engine, Message)}
    for who, value, minute in (
        ("ada", "myself", 1),
        ("ada", "gift", 2),
        ("bea", "gift", 1),
        ("cem", "myself", 1),
    ):
        said: dict[str, Any] = {"email_id": keys[who], "answer": value}
        comment = {"comment": "For mum"} if (who, value) == ("ada", "gift") else {}
        stage.did(who, "Survey Answered", f"03-02 10:0{minute}", **said, **comment)
    stage.turn("03-02 11:00")
    with read(engine) as connection:
        answered = [line for line in report(connection) if line.answers]
        told = {line.step: line.answers for line in answered}
        assert answered[0].wording == {"gift": "A present", "myself": "For me"}
        [ada] = [row.id for row in rows(engine, Customer) if row.key == "ada"]
        [way] = load_history(connection, ada).ways
    assert told == {"taste": {"gift": 2, "myself": 1}}
    with write(engine) as connection:  # as an erasure leaves it
        theirs = Engagement.__table__.c.message_key == keys["cem"]  # type: ignore[attr-defined]
        connection.execute(update(Engagement).where(theirs).values(answer=None))
        assert [line.answers for line in report(connection) if line.answers] == [{"gift": 2}]
    assert [(one.answer, one.text, one.comment) for one in way.answers] == [
        ("myself", "For me", None),
        ("gift", "A present", "For mum"),
    ]
    lines = "\n".join(story(History(Who("ada", None, "Ada", "UTC", "shop", None), (way,))))
    assert "10:01   answered taste: For me" in lines
    assert "10:02   answered taste: A present: “For mum”" in lines
    assert as_document(History(Who("ada", None, "Ada", "UTC", "shop", None), (way,)))["enrolments"][0][
        "answers"
    ][1] == {
        "step": "taste",
        "at": "2026-03-02T10:02:00+00:00",
        "answer": "gift",
        "text": "A present",
        "comment": "For mum",
    }
