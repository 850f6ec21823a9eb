"""SendGrid: batches of events, signed with ECDSA (P-256, SHA-256) over the timestamp and the raw body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event; our key is the custom argument
`send_id`, which SendGrid puts among the event's own names, or `smtp-id`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from loyaltyloop.web.providers.delivery import Delivery, NotReadable, NotTheirs, check_fresh, unix
from loyaltyloop.web.providers.status import find_status, reason_of
from loyaltyloop.web.providers.told import Reason, Told, What, key_of_message_id, message_key
from loyaltyloop.web.shops.payload import Payload, blocks, text

SIGNED, STAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
WITHIN = timedelta(hours=25)  # it tries for 24 hours
EVENTS: dict[str, What] = {
    "processed": "queued",
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "dropped": "rejected",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
    "group_resubscribe": "subscribed",
}
# Why it did not even try, in small letters.
DROPPED: dict[str, tuple[Reason, bool]] = {
    "bounced address": ("bounced", True),
    "invalid": ("invalid", True),
    "unsubscribed address": ("unsubscribed", False),
    "spam reporting address": ("spam", False),
    "spam content (if spam checker app is enabled)": ("blocked", False),
    "invalid smtpapi header": ("other", False),
    "recipient list over package quota": ("other", False),
}
# How it failed.
TYPES: dict[str, tuple[Reason, bool]] = {
    "bounce": ("bounced", True),
    "blocked": ("blocked", False),
    "expired": ("timed_out", False),
}


def verify(said: Delivery, key: str) -> None:
    """NotTheirs or Replayed, unless it is signed with the private part of this public key."""
    stamp = said.headers.get(STAMP, "")
    try:
        signature = base64.b64decode(said.headers.get(SIGNED, ""), validate=True)
        _public_key(key).verify(signature, stamp.encode() + said.body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        raise NotTheirs("wrong signature") from None
    check_fresh(stamp, said.received, WITHIN)


def _public_key(key: str) -> EllipticCurvePublicKey:
    """The key as SendGrid shows it (base64 of DER), or as PEM."""
    bare = "".join(
        line for line in key.split() if "-----" not in line and line not in ("PUBLIC", "BEGIN", "END")
    )
    found = load_der_public_key(base64.b64decode(bare))
    if not isinstance(found, EllipticCurvePublicKey):
        raise NotTheirs("the public key is of another kind")
    return found


def read(said: Delivery) -> Iterator[Told]:
    """What it tells. NotReadable."""
    events = said.json()
    if not isinstance(events, list):
        raise NotReadable("no list")
    for event in blocks(events):
        yield _told(event)


def _told(event: Payload) -> Told:
    native = text(event.get("event")) or ""
    what = EVENTS.get(native, "unknown")
    status = find_status(event.get("status"), event.get("reason")) if what in ("bounced", "rejected") else ""
    reason, hard = _why(event, what, status)
    return Told(
        what=what,
        id=text(event.get("sg_event_id"))
        or f"{native}:{event.get('sg_message_id')}:{event.get('timestamp')}",
        native=native,
        at=unix(event.get("timestamp")),
        key=message_key(event.get("send_id")) or key_of_message_id(event.get("smtp-id")),
        provider_id=(text(event.get("sg_message_id")) or "").partition(".")[0],
        address=text(event.get("email")) or "",
        hard=hard,
        reason=reason,
        status=status,
        url=text(event.get("url")) or "" if what == "clicked" else "",
        agent=text(event.get("useragent")) if what in ("opened", "clicked") else None,
        machine="told by the provider" if event.get("sg_machine_open") is True else "",
    )


def _why(event: Payload, what: What, status: str) -> tuple[Reason, bool]:
    kind, reason = ((text(event.get(name)) or "").lower() for name in ("type", "reason"))
    match what:
        case "rejected":
            return DROPPED.get(reason) or TYPES.get(kind, ("other", False))
        case "bounced":
            why, hard = TYPES.get(kind, ("other", False))
            # A bounce of type `bounce` may still be one of those that pass: a full mailbox.
            return (reason_of(status) if status else why), hard and not status.startswith("4")
        case _:
            return "", False
