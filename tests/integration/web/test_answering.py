"""The page behind an answer: what is opened is no answer, what is confirmed is one, at once and once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from loyaltyloop.store.database import write
from loyaltyloop.store.messages.replies import replies
from loyaltyloop.store.models import Body, Customer, Event
from loyaltyloop.web.answers import routes
from loyaltyloop.web.answers.reply import MOST
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.surveys import ASKS, FIREFOX, Surveys, chosen

# What hangs on no database is tried on one.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def surveys(service: Service) -> Iterator[Surveys]:
    with Surveys(service) as surveys:
        yield surveys


# ── it is opened ──


def test_the_links_answer_stands_chosen_and_nothing_is_answered(surveys: Surveys) -> None:
    for number in (0, 2):
        page = surveys.look(number)
        assert page.status_code == 200
        assert chosen(page) == [str(number)]
        assert "<h1>What &lt;brings&gt; you here?</h1>" in page.text
        assert "A present for someone" in page.text and "Just looking" in page.text
    assert surveys.answers() == []
    surveys.stage.turn("03-02 12:00")
    assert "told" not in surveys.paths()


def test_following_the_link_is_a_click(surveys: Surveys) -> None:
    surveys.look(1)
    surveys.at("03-02 10:00:30").web.get(surveys.link(2))  # a program, by its agent
    surveys.at("03-02 10:01").web.head(surveys.link(0), headers={"user-agent": FIREFOX})
    person, program, head = surveys.clicks()
    assert person == {
        "email_id": surveys.key(),
        "campaign_id": "letters",
        "link_id": "answer 1",
        "link_url": "https://links.shop.example/a#myself",
    }
    assert (program["machine_reason"], head["machine_reason"]) == ("known agent", "HEAD")
    assert surveys.service.counts["link", "a", "recorded"] == 1


def test_who_opens_all_answers_at_once_is_a_machine(surveys: Surveys) -> None:
    for number in range(3):
        surveys.look(number)
    assert [one.get("machine_reason") for one in surveys.clicks()] == ["all links at once"] * 3
    assert surveys.answers() == []


@ONE
def test_the_page_is_private_and_plain(surveys: Surveys) -> None:
    headers = surveys.look().headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


@ONE
def test_in_the_readers_language_the_question_in_the_shops(service: Service) -> None:
    with Surveys(service, locale="de") as surveys:
        page = surveys.look()
        assert "Antwort senden" in page.text and '<html lang="de">' in page.text
        assert '<h1 lang="en">' in page.text
        assert "Bitte wählen" in surveys.send("").text
        surveys.send(1)
        assert "Danke für Ihre Antwort" in surveys.web.get(f"{surveys.link()}?done=saved").text


# ── it is confirmed ──


def test_an_answer_counts_at_once(surveys: Surveys) -> None:
    sent = surveys.send(0, "For my\r\nmother")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{surveys.link()[3:]}?done=saved")
    assert surveys.answers() == [
        {
            "survey": "taste",
            "question": "What <brings> you here?",
            "answer": "gift",
            "comment": "For my\nmother",
            "journey": "letters",
            "step": "taste",
            "email_id": surveys.key(),
        }
    ]
    [event] = [row for row in rows(surveys.service.engine, Event) if row.name == "Survey Answered"]
    assert event.at == event.arrived_at == surveys.now
    assert (event.user_id, event.type) == ("ada", "track")
    surveys.stage.turn("03-02 10:00")
    assert surveys.paths()["told"] == "gift"
    assert surveys.service.counts["page", "a", "answered"] == 1


@ONE
def test_thanks_show_the_answer_and_not_the_comment(surveys: Surveys) -> None:
    surveys.send(1, "nobody's business")
    page = surveys.web.get(f"{surveys.link(0)}?done=saved")
    assert page.status_code == 200
    assert "Thank you for your answer" in page.text and "Something for me" in page.text
    again = surveys.look(0)
    assert "You have answered already" in again.text
    assert "nobody" not in page.text + again.text
    assert chosen(again) == ["0"]
    assert surveys.clicks()[0]["link_id"] == "answer 0"  # thanks are no click


@ONE
def test_thanks_without_an_answer_are_the_question(surveys: Surveys) -> None:
    assert chosen(surveys.web.get(f"{surveys.link(1)}?done=saved")) == ["1"]
    assert chosen(surveys.web.get(f"{surveys.link(1)}?done=<script>")) == ["1"]


def test_twice_the_same_is_once(surveys: Surveys) -> None:
    for _ in range(3):
        assert surveys.send(0, " fine ").status_code == 303
    assert len(surveys.answers()) == 1
    assert surveys.service.counts["page", "a", "same"] == 2


def test_a_change_of_mind_and_back_again(surveys: Surveys) -> None:
    for number in (0, 1, 0):
        surveys.at(f"03-02 10:0{number}").send(number)  # at last the clock was set back
    assert [one["answer"] for one in surveys.answers()] == ["gift", "myself", "gift"]
    surveys.stage.turn("03-02 11:00")
    assert surveys.paths()["told"] == "gift"
    surveys.at("03-02 12:00").send(2)
    surveys.stage.turn("03-02 12:00")
    assert surveys.paths()["told"] == "gift"  # recorded, and nothing is rewritten
    assert len(surveys.answers()) == 4


def test_a_number_on_a_scale(surveys: Surveys) -> None:
    page = surveys.look(6, "nps")
    assert chosen(page) == ["6"]
    assert "<textarea" not in page.text
    surveys.send(6, "of no use here", "nps")
    assert surveys.answers()[0]["answer"] == 6
    assert "comment" not in surveys.answers()[0]
    surveys.stage.turn("03-02 11:00")
    assert surveys.paths()["told"] == "low"


def test_what_the_ends_of_a_scale_mean_is_shown_with_them(surveys: Surveys) -> None:
    page = surveys.look(4, "tea").text
    ends = re.findall(r'<span class="name">(\d)</span>\s*(?:<span class="end">([^<]+)</span>)?</label>', page)
    assert ends == [("1", "disappointed"), ("2", ""), ("3", ""), ("4", ""), ("5", "delighted")]
    assert 'class="end"' not in surveys.look(0, "nps").text


def test_somebody_else_answers_in_the_same_moment(surveys: Surveys, monkeypatch: pytest.MonkeyPatch) -> None:
    surveys.send(1)
    stale = [True]

    def late(*words: Any) -> Any:
        return [] if stale and stale.pop() else replies(*words)

    monkeypatch.setattr(routes, "replies", late)
    assert surveys.send(0).status_code == 303
    assert [one["answer"] for one in surveys.answers()] == ["myself", "gift"]


def test_after_many_changes_it_stays(surveys: Surveys) -> None:
    for number in range(MOST):
        assert surveys.send(number % 2).status_code == 303
    refused = surveys.send(2)
    assert refused.status_code == 429
    assert "so often" in refused.text
    assert surveys.send((MOST - 1) % 2).status_code == 303  # what stands there already
    assert len(surveys.answers()) == MOST


# ── whose it is, and what it asked ──


def test_of_an_erased_customer_nothing_is_shown_or_recorded(surveys: Surveys) -> None:
    link = surveys.link()
    with write(surveys.service.engine) as connection:
        connection.execute(update(Customer).values(erased_at=surveys.now))
    for answer in (surveys.web.get(link), surveys.web.post(link, data={"answer": "0"})):
        assert answer.status_code == 410
        assert "brings" not in answer.text
    assert surveys.answers() == surveys.clicks() == []


@pytest.mark.parametrize(
    "edited",
    [
        ASKS.replace("What <brings> you here?", "Another question?").replace(
            "gift: A present for someone, ", ""
        ),
        "journey: letters\nabout: Nothing.\nenter: {event: Signed Up}\nsteps: [{wait: 1 day}]\n",
    ],
    ids=["changed", "removed"],
)
def test_the_question_is_that_which_left(surveys: Surveys, edited: str) -> None:
    surveys.stage.apply("03-02 09:30", edited, finish_old=["letters"])
    page = surveys.look(0)
    assert "What &lt;brings&gt; you here?" in page.text and "A present for someone" in page.text
    surveys.send(0)
    assert surveys.answers()[0]["answer"] == "gift"


@ONE
def test_a_message_whose_bytes_are_gone(surveys: Surveys) -> None:
    with write(surveys.service.engine) as connection:
        connection.execute(Body.__table__.delete())  # type: ignore[attr-defined]
    assert surveys.look().status_code == 410
    assert surveys.send(0).status_code == 410


@ONE
def test_a_message_that_asks_nothing(service: Service) -> None:
    with Surveys(
        service,
        ASKS.replace("- ask: taste", "- send: taste")
        .replace("question: What <brings> you here?", "")
        .replace(
            "answers: {gift: A present for someone, myself: Something for me, looking: Just looking}", ""
        )
        .replace("        comment: true\n", "", 1)
        .replace("gift: {when: {answered: {taste: gift}}}", ""),
    ) as surveys:
        assert surveys.look().status_code == 410


@ONE
def test_an_answer_after_the_journey_has_ended_is_recorded(surveys: Surveys) -> None:
    surveys.stage.turn("03-06 09:00")
    assert surveys.stage.ends() == [("ada", "completed")]
    surveys.at("03-06 10:00").send(0)
    surveys.stage.turn("03-06 10:00")
    assert surveys.paths()["told"] == "silent"
    assert len(surveys.answers()) == 1


def test_whoever_became_another_answers_as_they_are_now(surveys: Surveys) -> None:
    surveys.stage.knows("bea", at="2023-12-01 00:00")
    surveys.stage.also("bea", "ada", "03-02 09:30")
    surveys.stage.turn("03-02 09:30")
    assert surveys.send(0).status_code == 303
    surveys.stage.turn("03-02 10:00")
    assert surveys.paths()["told"] == "gift"
