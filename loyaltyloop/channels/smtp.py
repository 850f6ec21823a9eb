"""The way out by SMTP: one connection for many messages; what is not certain is `unknown`."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loyaltyloop.channels.out import Outcome, Outgoing, State, WayOut
from loyaltyloop.journey.addresses import is_local
from loyaltyloop.settings import Settings

TIMEOUT = 30.0  # seconds for each answer
# So many messages in a row that lost their connection: one may be to blame itself, not two.
LOST = 2
_DOTS = re.compile(rb"(?m)^\.")
_STATUS = re.compile(rb"\b[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True)
class Server:
    """Where to connect, and how. `tls`: none, starttls, or tls from the first byte."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "starttls"
    context: ssl.SSLContext | None = None  # for a server whose certificate is the operator's own


class Smtp(WayOut):
    """Hands messages to a mail server. SMTP knows no repetition, so a lost answer is never tried again."""

    name = "smtp"
    idempotent = False
    batch = 50

    def __init__(self, server: Server, timeout: float = TIMEOUT) -> None:
        self._server = server
        self.far = not is_local(server.host)
        self._timeout = timeout
        self._connection: smtplib.SMTP | None = None

    @classmethod
    def of(cls, settings: Settings) -> Smtp:
        """The server that the settings name."""
        password = settings.smtp_password.get_secret_value()
        return cls(
            Server(settings.smtp_host, settings.smtp_port, settings.smtp_user, password, settings.smtp_tls)
        )

    def open(self) -> str | None:
        return self._connect()

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Each message by itself; a connection that broke before anything was sent is opened once more.

        A server that hangs costs its time-out with each try, so it is not tried again for every message.
        """
        away, lost = None, 0
        for message in batch:
            connection = away or self._ready()
            if isinstance(connection, str):
                away = connection
                yield Outcome(message.key, "try_again", away, away=True)
                continue
            state, reason = self._send(connection, message)
            lost = lost + 1 if self._connection is None else 0
            if lost == LOST:
                away = "the mail server loses one connection after the other"
            yield Outcome(message.key, state, reason)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()

    def _ready(self) -> smtplib.SMTP | str:
        """A connection over which a message can be sent; or why there is none."""
        failed = self._connect()
        if failed is None and not self._alive():
            self.close()
            failed = self._connect()
        return failed or self._connection or "no connection"

    def _alive(self) -> bool:
        """Is the connection still there? Asked by RSET, which also forgets a half-told message."""
        try:
            return self._connection is not None and self._connection.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _connect(self) -> str | None:
        """Why there is no connection; None when there is one."""
        if self._connection is not None:
            return None
        try:
            self._connection = _connect(self._server, self._timeout)
        except smtplib.SMTPAuthenticationError as error:
            return f"the mail server does not accept user and password ({error.smtp_code})"
        except smtplib.SMTPNotSupportedError:
            return "the mail server does not offer what is asked for (STARTTLS or AUTH)"
        except ssl.SSLError as error:
            return f"no trusted connection to the mail server ({error.reason or 'TLS failed'})"
        except (smtplib.SMTPException, OSError) as error:
            return f"no connection to the mail server ({type(error).__name__})"
        except (ValueError, OverflowError) as error:  # a name that is none, a password beyond ASCII
            return f"the mail server cannot be asked with these settings ({type(error).__name__})"
        return None

    def _send(self, connection: smtplib.SMTP, message: Outgoing) -> tuple[State, str]:
        try:
            code, answer = _offer(connection, message)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return "try_again", f"the connection was lost before the message left ({type(error).__name__})"
        if code != 354:
            return _judged(code, answer)
        try:
            connection.send(_on_the_wire(message.raw))
            code, answer = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return "unknown", f"the connection was lost before the answer came ({type(error).__name__})"
        return ("handed_over", "") if 200 <= code < 300 else _judged(code, answer)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _connect(server: Server, timeout: float) -> smtplib.SMTP:
    context = server.context or ssl.create_default_context()
    if server.tls == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=timeout, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        if server.tls == "starttls":
            connection.starttls(context=context)
        connection.ehlo_or_helo_if_needed()
        if server.user:
            _log_in(connection, server)
    except BaseException:
        connection.close()
        raise
    return connection


def _log_in(connection: smtplib.SMTP, server: Server) -> None:
    try:
        connection.login(server.user, server.password)
    except smtplib.SMTPServerDisconnected as error:  # some hang up on a wrong password
        raise smtplib.SMTPAuthenticationError(535, b"") from error


def _offer(connection: smtplib.SMTP, message: Outgoing) -> tuple[int, bytes]:
    """Sender, recipient and DATA: 354 when the server waits for the message, else its refusal."""
    options = []
    if not (message.to + message.sender).isascii():
        if not connection.has_extn("smtputf8"):
            return 553, b"5.6.7 the mail server takes no such address"
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        connection.command_encoding = "utf-8"
    code, answer = connection.mail(message.sender, options)
    if code == 250:
        code, answer = connection.rcpt(message.to)
    if code in (250, 251):
        code, answer = connection.docmd("DATA")
    return code, answer


def _on_the_wire(raw: bytes) -> bytes:
    """The message with its dots doubled, and the line that ends it (RFC 5321, 4.5.2)."""
    whole = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return _DOTS.sub(b"..", whole) + b".\r\n"


def _judged(code: int, answer: bytes) -> tuple[State, str]:
    """5xx is for good, all else passes. The server's words may hold addresses: only its codes are kept."""
    status = _STATUS.search(answer or b"")
    shown = f"{code} {status[0].decode()}" if status else str(code)
    if 500 <= code < 600:
        return "refused", f"the mail server refuses it ({shown})"
    return "try_again", f"the mail server does not take it now ({shown})"
