"""A message as bytes (RFC 5322, MIME), by filling prepared parts: the same bytes whenever it is made.

They hang on nothing but what was stored with the claim.

The standard library's `email` takes a millisecond for what a template of bytes does in microseconds; the
tests read the result back with it.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol

from loyaltyloop.channels.mailbox import wire_address
from loyaltyloop.channels.out import Outgoing
from loyaltyloop.journey.model import Shop

LINE = 990  # RFC 5322 allows 998
ENCODED_WORD = 45  # bytes: 60 in base64, which with its frame stays under the 75 of RFC 2047
# HTML reads a reference to one of these controls as another sign, for old times' sake.
_CONTROLS = re.compile(rb"&#1(2[89]|[34]\d|5\d);").search
ATOM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_'!&+*/")

_WHOLE = """\
From: {sender}\r
To: {to}\r
Subject: {subject}\r
Date: {date}\r
Message-ID: {message_id}\r
{unsubscribe}MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary="=_{key}"\r
\r
--=_{key}\r
Content-Type: text/plain; charset="utf-8"\r
Content-Transfer-Encoding: quoted-printable\r
\r
"""
_HTML = """\
\r
--=_{key}\r
Content-Type: text/html; charset="utf-8"\r
Content-Transfer-Encoding: {encoding}\r
\r
"""
_END = "\r\n--=_{key}--\r\n"


class Written(Protocol):
    """A claimed message with its rendered body, as it is stored."""

    @property
    def key(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def decided_at(self) -> datetime: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def unsubscribe(self) -> str: ...


def sender_of(shop: Shop) -> str:
    """From whom messages of this shop are: `name <address>`, as a claim stores it."""
    return f"{shop.sender.name} <{shop.sender.email}>"


@dataclass(frozen=True, slots=True)
class MailParts:
    """A message by its parts, as providers want them; its bytes are made when they are asked for.

    `name`, `sender`, `to`: the sender's name, and bare addresses with domains in ASCII. `unsubscribe`: the
    address behind the link, empty where there is nothing to unsubscribe from.
    """

    key: str
    name: str
    sender: str
    to: str
    subject: str
    decided_at: datetime
    html: str
    text: str
    unsubscribe: str

    @property
    def message_id(self) -> str:
        """Known before the message leaves, and found again in answers to it."""
        return f"<{self.key}@{self.sender.rpartition('@')[2]}>"

    def from_header(self) -> str:
        """Name and address, as a header has them: in ASCII, and maybe in several lines."""
        return _sender(self.name, self.sender)

    def from_text(self) -> str:
        """Name and address, as they are written where all signs may be."""
        return f"{_quotes(self.name)} <{self.sender}>" if self.name else self.sender

    def unsubscribing(self) -> dict[str, str]:
        """RFC 8058's headers, where the message can be unsubscribed from."""
        if not self.unsubscribe:
            return {}
        token = self.unsubscribe.rpartition("/")[2]
        return {
            "List-Unsubscribe": f"<{self.unsubscribe}>, <mailto:{self.sender}?subject=unsubscribe%20{token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def __bytes__(self) -> bytes:
        head = _WHOLE.format(
            sender=self.from_header(),
            to=self.to,
            subject=header_text(self.subject),
            date=_date(self.decided_at),
            message_id=self.message_id,
            key=self.key,
            unsubscribe="".join(
                f"{name}: {value}\r\n".replace(">, <", ">,\r\n <")
                for name, value in self.unsubscribing().items()
            ),
        )
        encoding, html = _html(self.html)
        return b"".join(
            (
                head.encode(),
                _quoted(self.text),
                _HTML.format(key=self.key, encoding=encoding).encode(),
                html,
                _END.format(key=self.key).encode(),
            )
        )


def assemble(message: Written) -> Outgoing:
    """The message, ready to leave. ValueError for a header that would break out of its line."""
    name, _, address = message.sender.rpartition(" <")
    sender = wire_address(_line(address.removesuffix(">")))
    to = wire_address(_line(message.to))
    subject, unsubscribe = _line(message.subject), _line(message.unsubscribe)
    parts = MailParts(
        message.key,
        _line(name),
        sender,
        to,
        subject,
        message.decided_at,
        message.html,
        message.text,
        unsubscribe,
    )
    return Outgoing(message.key, sender, to, parts)


def parts_of(outgoing: Outgoing) -> MailParts:
    """The parts of an e-mail. ValueError for anything else."""
    if not isinstance(outgoing.content, MailParts):
        raise ValueError("no e-mail")
    return outgoing.content


def header_text(text: str) -> str:
    """A header's text: as it is, or in RFC 2047 words. ValueError for one that holds a line break."""
    _line(text)
    if text.isascii() and text.isprintable() and "=?" not in text and text == text.strip():
        return text
    return "\r\n ".join(f"=?utf-8?b?{_base64(part)}?=" for part in _parts(text))


def _line(text: str) -> str:
    if "\r" in text or "\n" in text or "\0" in text:
        raise ValueError("a header holds a line break")
    return text


@lru_cache(maxsize=64)
def _sender(name: str, address: str) -> str:
    shown = header_text(name)
    if shown == name and not ATOM.issuperset(name):
        shown = _quotes(name)
    return f"{shown} <{_line(address)}>" if name else address


def _quotes(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=1024)
def _date(instant: datetime) -> str:
    return format_datetime(instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC))


def _parts(text: str) -> Iterator[str]:
    """Pieces of whole characters, each small enough for one encoded word."""
    start = size = 0
    for position, character in enumerate(text):
        width = len(character.encode())
        if size + width > ENCODED_WORD:
            yield text[start:position]
            start, size = position, 0
        size += width
    yield text[start:]


def _base64(text: str) -> str:
    return b2a_base64(text.encode(), newline=False).decode()


def _html(html: str) -> tuple[str, bytes]:
    """HTML as it is where its lines may travel so, with references for what is beyond ASCII.

    Quoted-printable costs ten times as much and a quarter more bytes, for the same page.
    """
    raw = _lines(html).encode("ascii", "xmlcharrefreplace")
    lines = raw.split(b"\n")
    if max(map(len, lines)) <= LINE and b"\0" not in raw and not _CONTROLS(raw):
        return "7bit", b"\r\n".join(lines)
    return "quoted-printable", _quoted(html)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _quoted(text: str) -> bytes:
    """Quoted-printable with CRLF lines."""
    # b2a_qp ends its soft breaks as it finds the first line ended, so the text begins with an empty line.
    return b2a_qp(("\n" + _lines(text)).replace("\n", "\r\n").encode())[2:]
