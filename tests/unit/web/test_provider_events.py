"""What each provider tells, in its own words, and the events that it becomes."""
# ruff: noqa: E501 - one line for each word of a provider

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loyaltyloop.web.providers import mailgun, postmark, resend, sendgrid, ses
from loyaltyloop.web.providers.delivery import Delivery
from loyaltyloop.web.providers.told import NAMES, Told, key_of_message_id, message_key
from tests.unit.web import signing as by
from tests.unit.web.signing import KEY
from tests.unit.web.telling import ADA, AGENT, AT, ISO, URL, aws, bounce, mg, one, pm, rs, sg, short, sms

# ── native → normalised ─────────────────────────────────────────────────────

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
        [
            (
                "Consent Withdrawn",
                {"provider_event": "native", "channel": "sms", "purpose": "marketing", "keyword": "STOP"},
            )
        ],
    ),
    (
        replace(BASE, channel="sms", what="bounced", reason="unsubscribed", key=""),
        [
            ("SMS Bounced", {"provider_event": "native", "type": "soft", "reject_reason": "unsubscribed"}),
            (
                "Consent Withdrawn",
                {"provider_event": "native", "channel": "sms", "purpose": "marketing", "keyword": "STOP"},
            ),
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
    from loyaltyloop.journey.conditions.events import EVENTS as KNOWN

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
