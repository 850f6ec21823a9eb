"""What providers tell, in their own words: one request for each, about the message KEY."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from loyaltyloop.web.providers import mailgun, postmark, resend, sendgrid, ses, smtp, twilio
from loyaltyloop.web.providers.delivery import Delivery
from loyaltyloop.web.providers.told import Told
from tests.unit.web import signing as by
from tests.unit.web.signing import KEY

READ: dict[str, Callable[[Delivery], Iterable[Told]]] = {
    "postmark": postmark.read,
    "sendgrid": sendgrid.read,
    "mailgun": mailgun.read,
    "resend": resend.read,
    "ses": ses.read,
    "twilio": twilio.read,
    "smtp": smtp.read,
}
ADA, URL = "ada@example.com", "https://shop.example/tea"
AT = datetime(2026, 5, 20, 15, 59, 30, tzinfo=UTC)
ISO = "2026-05-20T15:59:30Z"
UNIX = AT.timestamp()
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def one(said: Delivery) -> Told:
    provider = said.url.split("?")[0].rpartition("/")[2]
    [told] = READ[provider](said)
    return told


def short(told: Told) -> str:
    """`bounced hard invalid 5.1.1`: what happened, and how."""
    parts = [told.what, *(["hard"] if told.hard else []), told.reason, told.status, told.machine]
    return " ".join(filter(None, parts))


def pm(record: str, **more: Any) -> Delivery:
    about = {"RecordType": record, "MessageID": "pm-1", "Metadata": {"send_id": KEY}, "Recipient": ADA}
    return by.postmark({**about, "DeliveredAt": "2026-05-20T11:59:30.1234567-04:00", **more})


def sg(event: str, **more: Any) -> Delivery:
    about = {"event": event, "email": ADA, "timestamp": int(UNIX), "sg_event_id": "sg-1", "send_id": KEY}
    return by.sendgrid([{**about, **more}])


def mg(event: str, **more: Any) -> Delivery:
    about = {"event": event, "timestamp": UNIX, "recipient": ADA, "user-variables": {"send_id": KEY}}
    return by.mailgun({**about, **more})


def rs(kind: str, **more: Any) -> Delivery:
    return by.resend(
        {"type": kind, "created_at": ISO, "data": {"to": [ADA], "tags": {"send_id": KEY}, **more}}
    )


def aws(kind: str, part: str, about: dict[str, Any] | None = None, **more: Any) -> Delivery:
    mail = {"timestamp": "2026-05-20T15:00:00.000Z", "destination": [ADA], "tags": {"send_id": [KEY]}}
    return by.ses({"eventType": kind, "mail": mail, part: {"timestamp": ISO, **(about or {})}, **more})


def sms(state: str, code: str = "") -> Delivery:
    fields = {"MessageSid": "SM1", "MessageStatus": state, "To": "+447700900123", "From": "+441234567890"}
    return by.twilio(fields | ({"ErrorCode": code} if code else {}), f"?send_id={KEY}")


def bounce(kind: str, subtype: str, status: str = "") -> Delivery:
    who = [{"emailAddress": ADA, "status": status}]
    return aws("Bounce", "bounce", {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": who})


ANSWER = {"In-Reply-To": f"<{KEY}@shop.example>", "From": ADA}
LONG = {"References": " ".join(f"<{n}@mail.example>" for n in range(200)) + f" <{KEY}@shop.example>"}


def inbound(headers: dict[str, str]) -> list[Delivery]:
    """The same mail, as each provider forwards it."""
    listed = [{"name": name, "value": value} for name, value in headers.items()]
    raw = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\nThank you!\r\n"
    capital = [{"Name": name, "Value": value} for name, value in headers.items()]
    return [
        by.postmark({"FromFull": {"Email": ADA}, "MessageID": "in-1", "Headers": capital, "Attachments": []}),
        by.mailgun_route({"sender": ADA, **headers}),
        by.mailgun_parts({"sender": ADA, **headers}),
        by.mailgun_route({"message-headers": orjson.dumps([[n, v] for n, v in headers.items()]).decode()}),
        by.resend({"type": "email.received", "created_at": ISO, "data": {"headers": listed}}),
        by.ses({"notificationType": "Received", "mail": {"headers": listed}}),
        by.smtp(raw.encode()),
    ]
