"""The preferences' page: what was chosen is on record at once, shown again, and kept by the engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Customer
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.turn.stage import utc
from tests.integration.web.pages import FORM, LETTERS, Pages

MARKETING, SERVICE = "consent.email.marketing", "consent.email.service"


@pytest.fixture
def pages(service: Service) -> Iterator[Pages]:
    with Pages(service) as pages:
        yield pages


def ada(pages: Pages, *names: str) -> list[Any]:
    """These columns of the customer, once all is applied that has arrived by now."""
    pages.stage.turn(f"{pages.now:%Y-%m-%d %H:%M:%S}")
    with read(pages.service.engine) as connection:
        found = connection.execute(select(Customer.key, *(getattr(Customer, name) for name in names)))  # type: ignore[call-overload]
        return list(found.one())[1:]


def told(answer: httpx.Response, pages: Pages) -> str:
    """The line that the page says thank you with; the form was answered by leading back to it."""
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(pages.path("p").removeprefix("/p/"))
    return pages.web.get(f"/p/{answer.headers['location']}").text


def test_what_is_shown_is_what_holds(pages: Pages) -> None:
    fields = pages.fields()
    assert {name for name in fields if not name.startswith("shown.")} == {
        *("language", "often", "birthday"),
        *(MARKETING, SERVICE, "topic.birthday", "topic.news"),
    }
    assert fields["often"] == "normal"


def test_nothing_chosen_is_nothing_recorded(pages: Pages) -> None:
    assert "Nothing was changed" in told(pages.save(), pages)
    assert pages.said() == []


def test_each_change_of_consent_is_in_the_ledger_with_its_wording(pages: Pages) -> None:
    assert "Thank you" in told(pages.save(MARKETING), pages)
    pages.at("03-02 11:00")
    told(pages.save(SERVICE, consent__email__marketing="yes"), pages)
    ada(pages)
    letters = (
        "News and offers by e-mail. I agree that Sample shop writes to me about products and offers that may "
        "suit me. I can withdraw this at any time."
    )
    help_ = (
        "Help with what I bought, by e-mail. Tips and requests for a review from Sample shop. Messages about "
        "an order itself come in any case."
    )
    assert pages.ledger() == [
        ("email", "marketing", False, "Consent Withdrawn", letters),
        ("email", "marketing", True, "Consent Granted", letters),
        ("email", "service", False, "Consent Withdrawn", help_),
    ]


def test_every_other_choice_is_in_the_ledger_with_its_wording_too(pages: Pages) -> None:
    """Topics, how often, a pause, the birthday; and unsubscribing with one click."""
    told(pages.save("topic.news", often="less", birthday="1990-03-04"), pages)
    pages.at("03-02 11:00")
    told(pages.save(often="pause", topic__news="yes", forget_birthday="yes"), pages)
    pages.at("03-02 12:00").one_click()
    ada(pages)
    topic = "What interests you: What is new. We leave out what you do not tick."
    seldom = "How often: Less often. News and offers at most once in seven days."
    pause = "How often: Pause for 30 days. No news and offers until then; afterwards as usual."
    birthday = (
        "Date of birth. If you tell us, we can send you a greeting. You do not have to.",
        "Forget my birthday",
    )
    assert pages.ledger() == [
        ("topic", "news", False, "Preference Updated", topic),
        ("often", "less", True, "Preference Updated", seldom),
        ("birthday", "", True, "identify", birthday[0]),
        ("topic", "news", True, "Preference Updated", topic),
        ("often", "pause", True, "Preference Updated", pause),
        ("birthday", "", False, "identify", birthday[1]),
        ("email", "marketing", False, "Unsubscribed", "List-Unsubscribe=One-Click"),
    ]
    assert pages.consents() == {("email", "marketing"): False}  # all else is no consent


def test_it_is_shown_at_once_though_no_turn_was_at_work(pages: Pages) -> None:
    pages.save(MARKETING, "topic.news", often="less")
    fields = pages.fields()
    assert MARKETING not in fields
    assert "topic.news" not in fields
    assert (fields["often"], fields["shown.often"]) == ("less", "less")
    ada(pages)
    assert pages.fields() == fields


def test_a_form_of_yesterday_gives_back_no_consent_that_was_withdrawn_since(pages: Pages) -> None:
    old = pages.fields()
    pages.one_click()
    pages.at("03-03 10:00").web.post(pages.path("p"), data={**old, "birthday": "1990-03-04", "do": "save"})
    assert ada(pages, "birthday") == [date(1990, 3, 4)]
    assert pages.consents() == {("email", "marketing"): False}


def test_a_box_that_was_not_shown_says_nothing(pages: Pages) -> None:
    """Nobody consents to what they have not read."""
    pages.save(shown__consent__sms__marketing="no", consent__sms__marketing="yes")
    pages.save(shown__topic__other="yes", shown__consent__email__all="no", consent__email__all="yes")
    assert pages.said() == []


def test_another_channel_for_whoever_has_answered_about_it(pages: Pages) -> None:
    pages.stage.did("ada", "Consent Granted", "03-02 09:30", channel="sms")
    ada(pages)
    assert "consent.sms.marketing" in pages.fields()
    pages.save("consent.sms.marketing")
    ada(pages)
    assert pages.consents() == {("email", "marketing"): True, ("sms", "marketing"): False}


def test_topics_are_an_attribute_that_journeys_can_ask_for(service: Service) -> None:
    news = LETTERS.replace("{gone: {did: Left}}", "{not_wanted: {customer: {topics_off: {has: news}}}}")
    with Pages(service, news) as pages:
        pages.save("topic.news")
        pages.stage.turn("03-04 09:00")
        assert pages.stage.ends() == [("ada", "left: not_wanted")]
        assert ada(pages.at("03-04 09:00"), "attributes") == [{"topics_off": ["news"]}]
        pages.save("topic.birthday", topic__news="yes")
        assert pages.said()[-1] == ("Preference Updated", {"topics_off": ["birthday"]})


def test_a_pause_holds_messages_until_it_ends(service: Service) -> None:
    with Pages(
        service,
        LETTERS.replace("template: test/hello", "template: test/hello\n        expires_after: 60 days"),
    ) as pages:
        assert "Thank you" in told(pages.save(often="pause"), pages)
        assert "Paused until 1 April 2026" in pages.web.get(pages.path("p")).text
        pages.stage.turns("03-04 09:00", "04-01 08:59", 24)
        assert ("ada", "again", "held", "the customer asked for a pause") in pages.stage.messages()
        assert ada(pages.at("03-31 12:00"), "often", "paused_until") == ["pause", utc("04-01 09:00")]
        pages.stage.turn("04-01 09:00")
        assert ("ada", "again") in pages.stage.sent()
        assert pages.at("04-01 09:00").fields()["often"] == "normal"


def test_a_pause_counts_by_the_readers_own_calendar(service: Service) -> None:
    """Clocks go forward on 29 March: the pause ends at 10:00 as it began."""
    with Pages(service, timezone="Europe/London") as pages:
        pages.save(often="pause")
        assert ada(pages, "paused_until") == [utc("04-01 09:00")]


def test_a_pause_is_ended_by_another_choice(pages: Pages) -> None:
    pages.save(often="pause")
    pages.at("03-02 11:00").save(often="normal")
    assert ada(pages, "often", "paused_until") == ["normal", None]
    pages.stage.turn("03-04 09:00")
    assert ("ada", "again") in pages.stage.sent()


def test_less_often_is_a_week_between_two_of_them(service: Service) -> None:
    seldom = LETTERS.replace("template: test/hello", "template: test/hello\n        expires_after: 30 days")
    with Pages(service, seldom) as pages:
        pages.save(often="less")
        pages.stage.turns("03-04 09:00", "03-09 09:00", 24)
        assert ("ada", "again", "held", "the customer asked to hear less often") in pages.stage.messages()
        pages.stage.turn("03-09 08:59")
        assert ("ada", "again") not in pages.stage.sent()
        pages.stage.turn("03-09 09:00")
        assert ("ada", "again") in pages.stage.sent()


def test_a_birthday(pages: Pages) -> None:
    pages.save(birthday="1984-02-29")
    assert ada(pages, "birthday") == [date(1984, 2, 29)]
    text = pages.web.get(pages.path("p")).text
    assert "1984" not in text  # messages are passed on
    assert "We have a date on record" in text
    pages.at("03-02 11:00").save(forget_birthday="yes")
    assert ada(pages, "birthday") == [None]


@pytest.mark.parametrize(
    "wrong", ["2026-03-02", "1900-01-01", "1899-05-05", "soon", "2027-01-01", "<script>"]
)
def test_what_is_no_birthday_changes_nothing(pages: Pages, wrong: str) -> None:
    answer = pages.save(MARKETING, birthday=wrong, often="less")
    assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True)
    assert "Nothing is saved yet" in answer.text
    assert "<script" not in answer.text
    assert pages.said() == []
    again = answer.text
    assert f'name="{MARKETING}" value="yes">' in again  # as it was filled in
    assert 'value="less" checked' in again


def test_no_more_e_mail_at_all(pages: Pages) -> None:
    assert "stopped all of them" in told(pages.save(do="stop"), pages)
    ada(pages)
    assert pages.consents() == {("email", "marketing"): False, ("email", "service"): False}
    assert "we stop all news and offers" in str(pages.ledger()[0][-1])
    pages.stage.turn("03-04 09:00")
    assert pages.stage.sent() == [("ada", "hello")]


def test_my_data_is_asked_for_and_not_shown(pages: Pages) -> None:
    """Whoever a message was passed on to must not read it."""
    assert "We are sending a link to your own e-mail address" in told(pages.save(do="data"), pages)
    [(name, _)] = pages.said()
    assert name == "Personal Data Requested"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", FORM),
        (b"do=everything", FORM),
        (b"do=save&" + b"a=b&" * 300, FORM),
        (b"do=save&x=" + b"y" * 20_000, FORM),
        (b"do=save&x=\xff", FORM),
        (b'{"do": "save"}', {"content-type": "application/json"}),
        (b"--b\r\n", {"content-type": "multipart/form-data; boundary=b"}),
    ],
)
def test_what_is_no_form_of_ours(pages: Pages, body: bytes, headers: dict[str, str]) -> None:
    answer = pages.web.post(pages.path("p"), content=body, headers=headers)
    assert (answer.status_code, "We could not read that" in answer.text) == (400, True)
    assert pages.said() == []


def test_opening_it_changes_nothing_and_believes_no_address(pages: Pages) -> None:
    for query in ("?done=saved", "?done=<b>", "?done=wrong", "?do=stop"):
        answer = pages.web.get(pages.path("p") + query)
        assert answer.status_code == 200
        assert ("Thank you" in answer.text) == (query == "?done=saved")
        assert "<b>" not in answer.text
    assert pages.said() == []


def test_two_who_are_one_keep_the_later_wish(pages: Pages) -> None:
    pages.save(often="less")
    pages.stage.knows("bea", at="2023-01-01 00:00")
    pages.stage.did("bea", "Preference Updated", "03-01 09:00", often="normal", paused_until=None)
    pages.stage.also("bea", "ada", "03-02 11:00")
    pages.at("03-02 12:00")
    assert ada(pages, "key", "often") == ["bea", "less"]
    assert pages.fields()["often"] == "less"
    assert rows(pages.service.engine, Customer)[0].paused_until is None
