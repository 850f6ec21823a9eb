"""Calls that are really posted, to a real server on this machine: taken, refused, slow, hostile, gone."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

import pytest

from loyaltyloop.channels.calls.post import LOST, Posts
from loyaltyloop.channels.calls.reaching import EACH
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.signing import read_secrets
from tests.integration.channels.certificate import make_certificate
from tests.integration.channels.desk import Desk, desk, dripping

PRIVATE = "the address leads into a private network: make it a hook of shop.yaml"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
NEAR, FAR = "LOOP_HOOK_DESK_SECRET", "LOOP_HOOK_SECRET"
SECRETS = {
    NEAR: "whsec_" + "A" * 32,
    FAR: "whsec_" + "B" * 32,
    "LOOP_HOOK_TWO_SECRET": f"whsec_{'C' * 32}, whsec_{'D' * 32}",
}


def posts(timeout: float = 5.0, context: ssl.SSLContext | None = None) -> Posts:
    def secrets(name: str) -> list[bytes]:
        if name not in SECRETS:
            raise LookupError(f"there is no secret to sign it with: set {name}")
        return read_secrets(SECRETS[name])

    return Posts(secrets, lambda: NOW, lambda name: name != FAR, context, timeout)


def call(url: str, key: str = "key", name: str = NEAR, age: timedelta = timedelta()) -> Outgoing:
    return Outgoing(key, name, url, b'{"a": 1}', age)


def handed(*calls: Outgoing, timeout: float = 5.0, context: ssl.SSLContext | None = None) -> list[Outcome]:
    with closing(posts(timeout, context)) as way:
        assert way.open() is None
        return list(way.hand_over(calls))


@pytest.fixture
def help_desk() -> Iterator[Desk]:
    with desk() as told:
        yield told


def test_many_leave_at_once_over_few_connections_and_each_once(help_desk: Desk) -> None:
    help_desk.wait = 0.01
    keys = [f"key-{number:03}" for number in range(120)]
    outcomes = handed(*(call(help_desk.url, key) for key in keys))
    assert outcomes == [Outcome(key, "handed_over") for key in keys]
    assert help_desk.ids == keys
    assert help_desk.connections <= 8


def test_connections_are_used_again_by_the_next_batch(help_desk: Desk) -> None:
    with closing(posts()) as way:
        for key in ("one", "two", "three"):
            assert [one.state for one in way.hand_over([call(help_desk.url, key)])] == ["handed_over"]
    assert help_desk.connections == 1


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (200, "handed_over", ""),
        (204, "handed_over", ""),
        (301, "refused", "the hook is elsewhere (301): write its new address"),
        (307, "refused", "the hook is elsewhere (307): write its new address"),
        (400, "refused", "the hook refuses it (400)"),
        (401, "refused", "the hook refuses it (401)"),
        (410, "refused", "the hook refuses it (410)"),
        (408, "try_again", "the hook does not take it now (408)"),
        (425, "try_again", "the hook does not take it now (425)"),
        (429, "try_again", "the hook does not take it now (429)"),
        (500, "try_again", "the hook does not take it now (500)"),
        (503, "try_again", "the hook does not take it now (503)"),
    ],
)
def test_what_a_status_means(help_desk: Desk, status: int, state: str, reason: str) -> None:
    help_desk.status, help_desk.body = status, b""
    help_desk.headers = {"location": f"{help_desk.url}/elsewhere"}
    [outcome] = handed(call(help_desk.url))
    assert (outcome.state, outcome.reason) == (state, reason)
    assert [path for path, _, _ in help_desk.calls] == ["/desk"]  # nowhere else


@pytest.mark.parametrize(
    ("wanted", "age", "after"),
    [
        ("", timedelta(), timedelta(minutes=1)),
        ("", timedelta(minutes=40), timedelta(minutes=40)),
        ("", timedelta(days=2), timedelta(hours=6)),
        ("120", timedelta(), timedelta(minutes=2)),
        ("120", timedelta(hours=1), timedelta(hours=1)),
        ("9999999", timedelta(), timedelta(days=1)),
        ("Mon, 02 Mar 2026 12:00:00 GMT", timedelta(), timedelta(hours=2)),
        ("Mon, 02 Mar 2020 12:00:00 GMT", timedelta(), timedelta(minutes=1)),
        ("soon", timedelta(), timedelta(minutes=1)),
        ("-5", timedelta(), timedelta(minutes=1)),
        ("99999999999999999999", timedelta(), timedelta(minutes=1)),
    ],
)
def test_when_it_is_tried_again(help_desk: Desk, wanted: str, age: timedelta, after: timedelta) -> None:
    help_desk.status = 503
    help_desk.headers = {"retry-after": wanted} if wanted else {}
    [outcome] = handed(call(help_desk.url, age=age))
    assert outcome.after == after


def test_it_is_signed_by_all_its_secrets_while_one_is_changed(help_desk: Desk) -> None:
    handed(call(help_desk.url, name="LOOP_HOOK_TWO_SECRET"))
    [(_, headers, _)] = help_desk.calls
    assert [one[:3] for one in headers["webhook-signature"].split()] == ["v1,", "v1,"]


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, "there is no secret to sign it with: set LOOP_HOOK_LOST_SECRET"),
        ("hunter2", "a secret begins with whsec_"),
        ("whsec_***", "behind whsec_ stands no base64"),
        ("whsec_QUJD", "a secret has 24 to 64 bytes"),
    ],
)
def test_without_a_secret_nothing_is_sent(
    help_desk: Desk, monkeypatch: pytest.MonkeyPatch, secret: str | None, reason: str
) -> None:
    if secret:
        monkeypatch.setitem(SECRETS, "LOOP_HOOK_LOST_SECRET", secret)
    [outcome, other] = handed(call(help_desk.url, name="LOOP_HOOK_LOST_SECRET"), call(help_desk.url, "other"))
    assert (outcome.state, outcome.reason) == ("try_again", reason)
    assert other.state == "handed_over"
    assert help_desk.ids == ["other"]


def test_a_desk_that_hangs_costs_two_time_outs_at_most_and_holds_up_no_other(help_desk: Desk) -> None:
    with desk() as other:
        help_desk.wait = 4
        calls = [call(help_desk.url, f"slow-{n}") for n in range(60)] + [
            call(other.url, f"ok-{n}") for n in range(40)
        ]
        start = time.monotonic()
        outcomes = handed(*calls, timeout=1)
        seconds = time.monotonic() - start
    assert {one.state for one in outcomes[:60]} == {"try_again"}
    assert {one.state for one in outcomes[60:]} == {"handed_over"}
    assert seconds < 3.5
    assert len(help_desk.calls) < EACH + LOST
    assert not any(one.away for one in outcomes)


def test_where_nobody_listens_only_a_few_are_tried() -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    outcomes = handed(*(call(f"http://127.0.0.1:{port}/x", f"key-{n}") for n in range(100)))
    reasons = {one.reason for one in outcomes}
    assert reasons == {
        f"no answer from http://127.0.0.1:{port} (ConnectError)", f"http://127.0.0.1:{port} does not answer",
    }  # fmt: skip


def test_no_more_of_an_answer_is_read_than_is_needed(help_desk: Desk) -> None:
    help_desk.body = b"x" * 30_000_000
    start = time.monotonic()
    [outcome] = handed(call(help_desk.url))
    assert (outcome.state, time.monotonic() - start < 2) == ("handed_over", True)


@pytest.mark.parametrize("part", ["head", "body"])
def test_an_answer_that_drips_is_given_up(part: str) -> None:
    with dripping(part) as url:
        start = time.monotonic()
        [outcome] = handed(call(url), timeout=0.5)
    assert (outcome.state, outcome.reason) == ("try_again", f"no answer from {url[:-2]} (TimeoutError)")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 what\r\n\r\n", b"\x00" * 300_000, b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000]
)
def test_what_is_no_answer_is_tried_again(answer: bytes) -> None:
    with dripping("whole", answer) as url:
        [outcome] = handed(call(url), timeout=1)
    assert outcome.state == "try_again"
    assert outcome.reason.startswith("no answer from http://127.0.0.1")


@pytest.mark.parametrize(
    ("url", "name", "reason"),
    [
        ("http://desk.example/in", NEAR, "calls are posted over https alone"),
        ("http://10.0.0.1/in", NEAR, "calls are posted over https alone"),
        ("ftp://127.0.0.1/in", NEAR, "calls are posted over https alone"),
        ("http://127.0.0.1:1/in", FAR, "calls are posted over https alone"),
        ("https://127.0.0.1:1/in", FAR, PRIVATE),
        ("https://localhost:1/in", FAR, PRIVATE),
        ("https://[::ffff:10.0.0.1]/in", FAR, PRIVATE),
        ("https://192.168.1.1/in", FAR, PRIVATE),
        ("https://169.254.169.254/latest", NEAR, "the hook's name leads to an address that is no server's"),
        ("https://[fe80::1]/in", NEAR, "the hook's name leads to an address that is no server's"),
        ("https://0.0.0.0/in", NEAR, "the hook's name leads to an address that is no server's"),
        ("https://shop:secret@127.0.0.1:1/in", NEAR, "the address holds a user name or a password"),
    ],
    ids=range(12),
)  # fmt: skip
def test_where_no_call_goes(url: str, name: str, reason: str) -> None:
    assert handed(call(url, name=name)) == [Outcome("key", "refused", reason)]


@pytest.mark.parametrize(
    "url", ["https://", "https://[::1", "https://a b/", "no address", "https://desk..example/"]
)
def test_what_is_no_address_harms_no_other(url: str, help_desk: Desk) -> None:
    [wrong, right] = handed(call(url, "wrong"), call(help_desk.url, "right"))
    assert wrong.state in ("refused", "try_again")
    assert right.state == "handed_over"


def test_a_certificate_must_hold(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "localhost")
    with desk(certificate) as told:
        url = told.url.replace("http:", "https:").replace("127.0.0.1", "localhost")
        trusted = ssl.create_default_context(cafile=certificate)
        [outcome] = handed(call(url), context=trusted)
        assert (outcome.state, told.ids) == ("handed_over", ["key"])
        [stranger] = handed(call(url))
        [elsewhere] = handed(call(url.replace("localhost", "127.0.0.1")), context=trusted)
    assert told.ids == ["key"]
    for one in (stranger, elsewhere):
        assert (one.state, one.reason.endswith("(CERTIFICATE_VERIFY_FAILED)")) == ("try_again", True)


def test_no_proxy_is_asked(help_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert [one.state for one in handed(call(help_desk.url))] == ["handed_over"]


def test_closed_it_opens_anew(help_desk: Desk) -> None:
    way = posts()
    for key in ("one", "two"):
        with closing(way):
            assert [one.state for one in way.hand_over([call(help_desk.url, key)])] == ["handed_over"]
    way.close()
    assert help_desk.ids == ["one", "two"]
