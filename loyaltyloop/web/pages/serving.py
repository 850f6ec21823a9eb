"""What the customers' pages have in common: who opened a link, what a form says, what is told instead.

The token alone says who is asking and what they may do: there is no session and no cookie that another site
could ride on, so a form needs no further proof (CSRF). It never expires: whoever finds an old message may
still unsubscribe by it (CAN-SPAM: at least 30 days).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from urllib.parse import parse_qsl

from fastapi import Request, Response
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect

from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.tokens import Kind, Token, TokenError
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.messages.addressees import Recipient, recipient_of
from loyaltyloop.store.segment import Call
from loyaltyloop.web.bodies import collect
from loyaltyloop.web.pages import show
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

log = logging.getLogger(__name__)
LARGEST = 16 * 1024  # bytes of a form
FIELDS = 200
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Opened:
    """A link that was opened: the shop, whom its message was made for, and what its token says."""

    shop: Shop
    recipient: Recipient
    token: Token


class Nobody(Exception):
    """A link that leads to nobody; `about`: which page says so, with which status."""

    def __init__(self, about: str, status: int, shop: Shop | None) -> None:
        super().__init__(about)
        self.about, self.status, self.shop = about, status, shop


Route = Callable[[Request, str], Awaitable[Response]]


def kindly(route: Route) -> Route:
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


def find_reader(
    connection: Connection, service: Service, kind: Kind, token: str, erased_is_done: bool = False
) -> Opened:
    """Nobody: the token is not ours or of another kind, the message is not known, its reader was erased."""
    shop, said = shop_of(connection), read_token(service.secret, kind, token)
    recipient = recipient_of(connection, said.key) if said else None
    if said is None or shop is None:
        raise Nobody("forged", 404, shop)
    if recipient is None:
        raise Nobody("gone", 410, shop)
    if recipient.erased_at is not None:
        raise Nobody("erased", 200 if erased_is_done else 410, shop)
    return Opened(shop, recipient, said)


def shop_of(connection: Connection) -> Shop | None:
    """The shop as it was applied last; None: nothing was."""
    try:
        return load_shop(connection)
    except UserError:
        return None


def read_token(secret: bytes, kind: Kind, token: str) -> Token | None:
    """What a token of this kind says; None for any other text."""
    try:
        return tokens.read_kind(secret, kind, token)
    except TokenError:
        return None


async def commit(service: Service, calls: Sequence[Call]) -> None:
    """Done when these are committed."""
    if calls:
        await asyncio.wrap_future(service.writer.put(calls))


async def read_form(request: Request, largest: int = LARGEST) -> Mapping[str, str] | None:
    """The fields of a form of ours; None for any other body, and for more than so many bytes."""
    try:
        body = await collect(request, largest)
    except ClientDisconnect:
        return None
    if body is None or request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return None
    return dict(reversed(fields))  # of two with one name the first counts
