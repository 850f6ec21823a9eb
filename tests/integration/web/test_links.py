"""Links of real messages: where they lead, what is recorded, and that nothing else can be had from them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import OperationalError

from loyaltyloop.channels.values import tokens
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Body, Customer
from loyaltyloop.web import writer
from loyaltyloop.web.responses import recording
from loyaltyloop.web.service import Service
from tests.integration.turn.stage import utc
from tests.integration.web.conftest import served
from tests.integration.web.post import FIREFOX, LEFT, Post


@pytest.fixture
def post(service: Service, tmp_path: Path) -> Post:
    made = Post(service, tmp_path / "out")
    made.clock.at(600)
    return made


@pytest.fixture
def web(post: Post) -> Iterator[httpx.Client]:
    with (
        served(post.service) as url,
        httpx.Client(base_url=url, timeout=30, headers={"user-agent": FIREFOX}) as client,
    ):
        yield client


# ── clicks ──────────────────────────────────────────────────────────────────


def test_each_link_leads_to_what_the_message_contained(post: Post, web: httpx.Client) -> None:
    answers = [web.get(path) for path in post.links()]
    assert [answer.status_code for answer in answers] == [302] * 4
    assert [answer.headers["location"] for answer in answers] == [
        "https://elsewhere.example/tea",
        "https://elsewhere.example/jam",
        "https://elsewhere.example/honey?a=b",
        "https://elsewhere.example/%C3%A4pfel",
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers


def test_a_click_is_committed_before_it_is_answered(post: Post, web: httpx.Client) -> None:
    web.get(post.links()[2])
    [clicked] = post.events()
    assert (clicked.name, clicked.user_id, clicked.source) == ("Email Link Clicked", "ada", "link")
    assert clicked.properties == {
        "email_id": post.keys["ada"],
        "campaign_id": "hello",
        "link_id": "2",
        "link_url": "https://elsewhere.example/honey?a=b",
    }
    assert clicked.at == post.clock.now
    assert post.service.counts["link", "c", "recorded"] == 1


def test_nothing_of_the_reader_is_kept_but_the_click(post: Post, web: httpx.Client) -> None:
    web.get(post.links()[0], headers={"cookie": "a=b", "referer": "https://mail.example/ada"})
    [clicked] = post.events()
    assert clicked.context is None
    assert (
        "Mozilla" not in repr(clicked)
        and "127.0.0.1" not in repr(clicked)
        and "mail.example" not in repr(clicked)
    )


def test_whatever_stands_behind_the_token_changes_nothing(post: Post, web: httpx.Client) -> None:
    path = post.links()[0]
    for more in (
        "?url=https://evil.example",
        "?next=//evil.example#x",
        "?" + "a" * 5000,
        "?%0d%0aLocation:%20x",
    ):
        answer = web.get(path + more)
        assert answer.headers.get_list("location") == ["https://elsewhere.example/tea"]


def forged(post: Post) -> dict[str, str]:
    token = post.links()[0][3:]
    key = post.keys["ada"]
    make = tokens.make
    return {
        "cut short": token[:-1],
        "with more behind it": token + "A",
        "one sign changed": token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        "padded": token + "=",
        "empty": "%20",
        "an address": "https:%2F%2Fevil.example",
        "of another secret": make(b"another secret", "c", key, 0),
        "beyond the list": make(post.secret, "c", key, 4),
        "far beyond the list": make(post.secret, "c", key, 65534),
        "of no message": make(post.secret, "c", key.replace(key[0], "0" if key[0] != "0" else "1"), 0),
        "to unsubscribe": make(post.secret, "u", key),
        "to view": make(post.secret, "v", key),
        "an answer": make(post.secret, "a", key, 0),
        "not ASCII": "%C3%A4",
        "a NUL": "%00",
        "very long": "A" * 6_000,
    }


def test_forged_and_swapped_tokens(post: Post, web: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    for what, token in forged(post).items():
        for path in (f"/c/{token}", *([f"/o/{token}.gif", f"/v/{token}"] if "view" not in what else [])):
            answer = web.get(path)
            assert answer.status_code == 404, (what, path)
            assert "location" not in answer.headers
            assert "This link does not work" in answer.text
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert post.events() == []
    assert post.keys["ada"] not in caplog.text and "evil" not in caplog.text
    assert "a link was refused: forged" in caplog.text


@pytest.mark.parametrize(
    "path",
    ["/c/", "/c", "/c//evil.example", "/c/https://evil.example", "/o/x", "/c/../v/x", "//evil.example/c/x"],
)
def test_paths_that_lead_nowhere(web: httpx.Client, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods(post: Post, web: httpx.Client, method: str) -> None:
    assert web.request(method, post.links()[0]).status_code == 405
    assert post.events() == []


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "https://a.example/\r\nSet-Cookie: a=b",
        "//evil.example",
        "/x",
        "",
        "data:text/html,x",
        "mailto:a@b.example",
        "https://user@evil.example/",
    ],
)
def test_a_stored_address_that_no_message_may_hold(post: Post, web: httpx.Client, target: str) -> None:
    with write(post.engine) as connection:
        connection.execute(update(Body.__table__).values(links=[target] * 4))  # type: ignore[attr-defined]
    answer = web.get(post.links()[0])
    assert answer.status_code == 404
    assert "location" not in answer.headers and "set-cookie" not in answer.headers


def test_two_readers_are_not_mixed_up(post: Post, web: httpx.Client) -> None:
    web.get(post.links("ben")[0])
    web.get(post.links("ada")[1])
    assert [(row.user_id, row.properties["link_id"]) for row in post.events()] == [("ben", "0"), ("ada", "1")]


def test_the_same_link_within_a_second_is_one_click(post: Post, web: httpx.Client) -> None:
    for _ in range(3):
        assert web.get(post.links()[0]).status_code == 302
    assert len(post.events()) == 1
    post.clock.at(601)
    web.get(post.links()[0])
    assert len(post.events()) == 2


# ── when the database does not keep up ──────────────────────────────────────


def test_a_person_is_led_on_though_the_commit_fails(
    post: Post, web: httpx.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OperationalError("INSERT", {"email": "ada@example.com"}, Exception("gone"))

    path = post.links()[0]
    monkeypatch.setattr(writer, "record", fails)
    assert web.get(path).headers["location"] == "https://elsewhere.example/tea"
    assert "a response was lost: OperationalError" in caplog.text
    assert "ada" not in caplog.text
    assert post.events() == []
    monkeypatch.undo()
    assert web.get(path).status_code == 302
    assert len(post.events()) == 1


def test_a_person_does_not_wait_for_a_slow_commit(
    post: Post, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "PATIENCE", 0.2)
    slow: Future[None] = Future()
    with monkeypatch.context() as patched:
        patched.setattr(post.service.writer, "put", lambda _calls: slow)
        assert web.get(post.links()[0]).headers["location"] == "https://elsewhere.example/tea"
    assert not slow.cancelled()  # the writer may still commit it
    assert post.service.counts["link", "c", "late"] == 1
    slow.set_exception(OperationalError("INSERT", {}, Exception("gone")))


def test_a_person_is_led_on_though_all_wait(
    post: Post, web: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    post.service.writer.close()  # which is busy for whoever comes now
    with caplog.at_level(logging.WARNING):
        assert web.get(post.links()[0]).status_code == 302
        assert web.get(post.pixel()).content.startswith(b"GIF89a")
    assert post.service.counts["link", "c", "lost"] == post.service.counts["link", "o", "lost"] == 1
    assert "a response was lost: Busy" in caplog.text
    assert post.events() == []


def test_without_a_database_there_is_no_address(post: Post, web: httpx.Client) -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    click, pixel, view = post.links()[0], post.pixel(), post.view()
    event.listen(post.engine, "begin", gone)
    try:
        answers = [web.get(path) for path in (click, view)]
        picture = web.get(pixel)
    finally:
        event.remove(post.engine, "begin", gone)
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in answers] == [(503, "5")] * 2
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/gif")


# ── openings, and the message in a browser ──────────────────────────────────


def test_an_opening(post: Post, web: httpx.Client) -> None:
    answer = web.get(post.pixel())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert "no-store" in answer.headers["cache-control"]
    assert (len(answer.content), answer.content[6:10]) == (43, b"\x01\x00\x01\x00")
    [opened] = post.events()
    assert (opened.name, opened.user_id) == ("Email Opened", "ada")
    assert opened.properties == {"email_id": post.keys["ada"], "campaign_id": "hello"}


def test_the_message_in_a_browser(post: Post, web: httpx.Client) -> None:
    answer = web.get(post.view())
    assert answer.status_code == 200
    assert answer.text.replace("\r\n", "\n").strip() == post.html().replace("\r\n", "\n").strip()
    assert "Hello ada" in answer.text and "Hello ben" not in answer.text
    for path in post.links():
        assert path in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "sandbox" in policy
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert post.events() == []


def test_what_is_shown_is_what_left(post: Post, web: httpx.Client) -> None:
    before = web.get(post.view()).text
    post.stage.knows("ada", at="05-20 17:00", first_name="Another")
    post.turn(7200)
    assert web.get(post.view()).text == before


def test_of_an_erased_customer_nothing_is_shown_or_recorded(post: Post, web: httpx.Client) -> None:
    table: Any = Customer.__table__  # type: ignore[attr-defined]
    with write(post.engine) as connection:
        connection.execute(update(table).where(table.c.key == "ada").values(erased_at=utc(LEFT)))
    assert web.get(post.view()).status_code == 404
    assert web.get(post.links()[0]).status_code == 302
    assert web.get(post.pixel()).status_code == 200
    assert post.events() == []
    assert web.get(post.view("ben")).status_code == 200


@pytest.mark.parametrize("kind", ["c", "o", "v"])
def test_heads(post: Post, web: httpx.Client, kind: str) -> None:
    path = {"c": post.links()[0], "o": post.pixel(), "v": post.view()}[kind]
    answer = web.head(path)
    assert (answer.status_code, answer.content) == (302 if kind == "c" else 200, b"")
