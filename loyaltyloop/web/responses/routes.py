"""Links of messages: `/c/<token>`, `/o/<token>.gif`, `/v/<token>`, for GET and HEAD.

The person comes first: what cannot be recorded in time is given up, and the answer is as it would have been.
Only where the database cannot even be read is there no address to lead to.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple, TypeVar

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.links import TRAP, allowed
from loyaltyloop.errors import LoopError
from loyaltyloop.store.database import read
from loyaltyloop.store.messages.addressees import Mailed, html_of, links_of, load_mailed
from loyaltyloop.web.responses import pages
from loyaltyloop.web.responses.recording import Link, record
from loyaltyloop.web.service import Service, service_of

router = APIRouter(tags=["links"], include_in_schema=False)
log = logging.getLogger(__name__)
_BOTH = ["GET", "HEAD"]
# A token is all that stands behind the kind, slashes too: whoever comes by a broken link gets a page.


T = TypeVar("T")
Kind = Literal["c", "o", "v"]


class NoSuchLink(LoopError):
    """This link leads nowhere; the text says why, without what it says."""


class Found(NamedTuple):
    """The message of a token, and where its links lead."""

    letter: Mailed
    links: list[str]


@router.api_route("/c/{token:path}", methods=_BOTH)
async def click(request: Request, token: str) -> Response:
    """Recorded, then on to what the message contained at that number."""
    return await _answer(request, token, "c", _find, _clicked, pages.busy)


@router.api_route("/o/{token:path}.gif", methods=_BOTH)
async def opening(request: Request, token: str) -> Response:
    """A picture of one pixel, recorded as an opening."""
    return await _answer(request, token, "o", _find, _opened, pages.picture)


@router.api_route("/v/{token:path}", methods=_BOTH)
async def view(request: Request, token: str) -> Response:
    """The message in a browser, from the bytes that were stored when it left."""
    return await _answer(request, token, "v", _html, _shown, pages.busy)


async def _answer(
    request: Request,
    token: str,
    kind: Kind,
    find: Callable[[Service, str], T],
    show: Callable[[Request, tokens.Token, T], Awaitable[Response]],
    otherwise: Callable[[], Response],
) -> Response:
    """What is shown of what is found by the token. `otherwise`: when the database does not answer."""
    service = service_of(request)
    try:
        said = _read(service, token, kind)
        found = await run_in_threadpool(find, service, said.key)
        return await show(request, said, found)
    except NoSuchLink as why:
        log.warning("a link was refused: %s", why)
        service.counts["link", kind, str(why)] += 1
        return pages.gone()
    except SQLAlchemyError as error:
        log.warning("a link could not be looked up: %s", type(error).__name__)
        service.counts["link", kind, "no database"] += 1
        return otherwise()


async def _clicked(request: Request, said: tokens.Token, found: Found) -> Response:
    hidden = said.number == TRAP
    target = "" if hidden else _target(found.links, said.number or 0)
    await record(request, "c", found.letter, Link(str(said.number), target, hidden))
    return pages.trap() if hidden else pages.redirect(target)


async def _opened(request: Request, _said: tokens.Token, found: Found) -> Response:
    await record(request, "o", found.letter, None)
    return pages.picture()


async def _shown(request: Request, _said: tokens.Token, html: str) -> Response:
    service_of(request).counts["link", "v", "shown"] += 1
    return pages.letter(html)


def _read(service: Service, token: str, kind: Kind) -> tokens.Token:
    """What the token says. NoSuchLink, if it is not ours, or of another kind than its place."""
    try:
        return tokens.read_kind(service.secret, kind, token)
    except tokens.TokenError:
        raise NoSuchLink("forged") from None


def _find(service: Service, key: str) -> Found:
    with read(service.engine) as connection:
        letter = load_mailed(connection, [key]).get(key)
        links = links_of(connection, key)
    if letter is None or links is None:
        raise NoSuchLink("unknown message")
    return Found(letter, links)


def _html(service: Service, key: str) -> str:
    with read(service.engine) as connection:
        html = html_of(connection, key)
    if html is None:
        raise NoSuchLink("unknown message")
    return html


def _target(links: list[str], number: int) -> str:
    """Where the link of this number leads. NoSuchLink, if there is none that a message may hold."""
    target = links[number] if number < len(links) else ""
    if target[:4].lower() != "http" or not allowed(target):
        raise NoSuchLink("no such link")
    return target
