"""Deliveries of shops, signed and sent as the shops do it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import orjson

from loyaltyloop.web.service import Service
from tests.integration.web.conftest import SHOP_SECRETS

NOW = datetime(2026, 5, 20, 16, tzinfo=UTC)
HEADERS = {
    "shopify": ("X-Shopify-Hmac-SHA256", "X-Shopify-Topic", "X-Shopify-Event-Id"),
    "woocommerce": ("X-WC-Webhook-Signature", "X-WC-Webhook-Topic", "X-WC-Webhook-Delivery-ID"),
}


def sign(source: str, body: bytes) -> str:
    """By the book, and not by the code under test."""
    made = hmac.new(SHOP_SECRETS[source].encode(), body, hashlib.sha256).digest()
    return base64.b64encode(made).decode()


def send(
    web: httpx.Client, source: str, topic: str, payload: Any, event: str = "e1", **more: str
) -> httpx.Response:
    """One delivery, sent again while it is asked for again, as on a machine with much else to do."""
    for _ in range(10):
        answer = send_once(web, source, topic, payload, event, **more)
        if answer.status_code != 503:
            break
    return answer


def send_once(
    web: httpx.Client, source: str, topic: str, payload: Any, event: str = "e1", **more: str
) -> httpx.Response:
    """One delivery; bytes are sent as they are. `more`: further headers."""
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    names = HEADERS[source]
    headers = dict(zip(names, (sign(source, body), topic, event), strict=True))
    headers |= {"X-Shopify-Shop-Domain": "sample.myshopify.com"} if source == "shopify" else {}
    return web.post(f"/hooks/{source}", content=body, headers=headers | more)


def taken(answer: httpx.Response) -> bool:
    """Was it understood, and is it committed?"""
    return answer.status_code == 200 and answer.json() == {"success": True, "outcome": "taken"}


def ticking(service: Service) -> Service:
    """The service in May 2026; every request comes a second after the one before."""
    seconds = count()
    return replace(service, clock=lambda: NOW + timedelta(seconds=next(seconds)))
