"""Clicks and openings, judged as they come, and recorded as long as a person may be kept waiting."""

from __future__ import annotations

import asyncio
import logging
from typing import NamedTuple

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError

from loyaltyloop.store.messages.addressees import Mailed
from loyaltyloop.store.segment import Call
from loyaltyloop.web.responses.calls import response_call
from loyaltyloop.web.responses.machines import Seen, reason
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

log = logging.getLogger(__name__)
PATIENCE = 1.5  # seconds that a person waits for the commit; it may still come afterwards
SOURCE = "link"
_PREFETCH = ("sec-purpose", "purpose", "x-purpose", "x-moz")


class Link(NamedTuple):
    """A link that was followed: what tells it from the message's others, and where it leads.

    `hidden`: it is the one that no person sees.
    """

    id: str
    url: str
    hidden: bool = False


async def record(request: Request, kind: str, letter: Mailed, link: Link | None) -> None:
    """A click on the link, or, without one, an opening. What fails is told to the log alone.

    `kind`: of the token, for the counts.
    """
    service, outcome = service_of(request), "nobody's"
    call = _call(request, service, letter, link)
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


def _call(request: Request, service: Service, letter: Mailed, link: Link | None) -> Call | None:
    """The event; None where nobody is there whose it could be."""
    if letter.to is None:
        return None
    now = service.clock()
    seen = Seen(
        kind="opened" if link is None else "clicked",
        at=now,
        left_at=letter.left_at,
        agent=request.headers.get("user-agent", ""),
        method=request.method,
        purpose=" ".join(request.headers.get(name, "") for name in _PREFETCH),
        hidden=link is not None and link.hidden,
    )
    why = reason(seen)
    about = {"email_id": letter.key, "campaign_id": letter.journey}
    if link is not None:
        about |= {"link_id": link.id, "link_url": link.url}
    machine = {"machine": True, "machine_reason": why} | ({"hidden": True} if seen.hidden else {})
    # Once a second is enough: who holds a link can fill no table with it.
    number = None if link is None else link.id
    once = f"{letter.key}:{seen.kind}:{number}:{int(now.timestamp())}:{why}"
    name = "Email Opened" if link is None else "Email Link Clicked"
    return response_call(letter.to, SOURCE, once, name, now, now, about | (machine if why else {}))
