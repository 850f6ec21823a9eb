"""Segment's HTTP API: `POST /v1/track` and its like, and `/v1/batch`. Each call is answered by itself.

200 only after the commit that holds the accepted calls. Segment's library for browsers names kinds of calls
by their first letters: /v1/t is /v1/track.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.store.canonical import DEEPEST
from loyaltyloop.store.events.doubts import doubt
from loyaltyloop.store.segment import TYPES, Call, Rejected, read_call
from loyaltyloop.web import public_calls
from loyaltyloop.web.bodies import Unreadable, read_body, unpack_gzip
from loyaltyloop.web.keys import Sender, key_of_body, key_of_header, sender_of_key
from loyaltyloop.web.logs import note
from loyaltyloop.web.metrics import reason_class
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

router = APIRouter(prefix="/v1", tags=["ingest"])
log = logging.getLogger(__name__)
LARGEST_EVENT = 32 * 1024  # bytes, Segment's own limits
LARGEST_BATCH = 500 * 1024
LATENESS = Duration.of("10 minutes")  # how far a sender's clock may run ahead
BATCH = "batch"
KINDS = {name: name for name in (*TYPES, BATCH)} | {name[0]: name for name in (*TYPES, BATCH)}


class Refusal(Exception):
    """A request of which nothing is taken: the status, why, and headers of the answer."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.headers = status, why, headers


@router.post("/batch")
async def batch(request: Request) -> Response:
    """Calls of any kind in `batch`; `context`, `integrations` and `sentAt` beside it hold for all of them."""
    return await _answered(request, BATCH)


@router.post("/{kind}")
async def one(request: Request, kind: str) -> Response:
    """One call of the kind that the path names."""
    return await _answered(request, kind)


async def _answered(request: Request, kind: str) -> Response:
    service = service_of(request)
    try:
        sender, said = await _read(service, request, kind)
        return await _take(service, sender, _calls(said, KINDS[kind]))
    except Refusal as refusal:
        return JSONResponse({"success": False, "error": refusal.why}, refusal.status, refusal.headers)


async def _read(service: Service, request: Request, kind: str) -> tuple[Sender, Any]:
    """Who sends, and the JSON that they sent. Nothing is read of who shows a wrong key."""
    if kind not in KINDS:
        raise Refusal(404, f"there is no call {kind!r}: it is one of {', '.join(TYPES)} or {BATCH}")
    shown = key_of_header(request.headers.get("authorization", ""))
    sender = None if shown is None else _sender(service, request, shown)
    said = await _json(request, LARGEST_BATCH if KINDS[kind] == BATCH else LARGEST_EVENT)
    return sender or _sender(service, request, key_of_body(said)), said


def _sender(service: Service, request: Request, key: str) -> Sender:
    sender = sender_of_key(service.settings, key)
    if sender is None:
        raise Refusal(401, "the write key is missing or wrong", {"WWW-Authenticate": "Basic"})
    if sender == "server" and "origin" in request.headers:
        raise Refusal(
            403, "LOOP_WRITE_KEY is secret, and this comes from a browser: give LOOP_PUBLIC_KEY to it"
        )
    return sender


async def _json(request: Request, most: int) -> Any:
    packing = request.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        raise Refusal(415, "send the JSON as it is, or packed with gzip")
    body = await read_body(request, most)
    try:
        if body is not None and packing == "gzip":
            body = unpack_gzip(body, most)
        if body is None:
            raise Refusal(413, "larger than Segment's API allows: 32 KB a call, 500 KB a batch")
        return orjson.loads(body)
    except Unreadable as error:
        raise Refusal(400, str(error)) from None
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"no JSON: {error}") from None


def _calls(said: Any, kind: str) -> list[Any]:
    """The calls of a body, each with what the batch says for all."""
    if kind != BATCH:
        if not isinstance(said, dict):
            raise Refusal(400, "no JSON object")
        return [said | {"type": kind}]
    found = said.get("batch") if isinstance(said, dict) else None
    if not isinstance(found, list):
        raise Refusal(400, "no list of calls in `batch`")
    shared = {name: said[name] for name in ("context", "integrations", "sentAt") if name in said}
    return [shared | each if isinstance(each, dict) else each for each in found]


# ── each call by itself ─────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Item:
    """What became of one call. `note`: what was not taken of one that was accepted, or is doubtful."""

    read: Call | Rejected
    note: str = ""
    doubt: str = ""
    """Its class."""

    def told(self) -> dict[str, str]:
        match self.read:
            case Rejected(reason):
                return {"status": "rejected", "reason": reason}
            case Call(message_id=known) if self.note:
                return {"status": "accepted", "messageId": known, "note": self.note}
            case Call(message_id=known):
                return {"status": "accepted", "messageId": known}


async def _take(service: Service, sender: Sender, raw: list[Any]) -> Response:
    now = service.clock()
    items = [_item(each, now, sender) for each in raw]
    calls = [item.read for item in items if isinstance(item.read, Call)]
    try:
        if calls:
            await asyncio.wrap_future(service.writer.put(calls))
    except (Busy, SQLAlchemyError) as error:
        log.warning("events were not recorded: %s", type(error).__name__)
        raise Refusal(503, "busy: try again", {"Retry-After": "1"}) from None
    _count(service, items)
    told = {"success": len(calls) == len(items), "items": [item.told() for item in items]}
    return Response(orjson.dumps(told), media_type="application/json")


def _count(service: Service, items: Sequence[_Item]) -> None:
    reasons = Counter(item.read.reason for item in items if isinstance(item.read, Rejected))
    taken = Counter(item.doubt for item in items if isinstance(item.read, Call))
    for kind, number in taken.items():
        service.counts["event", "accepted", kind] += number
    for reason, number in reasons.items():
        service.counts["event", "rejected", reason_class(reason)] += number
    note(accepted=taken.total(), rejected=reasons.total())
    if doubtful := taken.total() - taken[""]:
        note(doubtful=doubtful)


def _item(raw: Any, now: datetime, sender: Sender) -> _Item:
    try:
        if isinstance(raw, dict) and len(orjson.dumps(raw)) > LARGEST_EVENT:
            return _Item(Rejected("larger than 32 KB"))
    except orjson.JSONEncodeError:  # it reads deeper than it writes
        return _Item(Rejected(f"nested deeper than {DEEPEST} levels"))
    call = read_call(raw, lateness=LATENESS, received=now)
    if isinstance(call, Rejected):
        return _Item(call)
    if sender == "server":
        return _doubted(call)
    believed = public_calls.as_public(call)
    if isinstance(believed, Rejected):
        return _Item(believed)
    return _Item(believed, public_calls.NOTE) if public_calls.left_out(call, believed) else _doubted(believed)


def _doubted(call: Call) -> _Item:
    found = doubt(call)
    return _Item(call, found.what, found.kind) if found else _Item(call)
