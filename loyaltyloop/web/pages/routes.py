"""`/u/<token>`: unsubscribe, also with one click (RFC 8058). `/p/<token>`: preferences.

The token alone says who is asking and what they may do: there is no session and no cookie that another site
could ride on, so a form needs no further proof (CSRF). It never expires: whoever finds an old message may
still unsubscribe by it (CAN-SPAM: at least 30 days).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from loyaltyloop.channels import tokens
from loyaltyloop.channels.tokens import Kind, TokenError
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.database import read
from loyaltyloop.store.preferences import Wishes, wishes_of
from loyaltyloop.store.recipients import Recipient, recipient_of
from loyaltyloop.store.segment import Call
from loyaltyloop.store.versions import load_shop
from loyaltyloop.web.pages import choices, show
from loyaltyloop.web.pages.calls import ONE_CLICK, SOURCE, Said
from loyaltyloop.web.pages.choices import Form, Page
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

router = APIRouter(tags=["customers"], include_in_schema=False)
log = logging.getLogger(__name__)
LARGEST = 16 * 1024  # bytes of a form
FIELDS = 200
FORM = "application/x-www-form-urlencoded"
DONE = ("saved", "same", "stopped", "asked")


@dataclass(frozen=True)
class Reader:
    """Who opened a link: the shop, and whom the message was made for; `wishes` only where they are shown."""

    shop: Shop
    recipient: Recipient
    wishes: Wishes


class Nobody(Exception):
    """A link that leads to nobody; `about`: which page says so, with which status."""

    def __init__(self, about: str, status: int, shop: Shop | None) -> None:
        super().__init__(about)
        self.about, self.status, self.shop = about, status, shop


Route = Callable[[Request, str], Awaitable[Response]]


def _kindly(route: Route) -> Route:
    """Whatever is wrong is told by a page, and logged without a word about whom."""

    @wraps(route)
    async def kind(request: Request, token: str) -> Response:
        service = service_of(request)
        try:
            return await route(request, token)
        except Nobody as nobody:
            return _told(service, nobody.about, nobody.shop, nobody.status)
        except (Busy, SQLAlchemyError, TimeoutError) as error:
            log.warning("pages: %s", type(error).__name__)
            return _told(service, "busy", None, 503, **{"Retry-After": "5"})

    return kind


def _told(service: Service, about: str, shop: Shop | None, status: int, **headers: str) -> Response:
    log.warning("pages: told that %s", about)
    service.counts["page", "", about] += 1
    return show.notice(about, shop, show.texts_of(shop, None), status, **headers)


@router.api_route("/u/{token:path}", methods=["GET", "HEAD"])
@_kindly
async def ask(request: Request, token: str) -> Response:
    """A page with one button."""
    reader = await _reader(request, "u", token)
    return _unsubscribing(request, reader, "unsubscribe", None)


@router.post("/u/{token:path}")
@_kindly
async def unsubscribe(request: Request, token: str) -> Response:
    """Done, whatever the body says: a mail client's one click comes with no context that could be asked for.

    The body tells no more than which words its reader saw.
    """
    reader = await _reader(request, "u", token, erased_is_done=True)
    form = await _form(request) or {}
    shown = form.get("shown") == "page"
    texts = show.texts_of(reader.shop, reader.recipient, form.get("language"))
    wording = f"{texts.say(f'unsubscribe.{_kind(reader)}')} [{texts.say('unsubscribe.button')}]"
    service = service_of(request)
    said = Said(reader.recipient, service.clock())
    await _commit(service, [said.unsubscribed(wording if shown else ONE_CLICK)])
    service.counts["page", "u", "one click" if not shown else "unsubscribed"] += 1
    return _unsubscribing(request, reader, "unsubscribed", form.get("language"))


@router.api_route("/p/{token:path}", methods=["GET", "HEAD"])
@_kindly
async def preferences(request: Request, token: str) -> Response:
    """What they want as things stand."""
    reader = await _reader(request, "p", token)
    done = request.query_params.get("done", "")
    return show.preferences(_page(request, reader, None), token, done if done in DONE else "")


@router.post("/p/{token:path}")
@_kindly
async def choose(request: Request, token: str) -> Response:
    """Record what was chosen, and show the page again."""
    reader = await _reader(request, "p", token)
    form = await _form(request)
    if form is None or form.get("do") not in ("save", "stop", "data"):
        raise Nobody("unreadable", 400, reader.shop)
    page = _page(request, reader, form.get("language"))
    try:
        done, calls = _chosen(page, form)
    except choices.WrongBirthday:
        return show.preferences(page, token, "wrong", form)
    service = service_of(request)
    await _commit(service, calls)
    service.counts["page", "p", done] += 1
    return show.thanks(token, done)


def _chosen(page: Page, form: Form) -> tuple[str, Sequence[Call]]:
    match form["do"]:
        case "stop":
            return "stopped", choices.stopped(page)
        case "data":
            return "asked", [page.said.asks_for_data()]
        case _:
            calls = choices.calls(page, form)
            return ("saved" if calls else "same"), calls


def _page(request: Request, reader: Reader, language: str | None) -> Page:
    texts = show.texts_of(reader.shop, reader.recipient, language)
    return Page(reader.shop, texts, reader.wishes, Said(reader.recipient, service_of(request).clock()))


def _unsubscribing(request: Request, reader: Reader, name: str, language: str | None) -> Response:
    texts = show.texts_of(reader.shop, reader.recipient, language)
    token = tokens.make(service_of(request).secret, "p", reader.recipient.key)
    return show.page(name, reader.shop, texts, kind=_kind(reader), preferences=f"../p/{token}")


def _kind(reader: Reader) -> str:
    return "service" if reader.recipient.purpose == "service" else "marketing"


async def _commit(service: Service, calls: Sequence[Call]) -> None:
    if calls:
        await asyncio.wrap_future(service.writer.put(calls))


# ── who is asking, and what they send ───────────────────────────────────────


async def _reader(request: Request, kind: Kind, token: str, erased_is_done: bool = False) -> Reader:
    return await run_in_threadpool(_find, service_of(request), kind, token, erased_is_done)


def _find(service: Service, kind: Kind, token: str, erased_is_done: bool) -> Reader:
    """Nobody: the token is not ours or of another kind, the message is not known, its reader was erased."""
    with read(service.engine) as connection:
        try:
            shop = load_shop(connection)
        except UserError:
            shop = None
        key = _key(service.secret, kind, token)
        recipient = recipient_of(connection, key) if key else None
        if key is None or shop is None:
            raise Nobody("forged", 404, shop)
        if recipient is None:
            raise Nobody("gone", 410, shop)
        if recipient.erased_at is not None:
            raise Nobody("erased", 200 if erased_is_done else 410, shop)
        return Reader(shop, recipient, wishes_of(connection, recipient, SOURCE))


def _key(secret: bytes, kind: Kind, token: str) -> str | None:
    try:
        found = tokens.read(secret, token)
    except TokenError:
        return None
    return found.key if found.kind == kind else None


async def _form(request: Request) -> Form | None:
    """The fields of a form of ours; None for any other body."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST:
                return None
    except ClientDisconnect:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return None
    return dict(reversed(fields))  # of two with one name the first counts
