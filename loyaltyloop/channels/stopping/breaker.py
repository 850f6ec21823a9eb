"""Circuit breakers, decided: what stops, for how long, and what lets it go on. Nothing here acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from loyaltyloop.journey.model.breaking import Breaking
from loyaltyloop.store.messages.tallies import Figures

LATEST = 50  # hand-overs of a channel that are looked at; where half of them failed it stops as well
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=30)
TAKEN, FAILED = ".", "x"


def why_stop(figures: Figures, limits: Breaking) -> str:
    """Why a journey's marketing is to stop; empty if it may go on."""
    told = (
        (figures.complained, limits.complaints, "were marked as spam"),
        (figures.bounced, limits.bounces, "bounced for good"),
    )
    for number, share, what in told:
        if number >= limits.at_least and number >= share * figures.handed:
            most = f"{(share * 100).normalize():f}%" if share else "0%"
            return f"{number:,} of {figures.handed:,} messages in {limits.within} {what} (at most {most})"
    return ""


@dataclass(frozen=True)
class Circuit:
    """A channel's breaker. `recent`: its latest hand-overs, the last at the end; what is missing was taken.

    `times`: how often it opened without a closing in between; `again_at`: when one message is tried.
    """

    state: Literal["closed", "open"] = "closed"
    why: str = ""
    recent: str = ""
    times: int = 0
    opened_at: datetime | None = None
    again_at: datetime | None = None

    def stage(self, now: datetime) -> Literal["closed", "open", "trying"]:
        """closed: all may leave. open: nothing. trying: one message, to see."""
        if self.state == "open" and self.again_at is not None and self.again_at <= now:
            return "trying"
        return self.state

    def next_turn_of(self, now: datetime, least: timedelta) -> datetime | None:
        """When a message that was tried in vain may be tried again; None while nothing is held back.

        After the next trial, and by as much as the stop has lasted, or by `least`: the longer it lasts, the
        more other messages are tried in between, so that none whose own mailbox is at fault keeps it open.
        """
        if self.again_at is None or self.opened_at is None:
            return None
        return self.again_at + max(now - self.opened_at, least)


def after(circuit: Circuit, taken: Iterable[bool], now: datetime, limits: Breaking) -> Circuit:
    """The breaker once these hand-overs are known, in their order: taken, or failed."""
    marks = "".join(TAKEN if one else FAILED for one in taken)
    if not marks:
        return circuit
    if circuit.state == "open":
        if TAKEN in marks:
            return Circuit()
        return _opened(circuit, now) if circuit.stage(now) == "trying" else circuit
    recent = (circuit.recent + marks)[-max(LATEST, limits.failures) :].lstrip(TAKEN)
    in_a_row = len(recent) - len(recent.rstrip(FAILED))
    failed = recent[-LATEST:].count(FAILED)
    if in_a_row >= limits.failures:
        why = f"{in_a_row} hand-overs in a row failed"
    elif failed * 2 >= LATEST:
        why = f"{failed} of the latest {LATEST} hand-overs failed"
    else:
        return replace(circuit, recent=recent)
    return _opened(replace(circuit, recent=recent, why=why, opened_at=now), now)


def _opened(circuit: Circuit, now: datetime) -> Circuit:
    """Each pause is twice the last."""
    pause = min(SHORTEST * 2 ** min(circuit.times, 10), LONGEST)
    return replace(circuit, state="open", times=circuit.times + 1, again_at=now + pause)
