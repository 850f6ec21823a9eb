"""Postmark: nothing is signed, so the hook's address holds a name and a password.

https://postmarkapp.com/developer/webhooks/webhooks-overview; our key is `Metadata.send_id`.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import orjson

from loyaltyloop.web.providers.delivery import Delivery, check_basic
from loyaltyloop.web.providers.replies import headers_of, reply
from loyaltyloop.web.providers.status import find_status
from loyaltyloop.web.providers.told import Reason, Told, What, message_key
from loyaltyloop.web.shops.payload import Payload, block, instant, text

# RecordType → what happened; a bounce says more in its Type.
RECORDS: dict[str, What] = {
    "Delivery": "delivered",
    "Bounce": "unknown",
    "SpamComplaint": "complained",
    "SubscriptionChange": "unknown",
    "Open": "opened",
    "Click": "clicked",
}
# Type of a bounce → what happened, why, and whether the address is no good.
TYPES: dict[str, tuple[What, Reason, bool]] = {
    "HardBounce": ("bounced", "bounced", True),
    "SoftBounce": ("bounced", "bounced", False),
    "BadEmailAddress": ("rejected", "invalid", True),
    "ManuallyDeactivated": ("rejected", "blocked", False),
    "Blocked": ("rejected", "blocked", False),
    "DMARCPolicy": ("rejected", "blocked", False),
    "Unconfirmed": ("rejected", "other", False),
    "VirusNotification": ("bounced", "other", False),
    "SpamNotification": ("complained", "spam", False),
    "SpamComplaint": ("complained", "spam", False),
    "ManualSuppression": ("unsubscribed", "unsubscribed", False),
    "Unsubscribe": ("unsubscribed", "unsubscribed", False),
    "SMTPApiError": ("failed", "other", False),
    "TemplateRenderingFailed": ("failed", "other", False),
    "AutoResponder": ("autoresponded", "", False),
    "AddressChange": ("autoresponded", "", False),
    "ChallengeVerification": ("autoresponded", "", False),
    "Transient": ("deferred", "", False),
    "DnsError": ("deferred", "", False),
    "OpenRelayTest": ("deferred", "", False),
    "Subscribe": ("subscribed", "", False),
}
_UNKNOWN: tuple[What, Reason, bool] = ("unknown", "", False)
_TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


def verify(said: Delivery, user: str, password: str) -> None:
    """NotTheirs, unless it came with the name and the password."""
    check_basic(said.headers, user, password)


def read(said: Delivery) -> Iterator[Told]:
    """What it tells. NotReadable."""
    payload = said.block()
    record = text(payload.get("RecordType")) or ""
    if record in ("", "Inbound") and "FromFull" in payload:
        headers = headers_of(payload.get("Headers"), "Name", "Value")
        yield reply(headers, f"inbound:{text(payload.get('MessageID'))}", "Inbound", None)
        return
    kind, what, reason, hard = _what(payload, record)
    yield Told(
        what=what,
        id=_id(payload, record),
        native=f"{record}:{kind}" if kind else record,
        at=next((at for name in _TIMES if (at := instant(payload.get(name)))), None),
        key=message_key(block(payload.get("Metadata")).get("send_id")),
        provider_id=text(payload.get("MessageID")) or "",
        address=text(payload.get("Email")) or text(payload.get("Recipient")) or "",
        hard=hard,
        reason=reason,
        status=find_status(payload.get("Details")) if record == "Bounce" else "",
        url=text(payload.get("OriginalLink")) or "",
        agent=text(payload.get("UserAgent")) if record in ("Open", "Click") else None,
    )


def _what(payload: Payload, record: str) -> tuple[str, What, Reason, bool]:
    match record:
        case "Bounce":
            kind = text(payload.get("Type")) or ""
        case "SubscriptionChange" if payload.get("SuppressSending") is True:
            kind = text(payload.get("SuppressionReason")) or ""
        case "SubscriptionChange":
            kind = "Subscribe"
        case _:
            return "", RECORDS.get(record, "unknown"), "", False
    what, reason, hard = TYPES.get(kind, _UNKNOWN)
    return kind, what, reason, hard


def _id(payload: Payload, record: str) -> str:
    """Few of its records have an id of their own, so it is what they say."""
    names = ("ID", "MessageID", "Recipient", "Email", "OriginalLink", *_TIMES)
    said = [record, *(payload.get(name) for name in names)]
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]
