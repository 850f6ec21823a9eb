"""What the page behind an answer does not take: other forms, forged links, words beyond measure."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from loyaltyloop.channels.values import tokens
from loyaltyloop.web.service import Service
from tests.integration.web.surveys import FORM, Surveys, chosen

# What hangs on no database is tried on one.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def surveys(service: Service) -> Iterator[Surveys]:
    with Surveys(service) as surveys:
        yield surveys


@ONE
def test_no_answer_is_chosen(surveys: Surveys) -> None:
    for answer in ("", "3", "-1", "9999999999999999999999", "gift", "٣", "0.0", "00000"):
        page = surveys.send(answer, "<b>words</b>")
        assert page.status_code == 422, answer
        assert "please choose an answer" in page.text
        assert "&lt;b&gt;words&lt;/b&gt;</textarea>" in page.text
    assert surveys.answers() == []


def test_comments_have_their_length(surveys: Surveys) -> None:
    long = surveys.send(2, "é" * 2001)
    assert long.status_code == 422
    assert "these are 2001 characters" in long.text and "é" * 2001 in long.text
    assert chosen(long) == ["2"]
    assert surveys.send(2, "🫖" * 1999 + "\r\n" + "x").status_code == 422
    assert surveys.answers() == []
    assert surveys.send(2, "🫖" * 1998 + "\r\n" + "x").status_code == 303
    assert len(surveys.answers()[0]["comment"]) == 2000


def test_what_is_written_is_kept_as_words(surveys: Surveys) -> None:
    words = "%00<script>alert(1)</script>%1b[31m{{ 7 * 7 }}%c2%85 %ed%a0%bd"
    sent = surveys.web.post(surveys.link(), content=f"answer=0&comment={words}", headers=FORM)
    assert sent.status_code == 303
    assert surveys.answers()[0]["comment"] == "<script>alert(1)</script>[31m{{ 7 * 7 }} ���"
    assert "script>" not in surveys.look().text


@ONE
def test_what_is_no_form_of_ours(surveys: Surveys) -> None:
    form = FORM["content-type"]
    bodies = [
        (b"answer=0", "text/plain"),
        (b'{"answer": 0}', "application/json"),
        (b"answer=0&" + b"x" * 70_000, form),
        (b"\xff\xfe", form),
        (b"&".join(b"a%d=1" % number for number in range(300)), form),
    ]
    for body, kind in bodies:
        sent = surveys.web.post(surveys.link(), content=body, headers={"content-type": kind})
        assert sent.status_code == 400
        assert "We could not read that" in sent.text
    assert surveys.answers() == []


@ONE
def test_forged_and_swapped_tokens(surveys: Surveys, caplog: pytest.LogCaptureFixture) -> None:
    token, key, secret, make = surveys.link()[3:], surveys.key(), surveys.service.secret, tokens.make
    refused = {
        "cut short": token[:-1],
        "one sign changed": token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        "of another secret": make(b"another secret", "a", key, 0),
        "beyond the answers": make(secret, "a", key, 3),
        "far beyond": make(secret, "a", key, 65535),
        "a click": make(secret, "c", key, 0),
        "to unsubscribe": make(secret, "u", key),
        "nothing": "",
        "very long": "A" * 5000,
    }
    with caplog.at_level(logging.INFO):
        for what, each in refused.items():
            for answer in (
                surveys.web.get(f"/a/{each}"),
                surveys.web.post(f"/a/{each}", data={"answer": "0"}),
            ):
                assert answer.status_code == 404, what
                assert "This link does not work" in answer.text
        unknown = make(secret, "a", key.replace(key[0], "0" if key[0] != "0" else "1"), 0)
        assert surveys.web.get(f"/a/{unknown}").status_code == 410
    assert surveys.web.get(f"/c/{token}").status_code == 404
    assert surveys.web.get(f"/u/{token}").status_code == 404
    assert surveys.answers() == surveys.clicks() == []
    assert key not in caplog.text and token not in caplog.text


@ONE
def test_words_of_a_comment_are_in_no_log(surveys: Surveys, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        surveys.send(0, "something private")
        surveys.send("", "something private")
        surveys.service.writer.close()
        assert surveys.send(1, "something private").status_code == 503
    assert "private" not in caplog.text
