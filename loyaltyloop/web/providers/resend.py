"""Resend, by Svix: base64 HMAC-SHA256 of `id.timestamp.body`, with the secret behind `whsec_`.

https://docs.svix.com/receiving/verifying-payloads/how-manual,
https://resend.com/docs/webhooks/event-types; our key is the tag `send_id`, or the header Message-ID.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from loyaltyloop.web.providers.delivery import Delivery, NotTheirs, check, check_fresh, same
from loyaltyloop.web.providers.replies import headers_of, reply
from loyaltyloop.web.providers.told import Reason, Told, What, key_of_message_id, message_key
from loyaltyloop.web.shops.payload import Payload, block, blocks, instant, text

WITHIN = timedelta(minutes=5)  # each try is signed anew; Svix's own libraries take no older one
EVENTS: dict[str, What] = {
    "email.scheduled": "queued",
    "email.sent": "sent",
    "email.delivered": "delivered",
    "email.delivery_delayed": "deferred",
    "email.bounced": "bounced",
    "email.failed": "failed",
    "email.suppressed": "rejected",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
}
# Subtype of a permanent bounce → why, and whether the address is no good.
PERMANENT: dict[str, tuple[Reason, bool]] = {
    "General": ("bounced", True),
    "NoEmail": ("invalid", True),
    "Suppressed": ("blocked", False),
    "OnAccountSuppressionList": ("blocked", False),
}


def verify(said: Delivery, secret: str) -> None:
    """NotTheirs or Replayed, unless one of its signatures was made with this secret."""
    number, stamp = said.headers.get("svix-id", ""), said.headers.get("svix-timestamp", "")
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise NotTheirs("the secret is none of Svix's") from None
    signed = f"{number}.{stamp}.".encode("utf-8", "replace") + said.body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, sha256))
    given = said.headers.get("svix-signature", "").split()[:20]
    check(bool(number and key) and any(same(expected, one) for one in given))
    check_fresh(stamp, said.received, WITHIN)


def read(said: Delivery) -> Iterator[Told]:
    """What it tells. NotReadable."""
    payload = said.block()
    native, data = text(payload.get("type")) or "", block(payload.get("data"))
    number, at = said.headers.get("svix-id", ""), instant(payload.get("created_at"))
    headers = headers_of(data.get("headers"))
    if native == "email.received":
        yield reply(headers, number, native, at)
        return
    what = EVENTS.get(native, "unknown")
    reason, hard = _why(block(data.get("bounce")), what)
    click = block(data.get("click"))
    to = data.get("to")
    yield Told(
        what=what,
        id=number,
        native=native,
        at=at,
        key=_tag(data.get("tags")) or key_of_message_id(_header(headers, "message-id")),
        provider_id=text(data.get("email_id")) or "",
        address=text(to[0]) or "" if isinstance(to, list) and len(to) == 1 else "",
        hard=hard,
        reason=reason,
        url=text(click.get("link")) or "",
        agent=text(click.get("userAgent")) if what == "clicked" else None,
    )


def _tag(tags: object) -> str:
    """The tag `send_id`: tags are told as an object, or as a list of names and values."""
    if isinstance(tags, dict):
        return message_key(tags.get("send_id"))
    return next((message_key(one.get("value")) for one in blocks(tags) if one.get("name") == "send_id"), "")


def _header(headers: list[tuple[str, str]], name: str) -> str:
    return next((value for given, value in headers if given.lower() == name), "")


def _why(bounce: Payload, what: What) -> tuple[Reason, bool]:
    match what:
        case "rejected":
            return "blocked", False
        case "bounced" if bounce.get("type") == "Permanent":
            return PERMANENT.get(text(bounce.get("subType")) or "", ("bounced", False))
        case "bounced":
            return "bounced", False
        case _:
            return "", False
