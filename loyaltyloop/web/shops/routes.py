"""The shops' web hooks: `POST /hooks/shopify` and `POST /hooks/woocommerce`.

A shop gives up on a hook that often fails. So only what coming again can mend is answered as a failure: a
wrong signature (401), a body that is no JSON (400), a database that is busy (503). What is not understood is
counted and answered with 200.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from loyaltyloop.errors import UserError
from loyaltyloop.settings import Settings
from loyaltyloop.store.canonical import Refused
from loyaltyloop.web.bodies import read_body
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.shops import privacy, shopify, woocommerce
from loyaltyloop.web.shops.delivery import Delivery, Topics
from loyaltyloop.web.shops.payload import instant
from loyaltyloop.web.shops.signature import is_signed
from loyaltyloop.web.shops.taking import take
from loyaltyloop.web.writer import Busy

router = APIRouter(prefix="/hooks", tags=["shops"])
log = logging.getLogger(__name__)
LARGEST = 8 * 1024 * 1024  # bytes; a product of Shopify may have 2,048 variants
_PING = re.compile(rb"webhook_id=\d{1,20}")
_HOST = re.compile(r"[a-zA-Z0-9.-]{1,253}")


@dataclass(frozen=True)
class Hook:
    """How one kind of shop signs its deliveries, and the headers that say what they are about.

    `event`: its id, by which a delivery that comes again is known.
    """

    source: str
    setting: str
    secret: Callable[[Settings], SecretStr]
    signed: str
    topic: str
    event: str
    topics: Topics


SHOPIFY = Hook(
    shopify.SOURCE,
    "LOOP_SHOPIFY_SECRET",
    lambda settings: settings.shopify_secret,
    "x-shopify-hmac-sha256",
    "x-shopify-topic",
    "x-shopify-event-id",
    shopify.TOPICS,
)
WOOCOMMERCE = Hook(
    woocommerce.SOURCE,
    "LOOP_WOOCOMMERCE_SECRET",
    lambda settings: settings.woocommerce_secret,
    "x-wc-webhook-signature",
    "x-wc-webhook-topic",
    "x-wc-webhook-delivery-id",
    woocommerce.TOPICS,
)


@router.post("/shopify")
async def shopify_hook(request: Request) -> Response:
    """Events of a Shopify shop."""
    return await _received(request, SHOPIFY)


@router.post("/woocommerce")
async def woocommerce_hook(request: Request) -> Response:
    """Events of a WooCommerce shop."""
    return await _received(request, WOOCOMMERCE)


async def _received(request: Request, hook: Hook) -> Response:
    service = service_of(request)
    secret = hook.secret(service.settings).get_secret_value()
    if not secret.strip():
        return _refused(service, hook, 404, "not set up", f"no such hook: {hook.setting} is not set")
    body = await read_body(request, LARGEST)
    if body is None:
        return _refused(service, hook, 413, "too large", f"larger than {LARGEST:,} bytes")
    given = request.headers.get(hook.signed)
    if hook is WOOCOMMERCE and given is None and _PING.fullmatch(body):
        return _told(service, hook, "", "ping")  # sent unsigned when a hook is saved
    if not is_signed(secret, body, given or ""):
        return _refused(
            service, hook, 401, "wrong signature", f"signed with another secret than {hook.setting}"
        )
    topic = request.headers.get(hook.topic, "")
    if topic not in hook.topics:
        return _told(service, hook, "", "unknown topic")
    if request.headers.get("x-shopify-test", "").lower() == "true":
        return _told(service, hook, topic, "test")
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    if not isinstance(payload, dict):
        return _refused(service, hook, 400, "no JSON", "no JSON object")
    return await _taken(service, hook, _delivery(request, hook, service, payload, body))


def _delivery(
    request: Request, hook: Hook, service: Service, payload: dict[str, object], body: bytes
) -> Delivery:
    host = request.headers.get("x-shopify-shop-domain", "")
    return Delivery(
        source=hook.source,
        topic=request.headers[hook.topic],
        payload=payload,
        received=service.clock(),
        key=request.headers.get(hook.event, "").strip()[:100] or sha256(body).hexdigest(),
        domain=host if _HOST.fullmatch(host) else "",
        triggered=instant(request.headers.get("x-shopify-triggered-at")),
    )


async def _taken(service: Service, hook: Hook, said: Delivery) -> Response:
    try:
        found = list(hook.topics[said.topic](said))
        await take(service, found)
        if said.topic in privacy.TOPICS:
            await run_in_threadpool(privacy.note, service, said)
    except (Busy, TimeoutError, SQLAlchemyError) as error:
        log.warning("%s: %s was not recorded: %s", hook.source, said.topic, type(error).__name__)
        return _refused(service, hook, 503, "busy", "busy: send it again", {"Retry-After": "5"})
    except (Refused, UserError) as reason:
        log.warning("%s: %s was not taken: %s", hook.source, said.topic, _why(reason))
        return _told(service, hook, said.topic, "not taken")
    answer = _told(service, hook, said.topic, "taken" if found else "nothing to take")
    if said.topic in privacy.TOPICS:  # Shopify waits for five seconds, not for an erasure
        answer.background = BackgroundTask(privacy.act, service)
    return answer


def _why(reason: Exception) -> str:
    """Without what the delivery says: the reason of a refused product quotes it."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "...", str(reason)).partition("\n")[0]


def _told(service: Service, hook: Hook, topic: str, outcome: str) -> Response:
    service.counts["hook", hook.source, topic, outcome] += 1
    return JSONResponse({"success": True, "outcome": outcome})


def _refused(
    service: Service, hook: Hook, status: int, outcome: str, why: str, headers: dict[str, str] | None = None
) -> Response:
    log.warning("%s: refused: %s", hook.source, outcome)
    service.counts["hook", hook.source, "", outcome] += 1
    return JSONResponse({"success": False, "error": why}, status, headers)
