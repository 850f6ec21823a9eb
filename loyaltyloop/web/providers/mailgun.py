"""Mailgun: hex HMAC-SHA256 over timestamp and token, which stand in the body; the body itself is not signed.

So the token is the event's id: one token makes one event, whatever body comes with it.
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads; our key is the user
variable `send_id`, or the Message-ID. Routes forward what people write, as a form.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import orjson

from loyaltyloop.web.providers.delivery import Delivery, check, check_fresh, same, unix
from loyaltyloop.web.providers.replies import reply
from loyaltyloop.web.providers.status import find_status, is_hard
from loyaltyloop.web.providers.told import Reason, Told, What, key_of_message_id, message_key
from loyaltyloop.web.shops.payload import Payload, block, text

WITHIN = timedelta(hours=9)  # it tries for 8 hours
EVENTS: dict[str, What] = {
    "accepted": "queued",
    "delivered": "delivered",
    "failed": "bounced",
    "rejected": "rejected",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "unsubscribed",
    "complained": "complained",
}
# Reasons of what failed, as they are seen in its events: they are not documented.
REASONS: dict[str, tuple[Reason, bool]] = {
    "bounce": ("bounced", True),
    "suppress-bounce": ("bounced", True),
    "suppress-complaint": ("spam", False),
    "suppress-unsubscribe": ("unsubscribed", False),
    "espblock": ("blocked", False),
    "spam": ("blocked", False),
    "old": ("timed_out", False),
}
_FIELD = re.compile(
    rb'\r\nContent-Disposition: form-data; name="(timestamp|token|signature)"'
    rb"\r\n\r\n([\x21-\x7e]{1,200})\r\n",
    re.IGNORECASE,
)


def verify(said: Delivery, key: str) -> None:
    """NotTheirs or Replayed, unless timestamp and token are signed with this key. NotReadable."""
    signed = _signed(said)
    stamp, token = signed.get("timestamp", ""), signed.get("token", "")
    expected = hmac.digest(key.encode(), f"{stamp}{token}".encode("utf-8", "replace"), sha256).hex()
    check(bool(token) and same(expected.encode(), signed.get("signature", "")))
    check_fresh(stamp, said.received, WITHIN)


def _is_json(said: Delivery) -> bool:
    return said.headers.get("content-type", "").lower().startswith("application/json")


def _signed(said: Delivery) -> dict[str, str]:
    """Timestamp, token and signature. Of a form of parts, which takes long to read, they are picked out."""
    if _is_json(said):
        return {name: text(value) or "" for name, value in block(said.block().get("signature")).items()}
    if said.is_of_parts():
        return {one[1].decode(): one[2].decode("latin-1") for one in _FIELD.finditer(said.body)}
    return dict(said.form())


def read(said: Delivery) -> Iterator[Told]:
    """What it tells. NotReadable."""
    token = _signed(said).get("token", "")
    if _is_json(said):
        yield _told(block(said.block().get("event-data")), token)
    else:
        fields = said.form()
        yield reply([*_headers(fields), *fields], token, "route", unix(dict(fields).get("timestamp")))


def _headers(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """All headers of a mail, which stand as JSON in a field of their own."""
    try:
        listed = orjson.loads(dict(fields).get("message-headers", "[]"))
    except orjson.JSONDecodeError:
        return []
    pairs = (
        [one for one in listed if isinstance(one, list) and len(one) == 2] if isinstance(listed, list) else []
    )
    return [(name, value) for name, value in pairs if isinstance(name, str) and isinstance(value, str)]


def _told(event: Payload, token: str) -> Told:
    native = text(event.get("event")) or ""
    what = EVENTS.get(native, "unknown")
    if what == "bounced" and event.get("severity") == "temporary":
        what = "deferred"
    status = block(event.get("delivery-status"))
    code = find_status(status.get("enhanced-code"), status.get("message")) if what == "bounced" else ""
    reason, hard = _why(event, what, code)
    about = block(block(event.get("message")).get("headers"))
    client = block(event.get("client-info"))
    return Told(
        what=what,
        id=token,
        native=native,
        at=unix(event.get("timestamp")),
        key=message_key(block(event.get("user-variables")).get("send_id"))
        or key_of_message_id(about.get("message-id")),
        provider_id=(text(about.get("message-id")) or "").strip("<>"),
        address=text(event.get("recipient")) or "",
        hard=hard,
        reason=reason,
        status=code,
        url=text(event.get("url")) or "" if what == "clicked" else "",
        agent=text(client.get("user-agent")) if what in ("opened", "clicked") else None,
        machine="told by the provider" if text(client.get("bot")) else "",
    )


def _why(event: Payload, what: What, code: str) -> tuple[Reason, bool]:
    match what:
        case "rejected":
            return "blocked", False
        case "bounced":
            reason, hard = REASONS.get(text(event.get("reason")) or "", ("other", False))
            return reason, hard or is_hard(code)
        case _:
            return "", False
