"""Was it a person? Told by what is seen of a response, and by what came beside it. Pure.

What is seen of one response alone is decided when it comes (`reason`). What its company tells is known only
when the company has come (`by_company`): until then responses are held. See docs/responses.md.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from loyaltyloop.web.responses.agents import Kind, is_machine

SOON = timedelta(seconds=2)  # after the delivery; nobody reads so fast
SKEW = timedelta(minutes=10)  # how far the clocks of those who tell the times may be apart
PACE = timedelta(seconds=1)  # for each further link: nobody clicks faster on one link after the other
WINDOW = timedelta(seconds=5)  # within which responses are company, at most
SHARE = 0.75  # of a message's links, from which on they are "all": some scanners take a sample
# How long a response is held until it counts: the window, and as much again for a commit that lags.
HELD = 2 * WINDOW

HIDDEN = "hidden link"
TOO_SOON = "too soon"
AT_ONCE = "all links at once"


@dataclass(frozen=True)
class Seen:
    """What is seen of one response.

    `left_at`: when its message was delivered, as far as is known, else handed over. `agent`: None where it is
    not told. `purpose`: what the headers say of a prefetch. `hidden`: the link is one that no person sees.
    """

    kind: Kind
    at: datetime
    left_at: datetime | None = None
    agent: str | None = None
    method: str = "GET"
    purpose: str = ""
    hidden: bool = False


def _by_agent(seen: Seen) -> bool:
    return seen.agent is not None and bool(seen.agent.strip()) and is_machine(seen.agent, seen.kind)


# Why a response is a machine's: the first that holds is on record.
REASONS: tuple[tuple[str, Callable[[Seen], bool]], ...] = (
    (HIDDEN, lambda seen: seen.hidden),
    ("HEAD", lambda seen: seen.method == "HEAD"),
    ("prefetch", lambda seen: any(word in seen.purpose.lower() for word in ("prefetch", "preview"))),
    ("no agent", lambda seen: seen.agent is not None and not seen.agent.strip()),
    ("known agent", _by_agent),
    (TOO_SOON, lambda seen: seen.left_at is not None and too_soon(seen.at, seen.left_at)),
)


def reason(seen: Seen) -> str:
    """Why this is a machine's response; empty if nothing says so."""
    return next((name for name, holds in REASONS if holds(seen)), "")


def too_soon(at: datetime, left_at: datetime) -> bool:
    """Within two seconds of the delivery, or before it; a delivery long afterwards tells nothing."""
    return -SKEW <= at - left_at <= SOON


class Beside(NamedTuple):
    """A response among others to the same message. `link`: its address; empty for an opening."""

    id: int
    at: datetime
    link: str = ""
    hidden: bool = False


def by_company(
    responses: Iterable[Beside], links: int, delivered: Iterable[datetime] = ()
) -> Iterator[tuple[int, str]]:
    """Those responses to one message, of `links` links, that what came beside them gives away; and why."""
    ordered = sorted(responses, key=lambda one: (one.at, one.id))
    traps = [one.at for one in ordered if one.hidden]
    told = list(delivered)
    spans = _spans([one for one in ordered if one.link and not one.hidden], links)
    for one in ordered:
        if any(abs(one.at - at) <= WINDOW for at in traps):
            yield one.id, HIDDEN
        elif any(too_soon(one.at, at) for at in told):
            yield one.id, TOO_SOON
        elif any(first <= one.at <= last for first, last in spans):
            yield one.id, AT_ONCE


def all_of(links: int) -> int:
    """How many different links are "all" of a message's: three quarters, and never a single one."""
    return max(2, math.ceil(links * SHARE))


def span_of(links: int) -> timedelta:
    """The time within which nobody clicks on all of so many links."""
    return min(WINDOW, (all_of(links) - 1) * PACE)


def _spans(clicks: Sequence[Beside], links: int) -> list[tuple[datetime, datetime]]:
    """From when to when all links were clicked at once; clicks in order of time."""
    found: list[tuple[datetime, datetime]] = []
    within: deque[Beside] = deque()
    different: Counter[str] = Counter()
    for click in clicks:
        within.append(click)
        different[click.link] += 1
        while click.at - within[0].at > span_of(links):
            gone = within.popleft()
            different[gone.link] -= 1
            if not different[gone.link]:
                del different[gone.link]
        if len(different) >= all_of(links):
            if found and within[0].at <= found[-1][1]:
                found[-1] = (found[-1][0], click.at)
            else:
                found.append((within[0].at, click.at))
    return found
