"""What each provider tells, in its own words, and the events that it becomes."""
# ruff: noqa: E501 - one line for each word of a provider

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from loyaltyloop.web.providers import mailgun, postmark, resend, sendgrid, ses, smtp, twilio
from loyaltyloop.web.providers.delivery import Delivery, NotReadable
from loyaltyloop.web.providers.told import NAMES, Told, key_of_message_id, message_key
from tests.unit.web import signing as by
from tests.unit.web.signing import KEY, NOW

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


# ── native → normalised ─────────────────────────────────────────────────────


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


TABLE: list[tuple[Delivery, str]] = [
    (pm("Delivery"), "delivered"),
    (pm("Bounce", Type="HardBounce", Details="smtp;550 5.1.1 no such user"), "bounced hard bounced 5.1.1"),
    (pm("Bounce", Type="SoftBounce"), "bounced bounced"),
    (pm("Bounce", Type="Transient"), "deferred"),
    (pm("Bounce", Type="DnsError"), "deferred"),
    (pm("Bounce", Type="SpamNotification"), "complained spam"),
    (pm("Bounce", Type="SpamComplaint"), "complained spam"),
    (pm("Bounce", Type="BadEmailAddress"), "rejected hard invalid"),
    (pm("Bounce", Type="ManuallyDeactivated"), "rejected blocked"),
    (pm("Bounce", Type="Blocked"), "rejected blocked"),
    (pm("Bounce", Type="DMARCPolicy"), "rejected blocked"),
    (pm("Bounce", Type="Unsubscribe"), "unsubscribed unsubscribed"),
    (pm("Bounce", Type="AutoResponder"), "autoresponded"),
    (pm("Bounce", Type="VirusNotification"), "bounced other"),
    (pm("Bounce", Type="TemplateRenderingFailed"), "failed other"),
    (pm("Bounce", Type="Something new"), "unknown"),
    (pm("SpamComplaint", Type="SpamComplaint"), "complained"),
    (pm("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"), "unsubscribed unsubscribed"),
    (pm("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"), "bounced hard bounced"),
    (pm("SubscriptionChange", SuppressSending=True, SuppressionReason="SpamComplaint"), "complained spam"),
    (pm("SubscriptionChange", SuppressSending=False), "subscribed"),
    (pm("Open", UserAgent=AGENT), "opened"),
    (pm("Click", OriginalLink=URL, UserAgent=AGENT), "clicked"),
    (pm("Something new"), "unknown"),
    (sg("processed"), "queued"),
    (sg("delivered", response="250 OK"), "delivered"),
    (sg("deferred", response="400 try again"), "deferred"),
    (sg("bounce", type="bounce", status="5.1.1", reason="550 5.1.1 unknown"), "bounced hard invalid 5.1.1"),
    (sg("bounce", type="bounce", reason="500 unknown recipient"), "bounced hard bounced"),
    (sg("bounce", type="bounce", status="4.2.2"), "bounced bounced 4.2.2"),
    (sg("bounce", type="blocked", reason="blocked by a list"), "bounced blocked"),
    (sg("bounce", type="expired"), "bounced timed_out"),
    (sg("dropped", reason="Bounced Address", status="5.0.0"), "rejected hard bounced 5.0.0"),
    (sg("dropped", reason="Invalid"), "rejected hard invalid"),
    (sg("dropped", reason="Unsubscribed Address"), "rejected unsubscribed"),
    (sg("dropped", reason="Spam Reporting Address"), "rejected spam"),
    (sg("dropped", reason="Something new"), "rejected other"),
    (sg("open", useragent=AGENT), "opened"),
    (sg("open", useragent=AGENT, sg_machine_open=True), "opened told by the provider"),
    (sg("open", useragent=AGENT, sg_machine_open=False), "opened"),
    (sg("click", url=URL, useragent=AGENT), "clicked"),
    (sg("spamreport"), "complained"),
    (sg("unsubscribe"), "unsubscribed"),
    (sg("group_unsubscribe"), "unsubscribed"),
    (sg("group_resubscribe"), "subscribed"),
    (sg("something new"), "unknown"),
    (mg("accepted"), "queued"),
    (mg("delivered"), "delivered"),
    (mg("failed", severity="permanent", reason="bounce", **{"delivery-status": {"message": "5.1.1 no such user"}}), "bounced hard bounced 5.1.1"),
    (mg("failed", severity="permanent", reason="generic", **{"delivery-status": {"enhanced-code": "5.1.1"}}), "bounced hard other 5.1.1"),
    (mg("failed", severity="permanent", reason="suppress-bounce"), "bounced hard bounced"),
    (mg("failed", severity="permanent", reason="suppress-unsubscribe"), "bounced unsubscribed"),
    (mg("failed", severity="permanent", reason="suppress-complaint"), "bounced spam"),
    (mg("failed", severity="permanent", reason="old"), "bounced timed_out"),
    (mg("failed", severity="permanent", reason="something new"), "bounced other"),
    (mg("failed", severity="temporary", reason="generic"), "deferred"),
    (mg("rejected"), "rejected blocked"),
    (mg("opened", **{"client-info": {"user-agent": AGENT}}), "opened"),
    (mg("opened", **{"client-info": {"user-agent": AGENT, "bot": "apple"}}), "opened told by the provider"),
    (mg("opened", **{"client-info": {"user-agent": AGENT, "bot": ""}}), "opened"),
    (mg("clicked", url=URL, **{"client-info": {"user-agent": AGENT}}), "clicked"),
    (mg("unsubscribed"), "unsubscribed"),
    (mg("complained"), "complained"),
    (mg("something new"), "unknown"),
    (rs("email.sent"), "sent"),
    (rs("email.delivered"), "delivered"),
    (rs("email.delivery_delayed"), "deferred"),
    (rs("email.bounced", bounce={"type": "Permanent", "subType": "General"}), "bounced hard bounced"),
    (rs("email.bounced", bounce={"type": "Permanent", "subType": "NoEmail"}), "bounced hard invalid"),
    (rs("email.bounced", bounce={"type": "Permanent", "subType": "Suppressed"}), "bounced blocked"),
    (rs("email.bounced", bounce={"type": "Transient", "subType": "MailboxFull"}), "bounced bounced"),
    (rs("email.bounced", bounce={"message": "..."}), "bounced bounced"),
    (rs("email.failed"), "failed"),
    (rs("email.suppressed"), "rejected blocked"),
    (rs("email.complained"), "complained"),
    (rs("email.opened"), "opened"),
    (rs("email.clicked", click={"link": URL, "userAgent": AGENT}), "clicked"),
    (rs("contact.created"), "unknown"),
    (aws("Send", "send"), "sent"),
    (aws("Delivery", "delivery"), "delivered"),
    (aws("DeliveryDelay", "deliveryDelay"), "deferred"),
    (bounce("Permanent", "General", "5.1.1"), "bounced hard bounced 5.1.1"),
    (bounce("Permanent", "NoEmail"), "bounced hard invalid"),
    (bounce("Permanent", "Suppressed"), "bounced hard bounced"),
    (bounce("Permanent", "OnAccountSuppressionList"), "bounced blocked"),
    (bounce("Transient", "MailboxFull", "4.2.2"), "bounced bounced 4.2.2"),
    (bounce("Transient", "ContentRejected"), "bounced blocked"),
    (bounce("Undetermined", "Undetermined"), "bounced other"),
    (aws("Complaint", "complaint", {"complaintFeedbackType": "abuse"}), "complained"),
    (aws("Complaint", "complaint"), "complained"),
    (aws("Complaint", "complaint", {"complaintFeedbackType": "not-spam"}), "unknown"),
    (aws("Reject", "reject", {"reason": "Bad content"}), "rejected blocked"),
    (aws("Rendering Failure", "failure"), "failed"),
    (aws("Open", "open", {"userAgent": AGENT}), "opened"),
    (aws("Click", "click", {"userAgent": AGENT, "link": URL}), "clicked"),
    (aws("Subscription", "subscription", {"newTopicPreferences": {"unsubscribeAll": True}}), "unsubscribed"),
    (aws("Subscription", "subscription", {"newTopicPreferences": {"unsubscribeAll": False}}), "subscribed"),
    (aws("Something new", "something new"), "unknown"),
    (sms("queued"), "queued"),
    (sms("sent"), "sent"),
    (sms("delivered"), "delivered"),
    (sms("undelivered", "30003"), "bounced timed_out"),
    (sms("undelivered", "30005"), "bounced hard invalid"),
    (sms("undelivered", "30006"), "bounced hard invalid"),
    (sms("undelivered", "30007"), "bounced blocked"),
    (sms("failed", "21610"), "bounced unsubscribed"),
    (sms("failed"), "bounced other"),
    (sms("canceled"), "unknown"),
    (sms("something new"), "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "becomes"), TABLE)
def test_native_to_normalised(said: Delivery, becomes: str) -> None:
    told = one(said)
    assert short(told) == becomes
    assert told.key == KEY
    assert told.native
    if told.what == "clicked":
        assert told.url == URL
    if told.what in ("clicked", "opened") and told.id != "msg_1":
        assert told.agent == AGENT
    if not said.url.startswith(f"{by.PUBLIC}/hooks/twilio"):
        assert told.at is not None
        assert told.at.replace(microsecond=0) == AT
        assert told.address == ADA


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (set(postmark.RECORDS) - {"Bounce", "SubscriptionChange"}, postmark.RECORDS),
        (set(sendgrid.EVENTS), sendgrid.EVENTS),
        (set(mailgun.EVENTS), mailgun.EVENTS),
        (set(resend.EVENTS) - {"email.scheduled"}, resend.EVENTS),
        (set(ses.EVENTS), ses.EVENTS),
    ],
)
def test_every_word_of_a_provider_has_its_line(words: set[str], table: dict[str, str]) -> None:
    told = {one(said).native.partition(":")[0] for said, _ in TABLE}
    assert words <= told
    assert set(table.values()) <= {one(said).what for said, _ in TABLE} | {"unknown", "queued"}


# ── normalised → events ─────────────────────────────────────────────────────

BASE = Told("delivered", "e1", "native", AT, KEY, ADA)
NAMED = {"email_id": KEY, "provider_event": "native"}
EVENTS: list[tuple[Told, list[tuple[str, dict[str, Any]]]]] = [
    (BASE, [("Email Delivered", NAMED)]),
    (
        replace(BASE, what="bounced", hard=True, reason="invalid", status="5.1.1"),
        [("Email Bounced", NAMED | {"type": "hard", "reject_reason": "invalid", "status": "5.1.1"})],
    ),
    (replace(BASE, what="failed"), [("Email Bounced", NAMED | {"type": "soft", "reject_reason": "other"})]),
    (replace(BASE, what="complained"), [("Email Marked as Spam", NAMED)]),
    (replace(BASE, what="unsubscribed"), [("Unsubscribed", NAMED)]),
    (
        replace(BASE, what="rejected", reason="unsubscribed"),
        [
            ("Email Bounced", NAMED | {"type": "soft", "reject_reason": "unsubscribed"}),
            ("Unsubscribed", NAMED),
        ],
    ),
    (
        replace(BASE, what="bounced", reason="spam"),
        [("Email Bounced", NAMED | {"type": "soft", "reject_reason": "spam"}), ("Unsubscribed", NAMED)],
    ),
    (replace(BASE, what="opened"), [("Email Opened", NAMED)]),
    (replace(BASE, what="clicked", url=URL), [("Email Link Clicked", NAMED | {"link_url": URL})]),
    (
        replace(BASE, what="opened", machine="known agent"),
        [("Email Opened", NAMED | {"machine": True, "machine_reason": "known agent"})],
    ),
    (replace(BASE, what="replied"), [("Email Replied", NAMED)]),
    (
        replace(BASE, what="autoresponded"),
        [("Email Replied", NAMED | {"machine": True, "machine_reason": "automatic answer"})],
    ),
    *((replace(BASE, what=what), []) for what in ("queued", "sent", "deferred", "subscribed", "unknown")),
    (
        replace(BASE, channel="sms", what="delivered"),
        [("SMS Delivered", {"sms_id": KEY, "provider_event": "native"})],
    ),
    (
        replace(BASE, channel="sms", what="unsubscribed", key=""),
        [("Consent Withdrawn", {"provider_event": "native", "channel": "sms", "purpose": "marketing"})],
    ),
    (
        replace(BASE, channel="sms", what="bounced", reason="unsubscribed", key=""),
        [
            ("SMS Bounced", {"provider_event": "native", "type": "soft", "reject_reason": "unsubscribed"}),
            ("Consent Withdrawn", {"provider_event": "native", "channel": "sms", "purpose": "marketing"}),
        ],
    ),
]


@pytest.mark.parametrize(("told", "becomes"), EVENTS)
def test_normalised_to_events(told: Told, becomes: list[tuple[str, dict[str, Any]]]) -> None:
    made = list(told.events())
    assert [(name, properties) for _, name, properties in made] == becomes
    assert len({number for number, _, _ in made}) == len(made)
    assert ADA not in repr(made)


def test_every_event_is_known_by_name() -> None:
    from loyaltyloop.journey.events import EVENTS as KNOWN

    assert {name for names in NAMES.values() for name in names.values()} <= KNOWN


# ── whose it is, and which ──────────────────────────────────────────────────

BY_MESSAGE_ID = [
    sg("delivered", send_id=None, **{"smtp-id": f"<{KEY}@shop.example>"}),
    mg("delivered", **{"user-variables": {}, "message": {"headers": {"message-id": f"{KEY}@shop.example"}}}),
    rs("email.delivered", tags=None, headers=[{"name": "Message-ID", "value": f"<{KEY.upper()}@shop.example>"}]),
    rs("email.delivered", tags=[{"name": "send_id", "value": KEY}]),
    aws("Delivery", "delivery", mail={"headers": [{"name": "Message-ID", "value": f"<{KEY}@shop.example>"}]}),
]  # fmt: skip


@pytest.mark.parametrize("said", BY_MESSAGE_ID)
def test_a_message_is_known_by_its_message_id_too(said: Delivery) -> None:
    assert one(said).key == KEY


@pytest.mark.parametrize(
    "value", [None, 7, "", "x", KEY + "0", KEY[:-1], f"{KEY}\n", [KEY], "{" + KEY + "}", KEY.replace("-", "")]
)
def test_what_is_no_key(value: object) -> None:
    assert message_key(value) == (KEY if value == f"{KEY}\n" else "")
    assert key_of_message_id(value) == ""


def test_a_batch_is_told_one_by_one() -> None:
    said = by.sendgrid([{"event": "open", "sg_event_id": str(n)} for n in range(3)] + [7, None, "x"])
    assert [told.id for told in sendgrid.read(said)] == ["0", "1", "2"]


def test_ids_tell_events_of_postmark_apart() -> None:
    opened = one(pm("Open", ReceivedAt=ISO))
    assert opened.id == one(pm("Open", ReceivedAt=ISO)).id
    others = [
        pm("Click", ReceivedAt=ISO),
        pm("Open", ReceivedAt=ISO, MessageID="pm-2"),
        pm("Open", DeliveredAt=ISO),
    ]
    assert opened.id not in {one(said).id for said in others}


# ── answers ─────────────────────────────────────────────────────────────────

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


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        (ANSWER, "replied"),
        (LONG, "replied"),
        (ANSWER | {"Auto-Submitted": "no"}, "replied"),
        (ANSWER | {"Auto-Submitted": "auto-replied"}, "autoresponded"),
        (ANSWER | {"auto-submitted": "auto-generated; owner=x"}, "autoresponded"),
        (ANSWER | {"Precedence": "bulk"}, "autoresponded"),
        (ANSWER | {"X-Autoreply": "yes"}, "autoresponded"),
        ({"From": ADA, "Subject": "Hello"}, "unknown"),
        ({"In-Reply-To": "<somebody@else.example>"}, "unknown"),
    ],
)
def test_answers(headers: dict[str, str], what: str) -> None:
    for said in inbound(headers):
        told = one(said)
        assert (told.what, told.key) == (what, KEY if what != "unknown" else ""), said.url
        assert told.id


STOPS = [
    ({"Body": "STOP"}, "unsubscribed"),
    ({"Body": " stop \n"}, "unsubscribed"),
    ({"Body": "Unsubscribe"}, "unsubscribed"),
    ({"Body": "please stop"}, "replied"),
    ({"Body": "BASTA", "OptOutType": "STOP"}, "unsubscribed"),
    ({"Body": "START", "OptOutType": "START"}, "subscribed"),
    ({"Body": "HELP", "OptOutType": "HELP"}, "unknown"),
    ({"Body": "Thank you", "SmsStatus": "received"}, "replied"),
    ({"Body": ""}, "replied"),
]


@pytest.mark.parametrize(("fields", "what"), STOPS)
def test_what_people_write_by_sms(fields: dict[str, str], what: str) -> None:
    told = one(by.twilio({"MessageSid": "SM9", "From": "+447700900123", "To": "+441234567890", **fields}))
    assert (told.what, told.channel, told.address, told.key) == (what, "sms", "+447700900123", "")


# ── hostile payloads ────────────────────────────────────────────────────────

ODD: list[Any] = [
    None, True, 7, -1, 1.5, "", "x" * 5000, "\0", "é\u2028", [], [None], [[]], {}, {"": None}, [KEY], {"send_id": {}},
]  # fmt: skip
SHAPES = [pm("Bounce", Type="HardBounce", Details="5.1.1"), pm("Open"), sg("click", url=URL, smtp_id="x"),
          sg("bounce", type="bounce", status="5.1.1"), mg("failed", reason="bounce"), mg("clicked", url=URL),
          rs("email.bounced", bounce={"type": "Permanent"}), rs("email.clicked", click={"link": URL}),
          bounce("Permanent", "General", "5.1.1"), aws("Click", "click", {"link": URL}),
          *inbound(ANSWER)[:1], inbound(ANSWER)[4], inbound(ANSWER)[5]]  # fmt: skip


def mutants(value: Any, odd: Any) -> Iterable[Any]:
    """The same with each of its parts replaced by this, one at a time."""
    yield odd
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in mutants(inner, odd))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in mutants(inner, odd))


@pytest.mark.parametrize("said", SHAPES, ids=lambda said: said.url.rpartition("/")[2])
def test_payloads_of_any_shape_are_told_or_refused(said: Delivery) -> None:
    provider = said.url.rpartition("/")[2]
    payload = orjson.loads(said.body)
    if provider == "ses":
        payload = orjson.loads(payload["Message"])
    for odd in ODD:
        for mutant in mutants(payload, odd):
            whole = {"Type": "Notification", "MessageId": "m", "Message": orjson.dumps(mutant).decode()}
            body = orjson.dumps(whole if provider == "ses" else mutant)
            try:
                for told in READ[provider](replace(said, body=body)):
                    list(told.events())
            except NotReadable:
                assert not isinstance(mutant, dict if provider != "sendgrid" else list)


def test_the_present_is_the_requests() -> None:
    assert by.postmark({}).received == NOW
