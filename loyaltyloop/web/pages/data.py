"""`/d/<token>`: all that is on record about its reader. `/e/<token>`: have it erased.

Both tokens come by a letter to the address on record alone, and work for some days. Opening a page changes
nothing: scanners open every link.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool

from loyaltyloop.channels.people_data import Files, as_bytes, clean
from loyaltyloop.channels.values import formats
from loyaltyloop.channels.values.tokens import Kind
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.models import Customer
from loyaltyloop.store.privacy import requests
from loyaltyloop.store.privacy.erasing import erase as erase_person
from loyaltyloop.store.privacy.export import export as export_person
from loyaltyloop.store.privacy.subject import subject_of
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.web.pages import show
from loyaltyloop.web.pages.serving import Nobody, kindly, read_token, shop_of
from loyaltyloop.web.pages.texts import Texts
from loyaltyloop.web.service import Service, service_of

router = APIRouter(tags=["customers"], include_in_schema=False)
_KINDS: dict[Kind, str] = {"d": "export", "e": "erase"}
_OPEN = {"export": ("mailing", "mailed", "done"), "erase": ("mailing", "mailed")}


@dataclass(frozen=True)
class OpenRequest:
    """A request whose link was opened in time: by whom, and until when (UTC)."""

    key: str
    customer_id: int
    until: datetime
    shop: Shop
    texts: Texts


@router.api_route("/d/{token:path}", methods=["GET", "HEAD"])
@kindly
async def show_export(request: Request, token: str) -> Response:
    """A page with one button."""
    return _page(await run_in_threadpool(_asked, service_of(request), "d", token), "export")


@router.post("/d/{token:path}")
@kindly
async def export(request: Request, token: str) -> Response:
    """The document, as a file."""
    service = service_of(request)
    body = await run_in_threadpool(_export, service, token)
    service.counts["page", "d", "downloaded"] += 1
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(body, 200, show.PRIVATE | headers, "application/json")


@router.api_route("/e/{token:path}", methods=["GET", "HEAD"])
@kindly
async def show_erase(request: Request, token: str) -> Response:
    """A page with one button."""
    return _page(await run_in_threadpool(_asked, service_of(request), "e", token), "erase")


@router.post("/e/{token:path}")
@kindly
async def erase(request: Request, token: str) -> Response:
    """Erased, and said so."""
    service = service_of(request)
    asked = await run_in_threadpool(_erase, service, token)
    service.counts["page", "e", "erased"] += 1
    return show.notice("erased_now", asked.shop, asked.texts, 200)


def _page(asked: OpenRequest, about: str) -> Response:
    zone = asked.shop.timezone
    day = formats.day(asked.until, "long", asked.texts.language, zone)
    return show.page("data", asked.shop, asked.texts, about=about, until=day)


def _export(service: Service, token: str) -> bytes:
    asked, now = _asked(service, "d", token), service.clock()
    with write_shop(service.engine) as connection:
        subject = subject_of(connection, (), {asked.customer_id})
        document = export_person(connection, subject, now)
        requests.done(connection, asked.key, now)
    return as_bytes(document)


def _erase(service: Service, token: str) -> OpenRequest:
    with write_shop(service.engine) as connection:
        asked, now = _found(connection, service, "e", token), service.clock()
        erased = erase_person(connection, subject_of(connection, (), {asked.customer_id}), now)
        requests.done(connection, asked.key, now)
    clean(service.engine, Files.of(service.settings), erased.keys)
    return asked


def _asked(service: Service, kind: Kind, token: str) -> OpenRequest:
    with read(service.engine) as connection:
        return _found(connection, service, kind, token)


def _found(connection: Connection, service: Service, kind: Kind, token: str) -> OpenRequest:
    """Nobody: the token is not ours or of another kind, too old, used, or its reader was erased.

    Or they have another address by now: whoever reads at the old one may be somebody else.
    """
    shop, said = shop_of(connection), read_token(service.secret, kind, token)
    if shop is None or said is None:
        raise Nobody("forged", 404, shop)
    asked = requests.find(connection, said.key)
    if asked is None or asked.customer_id is None or asked.kind != _KINDS[kind]:
        raise Nobody("expired", 410, shop)
    row = connection.execute(
        select(Customer.email, Customer.locale, Customer.erased_at).where(Customer.id == asked.customer_id)  # type: ignore[call-overload]
    ).one()
    if row.erased_at is not None:
        raise Nobody("erased", 410, shop)
    if (
        asked.state not in _OPEN[asked.kind]
        or asked.expires_at is None
        or asked.expires_at <= service.clock()
    ):
        raise Nobody("expired", 410, shop)
    if row.email is None or by_email(row.email) != asked.address:
        raise Nobody("expired", 410, shop)
    texts = show.words(shop, row.locale, row.email)
    return OpenRequest(asked.key, asked.customer_id, asked.expires_at, shop, texts)
