"""What is here (`/`), and how it is: `/healthz` for who keeps it running, `/metrics`, `/openapi.json`."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse

from loyaltyloop.store.database import read
from loyaltyloop.store.telling.stopped import number_unknown, stopped
from loyaltyloop.web.limits import HOST, sender_of
from loyaltyloop.web.metrics import CONTENT_TYPE
from loyaltyloop.web.service import Service, service_of

router = APIRouter(tags=["operation"])
PATIENCE = 3.0  # seconds in which a database that is well answers
ABOUT = """\
Loyalty Loop's web service. Links in messages lead here: to see a page, open one of those.
/healthz says whether it is well, /openapi.json what else it answers.
"""
FORWARDED = ("x-forwarded-for", "forwarded", "via", "x-real-ip")


@router.get("/")
async def root() -> Response:
    """What is here, for who opens the service itself.

    It has no page of its own: customers come by links, programs by the other routes.
    """
    return PlainTextResponse(ABOUT)


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """200 while the database answers, else 503."""
    well = await _connected(service_of(request))
    return JSONResponse({"status": "ok" if well else "no database"}, 200 if well else 503)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The description of all routes."""
    return JSONResponse(request.app.state.document)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The figures in Prometheus' text format.

    Shown to who knows LOOP_METRICS_TOKEN; where none is set, to this machine alone.
    """
    service = service_of(request)
    wanted = service.settings.metrics_token.get_secret_value()
    if not wanted and not _is_near(request):
        return JSONResponse({"detail": "Not Found"}, 404)
    if wanted and not _shows(request, wanted):
        service.counts["metrics", "wrong token"] += 1
        return JSONResponse({"detail": "the token is missing or wrong"}, 401, {"WWW-Authenticate": "Bearer"})
    service.metrics.database.set(await _connected(service, _counts))
    return Response(service.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def _shows(request: Request, wanted: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("latin-1"), wanted.encode())
    return right and scheme.lower() == "bearer"


def _is_near(request: Request) -> bool:
    """Does a program on this machine ask, and not for somebody else?"""
    return (
        request.client is not None
        and sender_of(request.client.host) == HOST
        and not any(name in request.headers for name in FORWARDED)
    )


async def _connected(service: Service, asks: Callable[[Service], bool] | None = None) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await to_thread.run_sync(asks or _asks, service, abandon_on_cancel=True)
    except (SQLAlchemyError, TimeoutError):
        return False


def _asks(service: Service) -> bool:
    with read(service.engine) as connection:
        connection.execute(text("SELECT 1"))
    return True


def _counts(service: Service) -> bool:
    """The figures of deliveries, from what is on record."""
    with read(service.engine) as connection:
        service.metrics.unknown.set(number_unknown(connection))
        for kind in ("journey", "channel"):
            service.metrics.stopped.labels(kind).set(len(stopped(connection, kind)))
    return True
