"""Made clicks: what hangs on the key alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from loyaltyloop.demo.clicks import ANSWER, CLICK, REVIEW, STARS, UNSUBSCRIBE, Sent, clicks_on

AT = datetime(2010, 9, 13, 9, 0, tzinfo=UTC)
LINKS = ["https://shop.example/p/1", "https://shop.example/p/2"]


def sent(number: int, purpose: str = "marketing", links: list[str] = LINKS) -> Sent:
    return Sent(str(uuid5(NAMESPACE_URL, str(number))), f"c{number}", purpose, AT, links)


def test_as_many_as_was_said_and_the_same_each_time() -> None:
    calls = [call for number in range(5000) for call in clicks_on(sent(number))]
    assert calls == [call for number in range(5000) for call in clicks_on(sent(number))]
    counts = Counter(call.name for call in calls)
    assert abs(counts["Email Link Clicked"] / 5000 - CLICK) < 0.02
    assert abs(counts["Unsubscribed"] / 5000 - UNSUBSCRIBE) < 0.003


def test_each_says_which_message_and_that_it_is_made() -> None:
    for number in range(500):
        one = sent(number)
        for call in clicks_on(one):
            assert call.properties["email_id"] == one.key and call.properties["made"] is True
            assert call.user_id == one.user_id
            assert AT < call.at == call.arrived_at < AT + timedelta(days=2)
            assert call.name != "Email Link Clicked" or call.properties["link_url"] in LINKS


def test_nobody_clicks_where_there_is_no_link_nor_unsubscribes_from_a_receipt() -> None:
    calls = [call for number in range(2000) for call in clicks_on(sent(number, "transactional", []))]
    assert calls == []


def test_some_who_click_write_a_review_of_what_they_got() -> None:
    asked = [sent(number)._replace(product_id="21232") for number in range(5000)]
    calls = [call for one in asked for call in clicks_on(one)]
    clicked = {call.user_id: call.at for call in calls if call.name == "Email Link Clicked"}
    reviews = [call for call in calls if call.name == "Product Reviewed"]
    assert abs(len(reviews) / len(clicked) - REVIEW) < 0.06
    for review in reviews:
        assert review.at > clicked[review.user_id or ""]
        assert review.properties["product_id"] == "21232" and review.properties["rating"] in (3, 4, 5)


def test_some_who_click_in_a_question_answer_it() -> None:
    scale = {"answers": [[number, str(number)] for number in range(1, 6)]}
    asked = [sent(number, "service")._replace(product_id="21232", question=scale) for number in range(8000)]
    calls = [call for one in asked for call in clicks_on(one)]
    counts = Counter(call.name for call in calls)
    assert abs(counts["Survey Answered"] / counts["Email Link Clicked"] - ANSWER) < 0.04
    assert "Product Reviewed" not in counts
    stars = [call.properties["answer"] for call in calls if call.name == "Survey Answered"]
    for number, share in enumerate(STARS, 1):
        assert abs(stars.count(number) / len(stars) - share) < 0.04


def test_the_help_desk_has_a_case_of_whoever_is_unhappy() -> None:
    scale = {"answers": [[number, str(number)] for number in range(1, 6)]}
    for number in range(2000):
        calls = {call.name: call for call in clicks_on(sent(number)._replace(question=scale))}
        unhappy = "Survey Answered" in calls and calls["Survey Answered"].properties["answer"] <= 2
        assert ("Support Ticket Opened" in calls) == unhappy
        if unhappy:
            opened, closed = calls["Support Ticket Opened"], calls["Support Ticket Closed"]
            assert calls["Survey Answered"].at < opened.at < closed.at
            assert opened.properties["ticket_id"] == closed.properties["ticket_id"]


def test_other_answers_are_given_alike() -> None:
    why = {"answers": [["payment", "It failed"], ["price", "Too much"], ["looking", "Just looking"]]}
    asked = [sent(number)._replace(question=why) for number in range(3000)]
    answers = Counter(
        call.properties["answer"]
        for one in asked
        for call in clicks_on(one)
        if call.name == "Survey Answered"
    )
    assert set(answers) == {"payment", "price", "looking"} and min(answers.values()) > 100
