"""What providers send, signed as their documents say, and not by the code under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from loyaltyloop.web.providers.delivery import Delivery

NOW = datetime(2026, 5, 20, 16, tzinfo=UTC)
KEY = "7d9f1c9e-3c1b-5f6a-8d4e-0123456789ab"
PUBLIC = "https://links.shop.example"
USER, PASSWORD = "postmark", "ä password of tests"
MAILGUN_KEY, TWILIO_TOKEN, WRITE_KEY = "a signing key", "an auth token", "a write key for tests"
RESEND_BYTES = b"24 bytes of a secret key"
RESEND_SECRET = "whsec_" + base64.b64encode(RESEND_BYTES).decode()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:ses-events"
CERTIFICATE_URL = (
    f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{'0123456789abcdef' * 2}.pem"
)
CONFIRM_URL = (
    f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb687f"
)
SENDGRID = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY = base64.b64encode(
    SENDGRID.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
AMAZON = rsa.generate_private_key(65537, 2048)


def stamp(at: datetime = NOW) -> str:
    """Unix seconds."""
    return str(int(at.timestamp()))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def certificate(until: datetime = NOW + timedelta(days=30), key: Any = AMAZON) -> bytes:
    """A certificate of this key, as Amazon's are, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    whole = x509.CertificateBuilder(name, name, key.public_key(), 7, until - timedelta(days=90), until)
    return whole.sign(AMAZON, SHA256()).public_bytes(Encoding.PEM)


# ── one request of each ─────────────────────────────────────────────────────


def delivery(
    provider: str, body: bytes, headers: Mapping[str, str], query: str = "", at: datetime = NOW
) -> Delivery:
    return Delivery(
        {"content-type": "application/json", **headers}, body, f"{PUBLIC}/hooks/{provider}{query}", at
    )


def postmark(payload: Any) -> Delivery:
    return delivery("postmark", orjson.dumps(payload), {"authorization": basic(USER, PASSWORD)})


def sendgrid(payload: Any, at: datetime = NOW, key: Any = SENDGRID) -> Delivery:
    body = orjson.dumps(payload)
    signature = key.sign(stamp(at).encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": stamp(at),
    }
    return delivery("sendgrid", body, headers)


def mailgun_signature(at: datetime = NOW, token: str = "a" * 50, key: str = MAILGUN_KEY) -> dict[str, str]:
    made = hmac.new(key.encode(), (stamp(at) + token).encode(), hashlib.sha256).hexdigest()
    return {"timestamp": stamp(at), "token": token, "signature": made}


def mailgun(event: Any, **signed: Any) -> Delivery:
    payload = {"signature": mailgun_signature(**signed), "event-data": event}
    return delivery("mailgun", orjson.dumps(payload), {})


def mailgun_route(fields: Mapping[str, str], **signed: Any) -> Delivery:
    body = urlencode({**fields, **mailgun_signature(**signed)}).encode()
    return delivery("mailgun", body, {"content-type": "application/x-www-form-urlencoded"})


def mailgun_parts(fields: Mapping[str, str], **signed: Any) -> Delivery:
    """With a file, as a form of parts."""
    whole = {**fields, **mailgun_signature(**signed)}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in whole.items()]
    file = '--x\r\nContent-Disposition: form-data; name="attachment-1"; filename="a.txt"\r\n\r\nfile\r\n'
    body = ("".join(parts) + file + "--x--\r\n").encode()
    return delivery("mailgun", body, {"content-type": 'multipart/form-data; boundary="x"'})


def resend(payload: Any, at: datetime = NOW, number: str = "msg_1", secret: bytes = RESEND_BYTES) -> Delivery:
    body = orjson.dumps(payload)
    made = hmac.new(secret, f"{number}.{stamp(at)}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "svix-id": number,
        "svix-timestamp": stamp(at),
        "svix-signature": f"v1,{base64.b64encode(b'x' * 32).decode()} v1,{base64.b64encode(made).decode()}",
    }
    return delivery("resend", body, headers)


_SHORT = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_LONG = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def envelope(
    message: Any, kind: str = "Notification", version: str = "2", at: datetime = NOW, **more: Any
) -> dict[str, Any]:
    """What SNS sends, signed with Amazon's key: the hash goes by the version."""
    whole: dict[str, Any] = {
        "Type": kind,
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else orjson.dumps(message).decode(),
        "Timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **more,
    }
    names = _SHORT if kind == "Notification" else _LONG
    signed = "".join(f"{name}\n{whole[name]}\n" for name in names if name in whole).encode()
    hashed: HashAlgorithm = SHA1() if version == "1" else SHA256()
    made = AMAZON.sign(signed, padding.PKCS1v15(), hashed)
    return {**whole, "Signature": base64.b64encode(made).decode()}


def ses(message: Any, **more: Any) -> Delivery:
    return delivery("ses", orjson.dumps(envelope(message, **more)), {})


def twilio(fields: Mapping[str, str], query: str = "", token: str = TWILIO_TOKEN) -> Delivery:
    url = f"{PUBLIC}/hooks/twilio{query}"
    whole = url + "".join(name + fields[name] for name in sorted(fields))
    made = hmac.new(token.encode(), whole.encode(), hashlib.sha1).digest()
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-twilio-signature": base64.b64encode(made).decode(),
    }
    return delivery("twilio", urlencode(fields).encode(), headers, query)


def smtp(raw: bytes) -> Delivery:
    headers = {"content-type": "message/rfc822", "authorization": basic(WRITE_KEY, "")}
    return delivery("smtp", raw, headers)
