"""Segment's HTTP API: `POST /v1/track` and its like, and `/v1/batch`. Each call is answered by itself.

Basic auth with the write key as user name. 200 only after the commit that holds the accepted calls.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from loyaltyloop.journey.times import Duration
from loyaltyloop.store.segment import TYPES, Call, Rejected, read_call
from loyaltyloop.web.bodies import read_body
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

router = APIRouter(prefix="/v1", tags=["ingest"])
LARGEST_EVENT = 32 * 1024  # bytes, Segment's own limits
LARGEST_BATCH = 500 * 1024
LATENESS = Duration.of("10 minutes")  # how far a sender's clock may run ahead


@router.post("/batch")
async def batch(request: Request) -> Response:
    """Calls of any kind in `batch`; `context`, `integrations` and `sentAt` beside it hold for all of them."""
    return await _taken(request, None)


@router.post("/{kind}")
async def one(request: Request, kind: str) -> Response:
    """One call of the kind that the path names."""
    if kind not in TYPES:
        return _problem(404, f"there is no call {kind!r}: it is one of {', '.join(TYPES)} or batch")
    return await _taken(request, kind)


async def _taken(request: Request, kind: str | None) -> Response:
    service = service_of(request)
    if not _knows_key(service, request):
        return _problem(401, "the write key is missing or wrong", {"WWW-Authenticate": "Basic"})
    if request.headers.get("content-encoding", "identity") != "identity":
        return _problem(415, "packed bodies are not taken: send the JSON as it is")
    body = await read_body(request, LARGEST_BATCH if kind is None else LARGEST_EVENT)
    if body is None:
        return _problem(413, "larger than Segment's API allows: 32 KB a call, 500 KB a batch")
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _problem(400, f"no JSON: {error}")
    raw = _calls(said, kind)
    if raw is None:
        return _problem(400, "no list of calls in `batch`" if kind is None else "no JSON object")
    return await _answer(service, raw)


def _knows_key(service: Service, request: Request) -> bool:
    wanted = service.settings.write_key.get_secret_value()
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if not wanted or scheme.lower() != "basic":
        return False
    try:
        user = base64.b64decode(given.strip(), validate=True).partition(b":")[0]
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(user, wanted.encode())


def _calls(said: Any, kind: str | None) -> list[Any] | None:
    """The calls of a body, each with what the batch says for all; None for no such body."""
    if not isinstance(said, dict):
        return None
    if kind is not None:
        return [{**said, "type": kind}]
    found = said.get("batch")
    if not isinstance(found, list):
        return None
    shared = {name: said[name] for name in ("context", "integrations", "sentAt") if name in said}
    return [{**shared, **each} if isinstance(each, dict) else each for each in found]


async def _answer(service: Service, raw: list[Any]) -> Response:
    now = service.clock()
    read = [_read(each, now) for each in raw]
    calls = [each for each in read if isinstance(each, Call)]
    try:
        if calls:
            await asyncio.wrap_future(service.writer.put(calls))
    except Busy:
        return _problem(503, "busy: try again", {"Retry-After": "1"})
    items = [_told(each) for each in read]
    return Response(
        orjson.dumps({"success": len(calls) == len(read), "items": items}), media_type="application/json"
    )


def _read(raw: Any, now: datetime) -> Call | Rejected:
    if isinstance(raw, dict) and len(orjson.dumps(raw)) > LARGEST_EVENT:
        return Rejected("larger than 32 KB")
    return read_call(raw, lateness=LATENESS, received=now)


def _told(read: Call | Rejected) -> dict[str, str]:
    if isinstance(read, Rejected):
        return {"status": "rejected", "reason": read.reason}
    return {"status": "accepted", "messageId": read.message_id}


def _problem(status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"success": False, "error": said}, status, headers)
