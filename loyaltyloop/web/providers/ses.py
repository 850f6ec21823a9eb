"""Amazon SES through SNS: signed with Amazon's certificate, of our own topic alone.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html,
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html; our key is the tag
`send_id`, or the header Message-ID that the message had before SES wrote its own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import timedelta

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from loyaltyloop.web.providers.certificates import Certificates
from loyaltyloop.web.providers.delivery import AHEAD, Delivery, NotTheirs, Replayed, check, same
from loyaltyloop.web.providers.replies import headers_of, reply
from loyaltyloop.web.providers.status import find_status
from loyaltyloop.web.providers.told import Reason, Told, What, key_of_message_id, message_key
from loyaltyloop.web.shops.payload import Payload, block, blocks, instant, text

NAME = "ses"
WITHIN = timedelta(hours=2)  # it tries for an hour at most
CONFIRMATION = "SubscriptionConfirmation"
_NOTIFIED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SUBSCRIBED = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED: dict[str, tuple[str, ...]] = {
    "Notification": _NOTIFIED,
    CONFIRMATION: _SUBSCRIBED,
    "UnsubscribeConfirmation": _SUBSCRIBED,
}
_HASHES: dict[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}

EVENTS: dict[str, What] = {
    "Send": "sent",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "rejected",
    "Rendering Failure": "failed",
    "Open": "opened",
    "Click": "clicked",
    "Subscription": "unsubscribed",
}
# Where each tells more.
_PARTS = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
# Type and subtype of a bounce → why, and whether the address is no good; else by the type alone.
BOUNCES: dict[tuple[str, str], tuple[Reason, bool]] = {
    ("Permanent", "General"): ("bounced", True),
    ("Permanent", "NoEmail"): ("invalid", True),
    ("Permanent", "Suppressed"): ("bounced", True),
    ("Permanent", "OnAccountSuppressionList"): ("blocked", False),
    ("Permanent", "UnsubscribedRecipient"): ("unsubscribed", False),
    ("Transient", "MailboxFull"): ("bounced", False),
    ("Transient", "ContentRejected"): ("blocked", False),
    ("Transient", "AttachmentRejected"): ("blocked", False),
}
_NOT_SPAM = "not-spam"  # somebody said that it is none (RFC 6430)


def verify(said: Delivery, topic: str, certificates: Certificates) -> None:
    """NotTheirs or Replayed, unless Amazon signed it for this topic. NotReadable, NotNow."""
    envelope = said.block()
    kind = text(envelope.get("Type")) or ""
    check(same((text(envelope.get("TopicArn")) or "").encode(), topic))
    fields, hashed = SIGNED.get(kind), _HASHES.get(text(envelope.get("SignatureVersion")) or "")
    if fields is None or hashed is None:
        raise NotTheirs("no message of SNS")
    key = certificates.get(envelope.get("SigningCertURL"), said.received).public_key()
    if not isinstance(key, RSAPublicKey):
        raise NotTheirs("the certificate is of another kind")
    try:
        signature = base64.b64decode(str(envelope.get("Signature")), validate=True)
        key.verify(signature, to_sign(envelope, fields), PKCS1v15(), hashed())
    except (InvalidSignature, binascii.Error, ValueError):
        raise NotTheirs("wrong signature") from None
    at = instant(envelope.get("Timestamp"))
    if at is None or not -AHEAD <= said.received - at <= WITHIN:
        raise Replayed("signed too long ago")


def to_sign(envelope: Payload, fields: tuple[str, ...]) -> bytes:
    """What is signed: each field that there is, its name and its value, a line each."""
    known = ((name, envelope.get(name)) for name in fields)
    return "".join(f"{name}\n{value}\n" for name, value in known if isinstance(value, str)).encode(
        "utf-8", "replace"
    )


def confirm(said: Delivery, certificates: Certificates) -> bool:
    """Confirm a subscription, where it is that what was sent. NotTheirs, NotNow."""
    envelope = said.block()
    if envelope.get("Type") != CONFIRMATION:
        return False
    certificates.confirm(envelope.get("SubscribeURL"))
    return True


def read(said: Delivery) -> Iterator[Told]:
    """What it tells; nothing of what SNS says by itself. NotReadable."""
    envelope = said.block()
    if envelope.get("Type") != "Notification":
        return
    try:
        event = block(orjson.loads(str(envelope.get("Message"))))
    except orjson.JSONDecodeError:
        return  # SNS says once that it works, in words
    number = text(envelope.get("MessageId")) or ""
    native = text(event.get("eventType")) or text(event.get("notificationType")) or ""
    mail = block(event.get("mail"))
    at = instant(envelope.get("Timestamp"))
    if native == "Received":
        yield reply(headers_of(mail.get("headers")), number, native, at)
    else:
        yield _told(mail, number, native, block(event.get(_PARTS.get(native, native.lower()))))


def _told(mail: Payload, number: str, native: str, part: Payload) -> Told:
    what = _what(native, part)
    kinds = [text(part.get(name)) or "" for name in ("bounceType", "bounceSubType")]
    reason, hard = _why(what, kinds[0], kinds[1])
    to = mail.get("destination")
    failed = next(iter(blocks(part.get("bouncedRecipients"))), {})
    about = {name.lower(): value for name, value in headers_of(mail.get("headers"))}
    return Told(
        what=what,
        id=number,
        native=":".join([native, *filter(None, kinds)]),
        at=instant(part.get("timestamp")) or instant(mail.get("timestamp")),
        key=_tag(mail.get("tags")) or key_of_message_id(about.get("message-id")),
        provider_id=text(mail.get("messageId")) or "",
        address=text(to[0]) or "" if isinstance(to, list) and len(to) == 1 else "",
        hard=hard,
        reason=reason,
        status=find_status(failed.get("status"), failed.get("diagnosticCode")) if what == "bounced" else "",
        url=text(part.get("link")) or "" if what == "clicked" else "",
        agent=text(part.get("userAgent")) if what in ("opened", "clicked") else None,
    )


def _what(native: str, part: Payload) -> What:
    match native:
        case "Complaint" if part.get("complaintFeedbackType") == _NOT_SPAM:
            return "unknown"
        case "Subscription" if block(part.get("newTopicPreferences")).get("unsubscribeAll") is not True:
            return "subscribed"
        case _:
            return EVENTS.get(native, "unknown")


def _why(what: What, kind: str, subtype: str) -> tuple[Reason, bool]:
    match what:
        case "rejected":
            return "blocked", False
        case "bounced":
            return BOUNCES.get((kind, subtype), ("bounced" if kind == "Permanent" else "other", False))
        case _:
            return "", False


def _tag(tags: object) -> str:
    """Tags are told as lists of values."""
    values = block(tags).get("send_id")
    return message_key(values[0]) if isinstance(values, list) and values else ""
