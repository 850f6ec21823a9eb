"""SMTP against a real server in this process: what is taken, refused, put off, lost, and encrypted."""

from __future__ import annotations

import socket
import ssl
from asyncio import Transport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from loyaltyloop.channels.mail.smtp import Server, Smtp
from loyaltyloop.channels.out import Outcome, Outgoing
from tests.integration.channels.certificate import make_certificate
from tests.integration.channels.hanging import failing

RAW = b"Subject: Hello\r\n\r\n.dots\r\n..\r\n.\r\nend"


def _outgoing(number: int = 0, to: str = "ada@example.com") -> Outgoing:
    return Outgoing(f"key-{number}", "hello@shop.example", to, RAW)


@dataclass
class Mailbox:
    """A server's handler: answers as told, keeps what it took."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    taken: list[Envelope] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data == "disconnect":
            assert isinstance(server.transport, Transport)
            server.transport.abort()
            return "250 never heard"
        if self.data.startswith("250"):
            self.taken.append(envelope)
        return self.data


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _serving(mailbox: Mailbox, **settings: Any) -> Iterator[Server]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), **settings)
    controller.start()
    try:
        yield Server("127.0.0.1", controller.port, tls="none")
    finally:
        controller.stop()


def _send(server: Server, *messages: Outgoing) -> list[Outcome]:
    out = Smtp(server, timeout=5)
    try:
        return list(out.hand_over(messages or [_outgoing()]))
    finally:
        out.close()


def test_many_messages_over_one_connection() -> None:
    mailbox = Mailbox()
    with _serving(mailbox) as server:
        outcomes = _send(server, *(_outgoing(n) for n in range(3)))
    assert outcomes == [Outcome(f"key-{n}", "handed_over") for n in range(3)]
    assert len(mailbox.sessions) == 1
    for envelope in mailbox.taken:
        assert envelope.mail_from == "hello@shop.example"
        assert envelope.rcpt_tos == ["ada@example.com"]
        assert envelope.content == RAW + b"\r\n"


@pytest.mark.parametrize("where", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 5.1.1 no such mailbox ada@example.com", ("refused", "the mail server refuses it (550 5.1.1)")),
        ("452 4.2.2 full", ("try_again", "the mail server does not take it now (452 4.2.2)")),
        ("554 go away", ("refused", "the mail server refuses it (554)")),
    ],
)
def test_for_good_and_for_now(where: str, answer: str, outcome: tuple[str, str]) -> None:
    mailbox = Mailbox(rcpt=answer) if where == "rcpt" else Mailbox(data=answer)
    with _serving(mailbox) as server:
        (found,) = _send(server)
    assert (found.state, found.reason) == outcome
    assert "ada" not in found.reason


def test_a_refused_message_does_not_spoil_the_next() -> None:
    mailbox = Mailbox()
    with _serving(mailbox) as server:
        out = Smtp(server, timeout=5)
        mailbox.rcpt = "550 5.1.1 no"
        assert [one.state for one in out.hand_over([_outgoing(1)])] == ["refused"]
        mailbox.rcpt = "250 OK"
        assert [one.state for one in out.hand_over([_outgoing(2)])] == ["handed_over"]
        out.close()
    assert len(mailbox.sessions) == 1


def test_a_connection_lost_after_the_message_is_unknown() -> None:
    mailbox = Mailbox(data="disconnect")
    with _serving(mailbox) as server:
        out = Smtp(server, timeout=5)
        (lost,) = out.hand_over([_outgoing(1)])
        mailbox.data = "250 OK"
        (next_one,) = out.hand_over([_outgoing(2)])
        out.close()
    assert lost.state == "unknown"
    assert "before the answer came" in lost.reason
    assert next_one.state == "handed_over"
    assert not out.idempotent


def test_a_connection_lost_between_two_messages_is_opened_anew() -> None:
    mailbox = Mailbox()
    with _serving(mailbox) as server:
        out = Smtp(server, timeout=5)
        assert [one.state for one in out.hand_over([_outgoing(1)])] == ["handed_over"]
        port = server.port
    with _serving_on(port, mailbox):
        assert [one.state for one in out.hand_over([_outgoing(2)])] == ["handed_over"]
        out.close()
    assert len(mailbox.taken) == 2


@contextmanager
def _serving_on(port: int, mailbox: Mailbox) -> Iterator[None]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def test_a_connection_lost_before_the_message_left_is_tried_again() -> None:
    """A server that hangs up when it hears DATA."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as stream:
                stream.write(b"220 hello\r\n")
                stream.flush()
                for line in stream:
                    if line.upper().startswith(b"DATA"):
                        return
                    stream.write(b"250 OK\r\n")
                    stream.flush()

        thread = Thread(target=serve)
        thread.start()
        (outcome,) = _send(Server("127.0.0.1", port, tls="none"))
        thread.join()
    assert outcome.state == "try_again"


def test_no_server_is_tried_again() -> None:
    outcomes = _send(Server("127.0.0.1", _free_port(), tls="none"), _outgoing(1), _outgoing(2))
    assert [one.state for one in outcomes] == ["try_again", "try_again"]
    assert outcomes[0].reason == "no connection to the mail server (ConnectionRefusedError)"


@pytest.mark.parametrize(
    ("at", "connections", "states"),
    [
        (b"", 1, ["try_again"] * 5),
        (b"MAIL", 2, ["try_again"] * 5),
        (b".", 2, ["unknown"] * 2 + ["try_again"] * 3),
    ],
)
def test_a_server_that_hangs_is_not_tried_for_every_message(
    at: bytes, connections: int, states: list[str]
) -> None:
    with failing(at) as server:
        outcomes = list(Smtp(server.settings, timeout=0.2).hand_over(_outgoing(n) for n in range(5)))
    assert [one.state for one in outcomes] == states
    assert [one.away for one in outcomes][-3:] == [True] * 3
    assert server.connections == connections


def test_one_message_that_costs_the_connection_does_not_stop_the_others() -> None:
    poison = _outgoing(2, to="poison@example.com")
    with failing(b"RCPT TO:<POISON", hangs_up=True) as server:
        outcomes = _send(server.settings, _outgoing(1), poison, _outgoing(3), poison, _outgoing(5))
    assert [one.state for one in outcomes] == [*["handed_over", "try_again"] * 2, "handed_over"]
    assert not any(one.away for one in outcomes)
    assert len(server.taken) == 3


@pytest.mark.parametrize(
    "server",
    [
        Server("mail..example.com", 25),
        Server(".example.com", 25),
        Server("127.0.0.1", 70_000),
        Server("x" * 300, 25),
    ],
)
def test_settings_that_cannot_be_used_are_told(server: Server) -> None:
    out = Smtp(server, timeout=1)
    told = out.open()
    assert told is not None
    assert "mail server" in told
    assert list(out.hand_over([_outgoing()])) == [Outcome("key-0", "try_again", told, away=True)]


def test_a_password_beyond_ascii_is_told() -> None:
    def plain(*_: Any) -> AuthResult:
        return AuthResult(success=True)

    settings = {"authenticator": plain, "auth_require_tls": False}
    with _serving(Mailbox(), **settings) as server:
        told = Smtp(replace(server, user="shop", password="pässwört"), timeout=5).open()
    assert told == "the mail server cannot be asked with these settings (UnicodeEncodeError)"


def test_addresses_beyond_ascii() -> None:
    mailbox = Mailbox()
    with _serving(mailbox, enable_SMTPUTF8=True) as server:
        assert [one.state for one in _send(server, _outgoing(to="zoë@example.com"))] == ["handed_over"]
    assert mailbox.taken[0].rcpt_tos == ["zoë@example.com"]
    with _serving(Mailbox(), enable_SMTPUTF8=False) as server:
        assert [one.state for one in _send(server, _outgoing(to="zoë@example.com"))] == ["refused"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for 127.0.0.1, with its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


def _offered(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def _log_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.password == b"right", handled=False)


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_starttls_and_a_password(certificate: Path, password: str) -> None:
    mailbox = Mailbox()
    trusted = ssl.create_default_context(cafile=str(certificate))
    settings = {"tls_context": _offered(certificate), "authenticator": _log_in, "auth_required": True}
    with _serving(mailbox, **settings) as server:
        whole = replace(server, tls="starttls", context=trusted, user="shop", password=password)
        (outcome,) = _send(whole)
    if password == "right":
        assert outcome.state == "handed_over"
        assert mailbox.taken[0].content == RAW + b"\r\n"
    else:
        assert outcome.state == "try_again"
        assert "user and password" in outcome.reason
        assert "wrong" not in outcome.reason


def test_tls_from_the_first_byte(certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate))
    mailbox = Mailbox()
    with _serving(mailbox, ssl_context=_offered(certificate)) as server:
        assert [one.state for one in _send(replace(server, tls="tls", context=trusted))] == ["handed_over"]
        (stranger,) = _send(replace(server, tls="tls"))
    assert stranger.state == "try_again"
    assert "no trusted connection" in stranger.reason


def test_a_server_without_starttls_gets_nothing() -> None:
    mailbox = Mailbox()
    with _serving(mailbox) as server:
        (outcome,) = _send(replace(server, tls="starttls"))
    assert outcome.state == "try_again"
    assert not mailbox.taken
