"""Links of messages: `/c/<token>`, `/o/<token>.gif`, `/v/<token>`, for GET and HEAD.

The person comes first: what cannot be recorded in time is given up, and the answer is as it would have been.
Only where the database cannot even be read is there no address to lead to.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Literal, NamedTuple

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from loyaltyloop.channels import tokens
from loyaltyloop.channels.links import TRAP, allowed
from loyaltyloop.store.addressees import Letter, html_of, links_of, load_letters
from loyaltyloop.store.database import read
from loyaltyloop.store.segment import Call
from loyaltyloop.web.responses import pages
from loyaltyloop.web.responses.calls import response_call
from loyaltyloop.web.responses.machines import Seen, reason
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

router = APIRouter(tags=["links"], include_in_schema=False)
log = logging.getLogger(__name__)
PATIENCE = 1.5  # seconds that a person waits for the commit; it may still come afterwards
SOURCE = "link"
_BOTH = ["GET", "HEAD"]
# A token is all that stands behind the kind, slashes too: whoever comes by a broken link gets a page.
_PREFETCH = ("sec-purpose", "purpose", "x-purpose", "x-moz")


class Found(NamedTuple):
    """The message of a token, and where its links lead."""

    letter: Letter
    links: list[str]


@router.api_route("/c/{token:path}", methods=_BOTH)
async def click(request: Request, token: str) -> Response:
    """Recorded, then on to what the message contained at that number."""
    service = service_of(request)
    said = _read(service, token, "c")
    if said is None or said.number is None:
        return _refused(service, "c", "forged")
    try:
        found = await run_in_threadpool(_find, service, said.key)
    except SQLAlchemyError as error:
        log.warning("a click could not be looked up: %s", type(error).__name__)
        service.counts["link", "c", "no database"] += 1
        return pages.busy()
    if found is None:
        return _refused(service, "c", "unknown message")
    hidden = said.number == TRAP
    target = "" if hidden else _target(found.links, said.number)
    if not (hidden or target):
        return _refused(service, "c", "no such link")
    await _record(service, "c", _call(request, service, found.letter, target, said.number))
    return pages.trap() if hidden else pages.redirect(target)


@router.api_route("/o/{token:path}.gif", methods=_BOTH)
async def opening(request: Request, token: str) -> Response:
    """A picture of one pixel, recorded as an opening."""
    service = service_of(request)
    said = _read(service, token, "o")
    if said is None:
        return _refused(service, "o", "forged")
    try:
        found = await run_in_threadpool(_find, service, said.key)
    except SQLAlchemyError as error:
        log.warning("an opening could not be looked up: %s", type(error).__name__)
        service.counts["link", "o", "no database"] += 1
        return pages.picture()
    if found is None:
        return _refused(service, "o", "unknown message")
    await _record(service, "o", _call(request, service, found.letter))
    return pages.picture()


@router.api_route("/v/{token:path}", methods=_BOTH)
async def view(request: Request, token: str) -> Response:
    """The message in a browser, from the bytes that were stored when it left."""
    service = service_of(request)
    said = _read(service, token, "v")
    if said is None:
        return _refused(service, "v", "forged")
    try:
        html = await run_in_threadpool(_html, service, said.key)
    except SQLAlchemyError as error:
        log.warning("a message could not be looked up: %s", type(error).__name__)
        return pages.busy()
    if html is None:
        return _refused(service, "v", "unknown message")
    service.counts["link", "v", "shown"] += 1
    return pages.letter(html)


def _read(service: Service, token: str, kind: Literal["c", "o", "v"]) -> tokens.Token | None:
    """What the token says; None if it is not ours, or of another kind than its place."""
    try:
        said = tokens.read(service.secret, token)
    except tokens.TokenError:
        return None
    return said if said.kind == kind else None


def _find(service: Service, key: str) -> Found | None:
    with read(service.engine) as connection:
        letter = load_letters(connection, [key]).get(key)
        links = None if letter is None else links_of(connection, key)
    return None if letter is None or links is None else Found(letter, links)


def _html(service: Service, key: str) -> str | None:
    with read(service.engine) as connection:
        return html_of(connection, key)


def _target(links: list[str], number: int) -> str:
    """Where the link of this number leads; empty if there is none that a message may hold."""
    target = links[number] if number < len(links) else ""
    return target if target[:4].lower() == "http" and allowed(target) else ""


def _call(
    request: Request, service: Service, letter: Letter, target: str = "", number: int | None = None
) -> Call | None:
    """The event; None where nobody is there whose it could be."""
    if letter.to is None:
        return None
    now = service.clock()
    seen = Seen(
        kind="opened" if number is None else "clicked",
        at=now,
        left_at=letter.left_at,
        agent=request.headers.get("user-agent", ""),
        method=request.method,
        purpose=" ".join(request.headers.get(name, "") for name in _PREFETCH),
        hidden=number == TRAP,
    )
    why = reason(seen)
    about = {"email_id": letter.key, "campaign_id": letter.journey}
    if number is not None:
        about |= {"link_id": str(number), "link_url": target}
    machine = {"machine": True, "machine_reason": why} | ({"hidden": True} if seen.hidden else {})
    # Once a second is enough: who holds a link can fill no table with it.
    once = f"{letter.key}:{seen.kind}:{number}:{int(now.timestamp())}:{why}"
    name = "Email Opened" if number is None else "Email Link Clicked"
    return response_call(letter.to, SOURCE, once, name, now, now, about | (machine if why else {}))


async def _record(service: Service, kind: str, call: Call | None) -> None:
    """Wait for the commit as long as a person may be kept waiting. What fails is told to the log alone."""
    outcome = "nobody's"
    try:
        if call is not None:
            outcome = "machine" if call.properties.get("machine") else "recorded"
            # Shielded: who waits no longer must not call back what the writer is about to commit.
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(asyncio.wrap_future(service.writer.put([call])))
    except (Busy, TimeoutError, SQLAlchemyError) as error:
        outcome = "late" if isinstance(error, TimeoutError) else "lost"
        log.warning("a response was %s: %s", outcome, type(error).__name__)
    service.counts["link", kind, outcome] += 1


def _refused(service: Service, kind: str, why: str) -> Response:
    log.warning("a link was refused: %s", why)
    service.counts["link", kind, why] += 1
    return pages.gone()
