"""Twilio, FCM and OneSignal as a shop sets them up, and what leaves by them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from loyaltyloop.channels.http.fcm import Fcm, FcmSettings
from loyaltyloop.channels.http.onesignal import OneSignal, OneSignalSettings
from loyaltyloop.channels.http.twilio import Twilio, TwilioSettings
from loyaltyloop.channels.http.way import HttpWay
from loyaltyloop.channels.out import Outgoing
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.channels.phone.sms_text import SmsText
from tests.unit.channels.kitchen import KEY

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ACCOUNT = "AC" + "0" * 32
BACK = "https://mail.shop.example/hooks/twilio"
ADA = "+447400123456"


@cache
def private_key() -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.private_bytes(*pem).decode()


def account_file(folder: Path, token_url: str = "https://oauth2.example/token") -> Path:
    path = folder / "account.json"
    said = {"project_id": "shop-1", "client_email": "push@shop-1.example", "private_key": private_key(),
            "private_key_id": "key-1", "token_uri": token_url}  # fmt: skip
    path.write_text(json.dumps(said))
    return path


def group(kind: Any, **own: Any) -> Any:
    """A group of settings of these values alone."""
    return kind(_env_file=None, rate=0, **own)


def twilio(url: str = "https://api.twilio.com", **own: Any) -> Twilio:
    words = {"account": ACCOUNT, "token": "secret-1", "sender": "+15005550006"} | own
    return Twilio(group(TwilioSettings, url=url, **words), lambda: NOW, told_at=BACK)


def onesignal(url: str = "https://api.onesignal.com") -> OneSignal:
    settings = group(OneSignalSettings, url=url, app="app-1", api_key="secret-1")
    return OneSignal(settings, lambda: NOW)


def fcm(folder: Path, url: str = "https://fcm.googleapis.com", token_url: str = "https://o.example/t") -> Fcm:
    file = account_file(folder, token_url)
    return Fcm(group(FcmSettings, url=url, account_file=file), lambda: NOW)


def text(words: str = "Hello") -> Outgoing:
    return Outgoing(KEY, "Sample shop", ADA, SmsText(words, ADA))


def push(written: str = "Title\n\nWords\nhttps://t.example/c/1") -> Outgoing:
    return Outgoing(KEY, "Sample shop", "device-1", PushText.of(written, KEY, "device-1"))


def way_of(name: str, folder: Path) -> HttpWay[Any]:
    if name == "fcm":
        return fcm(folder)
    return twilio() if name == "twilio" else onesignal()
