"""My data: a link comes by mail to the address on record alone; it shows all there is, or erases it."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import update

from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.tokens import Kind
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer, Event, Message, PrivacyRequest
from loyaltyloop.web.pages import letters
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.pages import Pages

# What is shown, and to whom, hangs on neither kind of database.
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def pages(service: Service) -> Iterator[Pages]:
    with Pages(service, phone="+44 113 496 0000") as pages:
        yield pages


def states(pages: Pages) -> list[str]:
    """Of all requests, once those on their way have left."""
    for _ in range(200):
        found = [row.state for row in rows(pages.service.engine, PrivacyRequest, "asked_at", "key")]
        if not {"asked", "mailing"} & set(found):
            return found
        time.sleep(0.05)
    return found


def mails(pages: Pages) -> list[EmailMessage]:
    """The letters that have left."""
    states(pages)
    files = sorted(pages.service.settings.outbox.glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def link(pages: Pages, button: str = "data") -> str:
    """The path of the link in the letter that comes when this button is pressed."""
    assert pages.save(do=button).status_code == 303
    [mail] = mails(pages)
    [html] = [part.get_content() for part in mail.iter_parts() if part.get_content_subtype() == "html"]
    [found] = re.findall(r'href="https://links\.shop\.example(/[de]/[\w-]+)"', html)
    return str(found)


def test_the_page_tells_nothing_and_sends_a_letter(pages: Pages) -> None:
    answer = pages.save(do="data")
    shown = pages.web.get(f"/p/{answer.headers['location']}").text
    assert "ada@example.com" not in shown
    [mail] = mails(pages)
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "Your data at Sample shop")
    assert mail["List-Unsubscribe"] is None  # transactional
    assert states(pages) == ["mailed"]
    assert [row.name for row in rows(pages.service.engine, Event) if row.source == "pages"] == [
        "Personal Data Requested"
    ]


@SQLITE
def test_opening_the_link_shows_a_button_and_no_data(pages: Pages) -> None:
    path = link(pages)
    for method in ("GET", "HEAD"):
        answer = pages.web.request(method, path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert "ada@example.com" not in answer.text


def test_the_button_gives_everything_as_a_file(pages: Pages) -> None:
    answer = pages.web.post(link(pages))
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/json",
        "no-store",
    )
    document = json.loads(answer.content)
    assert document["customer"][0]["email"] == "ada@example.com"
    assert document["ids"] == [{"kind": "user", "value": "ada"}]
    assert [one["subject"] for one in document["messages"]] == ["Hello"]
    assert [one["name"] for one in document["events"]][-1] == "Personal Data Requested"
    assert states(pages) == ["done"]
    assert pages.web.post(answer.request.url.path).status_code == 200  # a download may fail: again, in time


@SQLITE
@pytest.mark.parametrize(("now", "status"), [("03-09 09:59", 200), ("03-09 10:00", 410)])
def test_a_link_works_for_seven_days(pages: Pages, now: str, status: int) -> None:
    path = link(pages)
    pages.at(now)
    assert {pages.web.request(method, path).status_code for method in ("GET", "POST")} == {status}


@SQLITE
def test_after_their_address_has_changed_a_link_leads_nowhere(pages: Pages) -> None:
    """Whoever reads at the old one may be somebody else by now."""
    path = link(pages)
    with write(pages.service.engine) as connection:
        connection.execute(update(Customer).values(email="ADA@example.com"))
    assert pages.web.get(path).status_code == 200
    with write(pages.service.engine) as connection:
        connection.execute(update(Customer).values(email="ada@new.example"))
    assert {pages.web.request(method, path).status_code for method in ("GET", "POST")} == {410}


def test_erasing_takes_a_second_word_by_mail(pages: Pages) -> None:
    path = link(pages, "erase")
    assert "There is no undoing it" in pages.web.get(path).text
    assert [row.key for row in rows(pages.service.engine, Customer)] == ["ada"]
    answer = pages.web.post(path)
    assert (answer.status_code, "Your data is erased" in answer.text) == (200, True)
    [ada] = rows(pages.service.engine, Customer)
    assert (ada.email, ada.phone, ada.erased_at) == (None, None, pages.now)
    assert mails(pages) == []  # the letter itself is a file about her
    assert states(pages) == ["done"]
    pages.stage.turns("03-04 09:00", "03-08 09:00", 24)
    assert [row.state for row in rows(pages.service.engine, Message)] == ["handed_over"]


def test_links_of_somebody_erased_answer_kindly(pages: Pages) -> None:
    path = link(pages, "erase")
    kinds: list[Kind] = ["u", "p", "v"]
    old = {kind: pages.path(kind) for kind in kinds}
    pages.web.post(path)
    for kind in ("u", "p"):
        answer = pages.web.get(old[kind])
        assert (answer.status_code, "know nothing about you" in answer.text) == (410, True)
    assert pages.web.post(old["u"], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert pages.web.get(old["v"]).status_code == 404
    assert pages.web.get(path).status_code == 410
    assert pages.web.post(path).status_code == 410
    assert pages.web.post(old["p"], data={"do": "data"}).status_code == 410


@SQLITE
def test_nobodys_mailbox_is_filled(pages: Pages) -> None:
    """Whoever holds the link of the page may press its button as often as they like."""
    for hour in ("10:00", "10:01", "10:59", "11:00", "12:30", "14:00", "18:00"):
        assert pages.at(f"03-02 {hour}").save(do="data").headers["location"].endswith("?done=asked")
    assert states(pages) == ["mailed"] * 3
    pages.at("03-03 10:01").save(do="data")
    assert states(pages) == ["mailed"] * 4


@SQLITE
def test_of_whom_no_address_is_known(pages: Pages) -> None:
    with write(pages.service.engine) as connection:
        connection.execute(update(Customer).values(email=None))
    answer = pages.save(do="data")
    assert "Please write to hello@shop.example" in pages.web.get(f"/p/{answer.headers['location']}").text
    assert (mails(pages), states(pages)) == ([], [])


@SQLITE
def test_an_address_that_is_none_gets_no_letter(pages: Pages) -> None:
    with write(pages.service.engine) as connection:
        connection.execute(update(Customer).values(email="ada@nowhere\r\nBcc: x@y.example"))
    pages.save(do="data")
    assert (states(pages), mails(pages)) == (["unsent"], [])


def test_a_letter_leaves_once_though_two_look_for_it(pages: Pages) -> None:
    """And one that was claimed by a process that died is never sent a second time."""
    link(pages)
    assert letters.send_waiting(pages.service.engine, pages.service.settings, pages.now) == 0
    with write(pages.service.engine) as connection:
        connection.execute(update(PrivacyRequest).values(state="mailing"))
    pages.at("03-02 11:01")
    assert letters.send_waiting(pages.service.engine, pages.service.settings, pages.now) == 0
    assert states(pages) == ["unsent"]


@SQLITE
def test_a_letter_waits_while_the_way_out_is_away(pages: Pages) -> None:
    outbox = pages.service.settings.outbox
    outbox.parent.mkdir()
    outbox.touch()  # no folder can be made here
    pages.save(do="data")
    time.sleep(0.3)
    assert [row.state for row in rows(pages.service.engine, PrivacyRequest)] == ["asked"]
    outbox.unlink()
    assert letters.send_waiting(pages.service.engine, pages.service.settings, pages.now) == 1
    assert states(pages) == ["mailed"]


@SQLITE
def test_tokens_that_are_none_or_of_another_kind(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    good = link(pages)
    message = pages.path("p").removeprefix("/p/")
    foreign = tokens.make(b"another secret", "d", "00000000-0000-4000-8000-000000000000")
    [key] = [row.key for row in rows(pages.service.engine, PrivacyRequest)]
    [mail] = [row.key for row in rows(pages.service.engine, Message)]
    with caplog.at_level(logging.INFO):
        for path in ("/d/", "/d/x", f"/d/{message}", f"/d/{foreign}", f"{good[:-1]}", f"/e/{good[3:]}"):
            for method in ("GET", "POST"):
                assert pages.web.request(method, path).status_code == 404, path
        wrong: list[tuple[Kind, str]] = [("e", key), ("d", mail)]  # signed by us, about something else
        for kind, of in wrong:
            token = tokens.make(pages.service.secret, kind, of)
            assert pages.web.post(f"/{kind}/{token}").status_code == 410
    assert "ada" not in caplog.text
    assert rows(pages.service.engine, Customer)[0].erased_at is None


@pytest.mark.parametrize("button", ["data", "erase"])
@pytest.mark.parametrize("applied", [True, False])
def test_nobody_becomes_somebody_else_with_the_key_of_the_pages(
    service: Service, button: str, applied: bool
) -> None:
    """A guest who got a letter says in the shop's page to be Bob, whose id is easily guessed."""
    key = {"public_key": SecretStr("seen by all")}
    service = replace(service, settings=service.settings.model_copy(update=key))
    with Pages(service, who="~guest", email="guest@example.com") as pages:
        pages.stage.knows("bob", email="bob@example.com")
        pages.stage.turn("03-02 09:30")
        path = link(pages, button)
        for user, device in (("bob", "guest"), ("1002", "guest")):
            said = {"userId": user, "anonymousId": device}
            told = pages.web.post("/v1/identify", json=said, auth=("seen by all", ""))
            assert told.json()["items"][0]["status"] == "accepted"
        if applied:
            pages.stage.turn("03-02 11:00")
        answer = pages.web.post(path)
        assert (answer.status_code, b"bob" in answer.content) == (200, False)
        known = {row.email for row in rows(service.engine, Customer)} - {None}
        assert known == {"bob@example.com", *(["guest@example.com"] if button == "data" else [])}


@SQLITE
def test_in_the_readers_language(service: Service) -> None:
    with Pages(service, locale="de-AT") as pages:
        path = link(pages, "erase")
        [mail] = mails(pages)
        assert mail["Subject"] == "Ihre Daten bei Sample shop löschen?"
        text = mail.get_body(("plain",))
        assert text is not None
        assert "Der Link gilt bis 9. März 2026." in text.get_content()
        assert "Endgültig löschen" in pages.web.get(path).text


@SQLITE
def test_headers_keep_it_private(pages: Pages) -> None:
    path = link(pages)
    answers: list[httpx.Response] = [pages.web.get(path), pages.web.post(path), pages.web.get("/d/x")]
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in answer.headers
