"""Is it theirs? Signatures made by each provider's documents, and every way of getting them wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from loyaltyloop.web.providers import mailgun, postmark, resend, sendgrid, ses, smtp, twilio
from loyaltyloop.web.providers.certificates import Certificates
from loyaltyloop.web.providers.delivery import Delivery, NotNow, NotReadable, NotTheirs, Replayed
from tests.unit.web import signing as by
from tests.unit.web.signing import KEY, NOW

VERIFY: dict[str, Callable[[Delivery], None]] = {
    "postmark": lambda said: postmark.verify(said, by.USER, by.PASSWORD),
    "sendgrid": lambda said: sendgrid.verify(said, by.SENDGRID_KEY),
    "mailgun": lambda said: mailgun.verify(said, by.MAILGUN_KEY),
    "resend": lambda said: resend.verify(said, by.RESEND_SECRET),
    "ses": lambda said: ses.verify(said, by.TOPIC, Certificates(lambda _url: by.certificate())),
    "twilio": lambda said: twilio.verify(said, by.TWILIO_TOKEN),
    "smtp": lambda said: smtp.verify(said, by.WRITE_KEY),
}
RIGHT: dict[str, Delivery] = {
    "postmark": by.postmark({"RecordType": "Delivery"}),
    "sendgrid": by.sendgrid([{"event": "delivered"}]),
    "mailgun": by.mailgun({"event": "delivered"}),
    "resend": by.resend({"type": "email.delivered"}),
    "ses": by.ses({"eventType": "Delivery"}),
    "twilio": by.twilio({"MessageSid": "SM1", "MessageStatus": "sent"}, f"?send_id={KEY}"),
    "smtp": by.smtp(b"Subject: x\r\n\r\n"),
}
OTHERS = pytest.mark.parametrize("provider", sorted(RIGHT))
OF_BODY = pytest.mark.parametrize("provider", ["sendgrid", "resend", "ses", "twilio"])


def refused(provider: str, said: Delivery) -> str:
    with pytest.raises(NotTheirs) as caught:
        VERIFY[provider](said)
    return type(caught.value).__name__


@OTHERS
def test_what_is_theirs(provider: str) -> None:
    VERIFY[provider](RIGHT[provider])


@OTHERS
def test_without_a_signature(provider: str) -> None:
    said = RIGHT[provider]
    kept = {name: said.headers[name] for name in ("content-type",)}
    body = orjson.dumps({"event-data": {}}) if provider == "mailgun" else said.body
    body = orjson.dumps({**said.block(), "Signature": ""}) if provider == "ses" else body
    assert refused(provider, replace(said, headers=kept, body=body)) == "NotTheirs"


@OTHERS
@pytest.mark.parametrize("wrong", ["", " ", "é", "\0", "====", "Basic", "v1,", "AAAA" * 100, "nan"])
def test_nonsense_in_the_place_of_a_signature(provider: str, wrong: str) -> None:
    said = RIGHT[provider]
    headers = {name: wrong for name in said.headers if name != "content-type"}
    body = said.body
    if provider == "mailgun":
        body = orjson.dumps({"signature": dict.fromkeys(("timestamp", "token", "signature"), wrong)})
    if provider == "ses":
        body = orjson.dumps({**said.block(), "Signature": wrong})
    refused(provider, replace(said, headers={**said.headers, **headers}, body=body))


@OF_BODY
def test_another_body(provider: str) -> None:
    said = RIGHT[provider]
    old, new = {"ses": (b"Delivery", b"Delayed!"), "twilio": (b"sent", b"read")}.get(
        provider, (b"delivered", b"complained")
    )
    assert old in said.body
    assert refused(provider, replace(said, body=said.body.replace(old, new))) == "NotTheirs"


def test_another_secret() -> None:
    other_curve = ec.generate_private_key(ec.SECP256R1())
    for provider, said in (
        ("sendgrid", by.sendgrid([], key=other_curve)),
        ("mailgun", by.mailgun({}, key="another")),
        ("resend", by.resend({}, secret=b"another secret of 24 b..")),
        ("twilio", by.twilio({}, token="another")),
    ):
        assert refused(provider, said) == "NotTheirs"
    for user, password in ((by.USER, "x"), ("x", by.PASSWORD), ("", ""), (by.USER, "")):
        said = replace(RIGHT["postmark"], headers={"authorization": by.basic(user, password)})
        assert refused("postmark", said) == "NotTheirs"
    said = replace(RIGHT["smtp"], headers={"authorization": by.basic("x", by.WRITE_KEY)})
    assert refused("smtp", said) == "NotTheirs"


# Signed long ago, or ahead of the present; as far as each provider tries again, it is taken.
AGES = [
    ("sendgrid", lambda at: by.sendgrid([], at=at), timedelta(hours=24)),
    ("mailgun", lambda at: by.mailgun({}, at=at), timedelta(hours=8)),
    ("resend", lambda at: by.resend({}, at=at), timedelta(minutes=4)),
    ("ses", lambda at: by.ses({}, at=at), timedelta(hours=1)),
]


@pytest.mark.parametrize(("provider", "signed", "tries"), AGES)
def test_what_was_signed_long_ago(provider: str, signed: Callable[..., Delivery], tries: timedelta) -> None:
    VERIFY[provider](signed(NOW - tries))
    VERIFY[provider](signed(NOW + timedelta(minutes=4)))
    assert refused(provider, signed(NOW - tries - timedelta(hours=2))) == "Replayed"
    assert refused(provider, signed(NOW + timedelta(minutes=6))) == "Replayed"


@pytest.mark.parametrize("stamp", ["nan", "inf", "-1e400", "soon", "", "1e30", "9" * 400])
def test_a_time_that_is_none(stamp: str) -> None:
    said = RIGHT["sendgrid"]
    made = by.SENDGRID.sign(stamp.encode() + said.body, ec.ECDSA(SHA256()))
    headers = {sendgrid.SIGNED: base64.b64encode(made).decode(), sendgrid.STAMP: stamp}
    refused("sendgrid", replace(said, headers=headers))


# ── each one's own ──────────────────────────────────────────────────────────


def test_the_key_of_sendgrid_may_be_written_as_pem() -> None:
    lines = "\n".join(by.SENDGRID_KEY[start : start + 64] for start in range(0, len(by.SENDGRID_KEY), 64))
    pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
    sendgrid.verify(RIGHT["sendgrid"], pem)


@pytest.mark.parametrize("key", ["x", "", "AAAA", base64.b64encode(b"0" * 91).decode()])
def test_a_key_of_sendgrid_that_is_none(key: str) -> None:
    with pytest.raises(NotTheirs):
        sendgrid.verify(RIGHT["sendgrid"], key)


def test_routes_of_mailgun() -> None:
    for said in (
        by.mailgun_route({"From": "ada@example.com"}),
        by.mailgun_parts({"From": "ada@example.com"}),
    ):
        VERIFY["mailgun"](said)
    for said in (by.mailgun_route({}, key="another"), by.mailgun_parts({}, key="another")):
        refused("mailgun", said)


@pytest.mark.parametrize("secret", ["whsec_", "", "no base64", "whsec_é"])
def test_a_secret_of_svix_that_is_none(secret: str) -> None:
    with pytest.raises(NotTheirs):
        resend.verify(RIGHT["resend"], secret)


def test_several_signatures_while_a_secret_is_changed() -> None:
    said = RIGHT["resend"]
    headers = dict(said.headers) | {"svix-signature": f"v2,x {said.headers['svix-signature']} v1,AAAA"}
    resend.verify(replace(said, headers=headers), by.RESEND_SECRET)
    refused("resend", replace(said, headers=headers | {"svix-id": "msg_2"}))


def test_the_address_that_twilio_called() -> None:
    said = RIGHT["twilio"]
    for url in (f"{by.PUBLIC}/hooks/twilio", said.url + "&x=1", said.url.replace("https", "http")):
        refused("twilio", replace(said, url=url))


def test_twilio_signs_the_hash_of_what_is_no_form() -> None:
    body = b'{"MessageSid": "SM1"}'
    query = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    said = replace(by.twilio({}, query), body=body)
    VERIFY["twilio"](said)
    refused("twilio", replace(said, body=body + b" "))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Amazon SES Email Event Notification"}])
def test_both_versions_of_sns(version: str, more: dict[str, str]) -> None:
    VERIFY["ses"](by.ses({"eventType": "Send"}, version=version, **more))


FOREIGN = [
    "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0123456789abcdef.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0123456789abcdef.pem",
    "https://bucket.s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123456789abcdef.pem",
    "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0123456789abcdef.pem",
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem?x=1",
    "https://sns.eu-west-1.amazonaws.com/?Action=Publish",
    "https://snsXeu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_a_certificate_from_elsewhere_is_not_even_fetched(url: str) -> None:
    def fetch(_url: str) -> bytes:
        raise AssertionError("fetched")

    with pytest.raises(NotTheirs):
        ses.verify(by.ses({}, SigningCertURL=url), by.TOPIC, Certificates(fetch))
    with pytest.raises(NotTheirs):
        Certificates(fetch).confirm(url)


def test_a_certificate_is_fetched_once() -> None:
    fetched: list[str] = []
    certificates = Certificates(lambda url: fetched.append(url) or by.certificate())  # type: ignore[func-returns-value]
    for _ in range(3):
        ses.verify(RIGHT["ses"], by.TOPIC, certificates)
    assert fetched == [by.CERTIFICATE_URL]


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        by.certificate(NOW - timedelta(days=1)),
        by.certificate(NOW + timedelta(days=99)),
        by.certificate(key=rsa.generate_private_key(65537, 2048)),
        by.certificate(key=ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["nothing", "broken", "expired", "not yet", "another key", "another kind of key"],
)
def test_certificates_that_do_not_do(pem: bytes) -> None:
    with pytest.raises(NotTheirs):
        ses.verify(RIGHT["ses"], by.TOPIC, Certificates(lambda _url: pem))


def test_amazon_that_does_not_answer() -> None:
    def fetch(_url: str) -> bytes:
        raise NotNow("no answer")

    with pytest.raises(NotNow):
        ses.verify(RIGHT["ses"], by.TOPIC, Certificates(fetch))


@pytest.mark.parametrize(
    "more",
    [
        {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:somebody-elses"},
        {"SignatureVersion": "3"},
        {"Type": "Something"},
    ],
)
def test_another_topic_version_or_type(more: dict[str, str]) -> None:
    whole = by.envelope({}) | more
    refused("ses", by.delivery("ses", orjson.dumps(whole), {}))


def test_a_subscription_is_confirmed_where_it_is_signed() -> None:
    visited: list[str] = []
    certificates = Certificates(lambda url: visited.append(url) or by.certificate())  # type: ignore[func-returns-value]
    said = by.ses(
        "You have chosen...", kind="SubscriptionConfirmation", Token="233", SubscribeURL=by.CONFIRM_URL
    )
    ses.verify(said, by.TOPIC, certificates)
    assert ses.confirm(said, certificates)
    assert visited == [by.CERTIFICATE_URL, by.CONFIRM_URL]
    assert not ses.confirm(RIGHT["ses"], certificates)
    assert list(ses.read(said)) == []


@pytest.mark.parametrize("provider", ["mailgun", "ses"])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff"])
def test_what_holds_no_signature_at_all(provider: str, body: bytes) -> None:
    with pytest.raises(NotReadable):
        VERIFY[provider](replace(RIGHT[provider], body=body))


def test_replayed_is_not_theirs() -> None:
    assert issubclass(Replayed, NotTheirs)
