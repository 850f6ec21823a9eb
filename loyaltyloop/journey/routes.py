"""By which channel a message goes where its file leaves that open (`channel: best`, `if_blocked`).

Of the channels for which its template is written, those go first by which its reader may and can be reached:
the one that they have said they prefer, then those whose links they have followed most, then in the order of
ORDER: what costs least and bothers least.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from loyaltyloop.journey.clock.times import Duration

ORDER = ("email", "push", "sms")
REMEMBERED = Duration.of("180 days")  # so long ago a click still tells by which channel somebody is reached
PREFERRED = "preferred_channel"  # the attribute in which customers, or the shop, say it


@dataclass(frozen=True)
class Reader:
    """What is known of somebody when it is decided. `open`: channels by which they may and can be reached.

    `clicks`: of each channel, how many links they have followed in the time that is remembered.
    """

    open: Collection[str] = ()
    preferred: object = None
    clicks: Mapping[str, int] = field(default_factory=dict)

    def why(self, channel: str) -> str:
        """Why this channel stands where it does, for people."""
        if channel not in self.open:
            return "they cannot be reached by it, or have not agreed to it"
        if channel == self.preferred:
            return "they prefer it"
        count = self.clicks.get(channel, 0)
        return f"they followed {count} of its links in {REMEMBERED}" if count else "the usual order"


Route = dict[str, Any]  # `channel`, `why`; and `refused`, once the message could not leave by it


def routes(channel: str, others: bool, written: Collection[str], reader: Reader) -> list[Route]:
    """The channels that a message may take, in their order; the first is the one that it is planned for.

    `channel`: as the file says it; `others`: may it go by another, where that one refuses it? `written`: the
    channels that there is a template for.
    """

    def place(one: str) -> tuple[bool, bool, int, int]:
        return (
            one not in reader.open,
            one != reader.preferred,
            -reader.clicks.get(one, 0),
            ORDER.index(one),
        )

    ranked = sorted(written, key=place)
    if channel != "best":
        ranked = [channel, *(one for one in ranked if one != channel)]
    told = [{"channel": one, "why": reader.why(one)} for one in (ranked if others else ranked[:1])]
    if told and channel != "best":
        told[0]["why"] = "the journey says so"
    return told


def present(told: list[Route]) -> str | None:
    """The channel that is next; None: it could leave by none."""
    return next((route["channel"] for route in told if "refused" not in route), None)


def refused(told: list[Route], reason: str) -> list[Route]:
    """The same, when the message could not leave by the channel that was next."""
    now = present(told)
    return [{**route, "refused": reason} if route["channel"] == now else route for route in told]


def reasons(told: list[Route]) -> str:
    """Why the message could leave by none of its channels."""
    found = [route for route in told if "refused" in route]
    if len(found) == 1:
        return str(found[0]["refused"])
    return "; ".join(f"{route['channel']}: {route['refused']}" for route in found)
