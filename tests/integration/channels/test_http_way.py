"""The way out over HTTP, against a real server: what is taken, refused, put off, doubtful, and how fast."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from loyaltyloop.channels.http.reached import not_reached
from loyaltyloop.channels.http.settings import HttpSettings
from loyaltyloop.channels.http.way import LOST, Request
from loyaltyloop.channels.out import Outcome, Outgoing
from tests.integration.channels.certificate import make_certificate
from tests.integration.channels.desk import dripping
from tests.integration.channels.plain import NOW, Keyed, Plain, batch, handed, way
from tests.integration.channels.provider import Asked, Provider, providing, told


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


def test_many_leave_at_once_over_few_connections_and_each_once(provider: Provider) -> None:
    provider.wait = 0.02
    outcomes = handed(provider.url, 60, at_once=8)
    assert outcomes == [Outcome(one.key, "handed_over") for one in batch(60)]
    assert sorted(asked.headers["x-key"] for asked in provider.asked) == [one.key for one in batch(60)]
    assert (provider.connections, provider.most) == (8, 8)


def test_connections_are_used_again_by_the_next_batch_and_opened_anew_when_closed(provider: Provider) -> None:
    out = way(provider.url, at_once=1)
    for expected in (1, 2):
        with closing(out):
            for _ in range(2):
                assert [one.state for one in out.hand_over(batch(3))] == ["handed_over"] * 3
        assert provider.connections == expected


TAKES_NOTHING = "Plain takes nothing from us ({})"
NOT_NOW = "Plain does not take it now ({})"
MEANINGS = [
    (200, "", "handed_over", "", False),
    (202, "whatever", "handed_over", "", False),
    (301, "", "try_again", TAKES_NOTHING.format(301), True),
    (400, "", "refused", "Plain refuses it (400)", False),
    (400, "no_such_user", "refused", "Plain refuses it (400 no_such_user)", False),
    (400, "out_of_credit", "try_again", TAKES_NOTHING.format("400 out_of_credit"), True),
    (401, "", "try_again", TAKES_NOTHING.format(401), True),
    (402, "", "try_again", TAKES_NOTHING.format(402), True),
    (403, "", "try_again", TAKES_NOTHING.format(403), True),
    (404, "", "try_again", TAKES_NOTHING.format(404), True),
    (408, "", "try_again", NOT_NOW.format(408), False),
    (422, "ada@example.com is wrong", "refused", "Plain refuses it (422)", False),
    (500, "", "unknown", "Plain may have it or not (500)", False),
    (502, "", "unknown", "Plain may have it or not (502)", False),
    (504, "", "try_again", NOT_NOW.format(504), False),
]


@pytest.mark.parametrize(("status", "code", "state", "reason", "away"), MEANINGS)
def test_what_an_answer_means(
    provider: Provider, status: int, code: str, state: str, reason: str, away: bool
) -> None:
    provider.answer = lambda _: (status, {"location": f"{provider.url}/elsewhere"}, code.encode())
    [outcome] = handed(provider.url)
    assert (outcome.state, outcome.reason, outcome.away) == (state, reason, away)
    assert [asked.path for asked in provider.asked] == ["/send"]  # nowhere else


def test_where_a_key_makes_it_safe_what_is_doubtful_is_told_again(provider: Provider) -> None:
    provider.answer = lambda _: (500, {}, b"")
    [outcome] = handed(provider.url, kind=Keyed)
    assert (outcome.state, outcome.reason) == ("try_again", "Plain may have it; it is told again (500)")
    assert Keyed(HttpSettings(url=provider.url), lambda: NOW).keeps


@pytest.mark.parametrize("wait", ["1", "Mon, 02 Mar 2026 10:00:01 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_short_pause_is_waited_for_and_holds_for_all(provider: Provider, status: int, wait: str) -> None:
    def answer(asked: Asked) -> Any:
        first = any(asked is one for one in provider.asked[:2])
        return (status, {"retry-after": wait}, b"") if first else told()

    provider.answer = answer
    outcomes = handed(provider.url, 6, at_once=2)
    assert {one.state for one in outcomes} == {"handed_over"}
    assert len(provider.asked) == 8
    assert provider.times[2] - provider.times[1] > 0.9


def test_a_long_pause_ends_the_delivery_and_is_kept(provider: Provider) -> None:
    provider.answer = lambda _: (429, {"retry-after": "600"}, b"")
    with closing(way(provider.url, at_once=1)) as out:
        outcomes = list(out.hand_over(batch(4)))
        assert out.open() == NOT_NOW.format(429)
    assert [(one.state, one.after) for one in outcomes] == [("try_again", timedelta(minutes=10))] * 4
    assert (len(provider.asked), outcomes[-1].away) == (1, True)
    assert out.open() is None


def test_who_always_says_later_is_not_asked_for_ever(provider: Provider) -> None:
    provider.answer = lambda _: (503, {"retry-after": "0"}, b"")
    assert {one.state for one in handed(provider.url, 3, at_once=1)} == {"try_again"}
    assert len(provider.asked) == 3


def test_a_wrong_key_stops_the_others_and_loses_none(provider: Provider) -> None:
    provider.answer = lambda _: (401, {}, b"")
    outcomes = handed(provider.url, 20, at_once=2)
    assert {(one.state, one.away) for one in outcomes} == {("try_again", True)}
    assert len(provider.asked) <= 2


def test_no_more_a_second_than_is_said(provider: Provider) -> None:
    start = time.monotonic()
    handed(provider.url, 24, rate=20, at_once=16)
    assert time.monotonic() - start > 1.0
    assert all(later - one > 0.1 for one, later in zip(provider.times, provider.times[6:], strict=False))


@pytest.mark.parametrize(("rate", "claims"), [(0, 200), (0.2, 1), (2, 2), (14, 14), (5000, 200)])
def test_a_claim_covers_what_leaves_within_a_second(rate: float, claims: int) -> None:
    assert way("https://plain.example", rate=rate).batch == claims


# ── without an answer ───────────────────────────────────────────────────────


def test_where_nobody_listens_it_has_surely_not_left_and_few_are_tried() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    outcomes = handed(f"http://127.0.0.1:{port}", 40, at_once=2)
    assert {one.state for one in outcomes} == {"try_again"}
    assert outcomes[0].reason == NOT_NOW.format("no answer: ConnectError")
    assert (outcomes[-1].reason, outcomes[-1].away) == ("Plain does not answer", True)


@pytest.mark.parametrize(("kind", "state"), [(Plain, "unknown"), (Keyed, "try_again")])
def test_who_hangs_up_may_have_it(provider: Provider, kind: type[Plain], state: str) -> None:
    def hang_up(_: Asked) -> Any:
        raise ConnectionAbortedError

    provider.answer = hang_up
    outcomes = handed(provider.url, 20, kind, at_once=1)
    assert [one.state for one in outcomes] == [state] * LOST + ["try_again"] * (20 - LOST)
    assert len(provider.asked) == LOST
    assert "RemoteProtocolError" in outcomes[0].reason


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_drips_is_given_up(part: str) -> None:
    with dripping(part) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr("loyaltyloop.channels.http.way.CONNECT", 0.2)
        start = time.monotonic()
        [outcome] = handed(url, timeout=0.3)
    assert (outcome.state, time.monotonic() - start < 2) == ("unknown", True)
    assert outcome.reason == "Plain may have it or not (no answer: TimeoutError)"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 what\r\n\r\n",
        b"\x00" * 300_000,
        b"HTTP/1.1 400 X\r\ncontent-length: 2\r\n\r\n\xff\xff",
    ],
    ids=range(4),
)
def test_what_is_no_answer_is_doubtful(answer: bytes) -> None:
    with dripping("whole", answer) as url:
        [outcome] = handed(url)
    assert outcome.state == "unknown"


def test_no_more_of_an_answer_is_read_than_is_needed(provider: Provider) -> None:
    provider.answer = lambda _: (200, {}, b"x" * 30_000_000)
    start = time.monotonic()
    [outcome] = handed(provider.url)
    assert (outcome.state, time.monotonic() - start < 2) == ("handed_over", True)


# ── what is kept to oneself ─────────────────────────────────────────────────


def test_a_certificate_must_hold(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "localhost")
    with providing(certificate=certificate) as provider:
        trusted = ssl.create_default_context(cafile=certificate)
        with closing(way(provider.url, context=trusted)) as out:
            assert [one.state for one in out.hand_over(batch())] == ["handed_over"]
        [stranger] = handed(provider.url)
        [elsewhere] = handed(provider.url.replace("localhost", "127.0.0.1"))
    assert len(provider.asked) == 1
    for one in (stranger, elsewhere):
        assert (one.state, one.reason.endswith("CERTIFICATE_VERIFY_FAILED)")) == ("try_again", True)


def test_no_proxy_is_asked(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert [one.state for one in handed(provider.url)] == ["handed_over"]


def test_neither_addresses_nor_words_of_answers_are_logged(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.answer = lambda _: (400, {}, b"ada@example.com is no address, said token-123")
    [outcome] = handed(provider.url)
    assert "ada@" not in caplog.text + outcome.reason
    assert "token" not in caplog.text + outcome.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "ftp://127.0.0.1",
        "https://",
        "https://u:p@api.example",
        "https://a.example/?k=1",
        "x",
    ],
)
def test_where_keys_would_travel_in_the_clear_nothing_goes(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        HttpSettings(url=url)


def test_what_cannot_be_asked_is_refused_and_harms_no_other(provider: Provider) -> None:
    class Choosy(Plain):
        def request(self, outgoing: Outgoing) -> Request:
            if outgoing.key == "key-001":
                raise ValueError
            return super().request(outgoing)

    outcomes = handed(provider.url, 3, Choosy)
    assert [one.state for one in outcomes] == ["handed_over", "refused", "handed_over"]
    assert outcomes[1].reason == "Plain cannot be asked for it"


def test_whether_a_service_can_be_reached_is_told_without_a_request(provider: Provider) -> None:
    with closing(way(provider.url)) as out:
        assert out.reach() is None
    assert provider.asked == []
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with closing(way(f"http://127.0.0.1:{port}")) as out:
        assert out.reach() == f"no connection to 127.0.0.1:{port} (refused)"


def test_a_service_is_reached_by_tls_that_is_believed(tmp_path: Path) -> None:
    path = make_certificate(tmp_path, "localhost")
    with providing(certificate=path) as provider:
        port = urlsplit(provider.url).port
        with closing(
            way(f"https://localhost:{port}", context=ssl.create_default_context(cafile=path))
        ) as out:
            assert out.reach() is None
        with closing(way(f"https://localhost:{port}")) as out:
            assert out.reach() == f"no TLS with localhost:{port} (CERTIFICATE_VERIFY_FAILED)"
        with closing(way(f"https://127.0.0.1:{port}")) as out:
            assert "CERTIFICATE_VERIFY_FAILED" in str(out.reach())


def test_a_service_that_says_nothing_is_given_up_in_time() -> None:
    with socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        said = not_reached(f"https://127.0.0.1:{port}", patience=0.2)
    assert said == f"no connection to 127.0.0.1:{port} (no answer in time)"
    assert not_reached("https://" + "x" * 70 + ".example") is not None  # no name at all
