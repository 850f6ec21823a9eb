"""Mail that comes back over SMTP, as a raw message: DSN (RFC 3464), complaints (RFC 5965) and answers.

Your mail server pipes what arrives at the sender's address into `POST /hooks/smtp`, with the write key as
user: see docs/responses.md. Our key is the envelope's id (RFC 3461) in a report that knows it, and in the
Message-ID of the message that comes back.

Anybody can write a mail, so what names no message of ours is believed of nobody: a stranger could else stop
all that is sent to somebody's address. Nor is a report believed that is about another address than the one to
which the message went: whoever was passed a mail on knows its key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import Message
from hashlib import sha256

from loyaltyloop.web.providers.delivery import Delivery, NotReadable, check_basic
from loyaltyloop.web.providers.replies import reply
from loyaltyloop.web.providers.status import find_status, is_hard, reason_of
from loyaltyloop.web.providers.told import Told, What, key_of_message_id, message_key

ACTIONS: dict[str, What] = {
    "failed": "bounced",
    "delayed": "deferred",
    "delivered": "delivered",
    "relayed": "sent",  # to a server that tells no more
    "expanded": "sent",
}
# Feedback-Type (RFC 5965, 6430, and what is written in practice).
FEEDBACK: dict[str, What] = {
    "abuse": "complained",
    "fraud": "complained",
    "miscategorized": "complained",
    "opt-out": "unsubscribed",
    "opt-out-list": "unsubscribed",
}
_XTEXT = re.compile(r"\+([0-9a-f]{2})")
_PARTS = 50  # of a message, that are looked at
_RECIPIENTS = 20


def verify(said: Delivery, write_key: str) -> None:
    """NotTheirs, unless it came with the write key as user."""
    check_basic(said.headers, write_key, None)


def read(said: Delivery) -> Iterator[Told]:
    """What this mail tells. NotReadable."""
    mail = message_from_bytes(said.body)
    if not mail.keys():
        raise NotReadable("no mail")
    number = _text(mail.get("Message-ID")) or sha256(said.body).hexdigest()
    parts = list(mail.walk())[:_PARTS]
    if reports := [part for part in parts if part.get_content_type() == "message/delivery-status"]:
        yield from _status(reports[0], parts, number)
    elif reports := [part for part in parts if part.get_content_type() == "message/feedback-report"]:
        yield _feedback(reports[0], parts, number)
    else:
        yield reply([(name, _text(value)) for name, value in mail.items()], number, "mail", None)


def _status(report: Message, parts: list[Message], number: str) -> Iterator[Told]:
    """One for each recipient: a message of ours has one."""
    about, *recipients = _blocks(report) or [Message()]
    key = message_key(_text(about.get("Original-Envelope-Id"))) or _returned(parts)
    for place, fields in enumerate(recipients[:_RECIPIENTS]):
        action = _text(fields.get("Action")).strip().lower()
        what = ACTIONS.get(action, "unknown")
        status = find_status(_text(fields.get("Status")), _text(fields.get("Diagnostic-Code")))
        lost = what == "bounced"
        yield Told(
            what=what,
            id=f"{number}:{place}",
            native=f"DSN:{action}",
            at=None,
            key=key,
            hard=lost and is_hard(status),
            reason=reason_of(status) if lost else "",
            status=status if lost else "",
            said_of=frozenset(_addresses(fields, "Original-Recipient", "Final-Recipient")),
        )


def _feedback(report: Message, parts: list[Message], number: str) -> Told:
    fields = next(iter(_blocks(report)), Message())
    kind = _text(fields.get("Feedback-Type")).strip().lower()
    return Told(
        what=FEEDBACK.get(kind, "unknown"),
        id=number,
        native=f"ARF:{kind}",
        key=_returned(parts),
        said_of=frozenset(_domains(_addresses(fields, "Original-Rcpt-To"))) or None,
    )


def _addresses(fields: Message, *names: str) -> Iterator[str]:
    """Mail addresses in these fields (`rfc822; ada@example.com`), in small letters."""
    for name in names:
        for value in fields.get_all(name, []):
            kind, _, address = _text(value).rpartition(";")
            said = address.strip().strip("<>").lower()
            if kind.strip().lower() in ("", "rfc822", "utf-8") and said.rfind("@") > 0:
                yield said
                yield _XTEXT.sub(lambda found: chr(int(found[1], 16)), said)  # RFC 3461, of an ORCPT


def _domains(addresses: Iterable[str]) -> Iterator[str]:
    """Who passes complaints on may hide who complained, all but the domain (RFC 6590)."""
    return (address[address.rfind("@") :] for address in addresses)


def _blocks(report: Message) -> list[Message]:
    """The groups of fields of a report: the parser reads each as a message of its own, or all as a text."""
    inner = report.get_payload()
    if isinstance(inner, list):
        return [one for one in inner if isinstance(one, Message)]
    raw = report.get_payload(decode=True)
    whole = raw if isinstance(raw, bytes) else b""
    return [message_from_bytes(part) for part in whole.replace(b"\r\n", b"\n").split(b"\n\n") if part.strip()]


def _returned(parts: list[Message]) -> str:
    """The key of the message that came back: whole, or only its headers."""
    for part in parts[1:]:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            held = inner[0] if isinstance(inner, list) and inner else None
            key = key_of_message_id(_text(held.get("Message-ID"))) if isinstance(held, Message) else ""
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            raw = part.get_payload(decode=True)
            held = message_from_bytes(raw) if isinstance(raw, bytes) else Message()
            key = key_of_message_id(_text(held.get("Message-ID")))
        else:
            continue
        if key:
            return key
    return ""


def _text(value: object) -> str:
    """A header as a text; one that holds broken bytes is an object of the parser's own."""
    return "" if value is None else str(value)
