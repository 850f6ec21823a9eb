"""One connection to a mail server: message after message; what is not certain is `unknown`."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass

from loyaltyloop.channels.out import Outcome, Outgoing, State

_DOTS = re.compile(rb"(?m)^\.")
_STATUS = re.compile(rb"\b[245]\.\d{1,3}\.\d{1,3}\b")
# What a connection that was closed meanwhile says: the message that finds it so has surely not left.
_STALE = (smtplib.SMTPServerDisconnected, ConnectionError)


@dataclass(frozen=True)
class Server:
    """Where to connect, and how. `tls`: none, starttls, or tls from the first byte.

    `connections`: so many at once.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "starttls"
    context: ssl.SSLContext | None = None  # for a server whose certificate is the operator's own
    connections: int = 1


class Line:
    """A connection, opened when it is needed. `lost`: so many messages in a row have cost it."""

    def __init__(self, server: Server, timeout: float) -> None:
        self._server, self._timeout = server, timeout
        self._connection: smtplib.SMTP | None = None
        self._used = self._half_told = False
        self.lost = 0

    @property
    def connected(self) -> bool:
        """Is there a connection, as far as is known?"""
        return self._connection is not None

    def connect(self) -> str | None:
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
        self._used = self._half_told = False
        return None

    def send(self, message: Outgoing) -> Outcome:
        """Hand over one message; a connection that was closed since the last is opened once more."""
        found = self._send(message)
        if found is None and (failed := self.connect()):
            return Outcome(message.key, "try_again", failed)
        state, reason = found or self._send(message) or ("try_again", "the connection was lost")
        self.lost = self.lost + 1 if self._connection is None else 0
        return Outcome(message.key, state, reason)

    def close(self) -> None:
        """Say goodbye."""
        self.lost = 0
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()

    def _send(self, message: Outgoing) -> tuple[State, str] | None:
        """What became of it; None: the connection was closed before, since an earlier message."""
        connection, used = self._connection, self._used
        assert connection is not None
        self._used = True
        try:
            if self._half_told:
                connection.rset()
            self._half_told = True
            code, answer = _offer(connection, message)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            if used and isinstance(error, _STALE):
                return None
            return "try_again", f"the connection was lost before the message left ({type(error).__name__})"
        if code != 354:
            return _judged(code, answer)
        try:
            connection.send(_on_the_wire(message.raw))
            code, answer = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return "unknown", f"the connection was lost before the answer came ({type(error).__name__})"
        self._half_told = False
        if not 200 <= code < 600 or 300 <= code < 400:  # smtplib says -1 of what is no answer
            self._drop()
            return "unknown", "the mail server's answer cannot be read"
        return ("handed_over", "") if code < 300 else _judged(code, answer)

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
    """Sender, recipient and DATA: 354 when the server waits for the message, else its refusal.

    A server that reports failures by RFC 3461 is asked to: by our key, of failures and delays, without the
    message's text.
    """
    options, wanted = [], []
    if not (message.to + message.sender).isprintable():
        return 553, b"5.1.3 no address"
    if not (message.to + message.sender).isascii():
        if not connection.has_extn("smtputf8"):
            return 553, b"5.6.7 the mail server takes no such address"
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        connection.command_encoding = "utf-8"
    if connection.has_extn("dsn"):
        options += ["RET=HDRS", f"ENVID={message.key}"]
        wanted = ["NOTIFY=FAILURE,DELAY"]
        if message.to.isascii():  # what is told of the address to which it is passed on is told of this one
            wanted += [f"ORCPT=rfc822;{_xtext(message.to)}"]
    if connection.has_extn("pipelining"):
        return _offer_at_once(connection, message, options, wanted)
    code, answer = connection.mail(message.sender, options)
    if code == 250:
        code, answer = connection.rcpt(message.to, wanted)
    if code in (250, 251):
        code, answer = connection.docmd("DATA")
    return code, answer


def _xtext(text: str) -> str:
    """RFC 3461: what would end a parameter, or stands for another sign, is written in hex."""
    return "".join(one if "!" <= one <= "~" and one not in "+=" else f"+{ord(one):02X}" for one in text)


def _offer_at_once(
    connection: smtplib.SMTP, message: Outgoing, options: list[str], wanted: list[str]
) -> tuple[int, bytes]:
    """The same in one go (RFC 2920), for which a distant server takes a third of the time."""
    lines = [
        " ".join([f"MAIL FROM:<{message.sender}>", *options]),
        " ".join([f"RCPT TO:<{message.to}>", *wanted]),
        "DATA\r\n",
    ]
    connection.send("\r\n".join(lines))
    mail, to, data = connection.getreply(), connection.getreply(), connection.getreply()
    refused = mail if mail[0] != 250 else to if to[0] not in (250, 251) else None
    if refused and data[0] == 354:  # it waits for a message to nobody: an empty one, which it refuses
        connection.send(b".\r\n")
        connection.getreply()
    return refused or data


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
