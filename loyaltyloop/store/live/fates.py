"""What becomes of those who stand at one step of one version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Journey, Step, Wait, WaitFor
from loyaltyloop.journey.showing import plan as journey_plan
from loyaltyloop.journey.showing.plan import Difference
from loyaltyloop.store.live.standing import Move, NewWait, Standing

NOWHERE = "nowhere to go"


@dataclass(frozen=True)
class Fate:
    """What becomes of those who stand at one step of one version. No move: they finish there."""

    at: Standing
    move: Move | None = None
    refusal: str = ""


def reasons(fates: list[Fate]) -> list[str]:
    """Why some of them have nowhere to go."""
    return [fate.refusal for fate in fates if fate.refusal]


def renames(old: Journey, new: Journey) -> tuple[dict[str, str], str]:
    """Old name → new name of what was renamed; and what is wrong if two steps would become one."""
    pairs = [(step.name, found.name) for step in old if (found := journey_plan.counterpart(step.name, new))]
    twice = [name for name, number in Counter(name for _, name in pairs).items() if number > 1]
    names = {before: after for before, after in pairs if before != after}
    if not twice:
        return names, ""
    return names, f"{twice[0]!r} would be two of their steps: give the renamed step a name of its own"


def new_wait(step: Step, lateness: timedelta) -> NewWait | None:
    """How long those wait who are moved to this step; None if it is not for a length of time."""
    match step.action:
        case Wait(duration=Duration() as duration, at=at):
            return NewWait(duration, at)
        case WaitFor(up_to=Duration() as duration):
            return NewWait(duration, lateness=lateness)
        case _:
            return None


def summary(fates: list[Fate], number: int) -> str:
    """`finish on version 1`; with numbers where people fare differently."""
    parts: Counter[str] = Counter()
    for fate in fates:
        if fate.refusal:
            parts[f"cannot go on in version {number}" if fate.move else NOWHERE] += fate.at.people
        elif fate.move:
            parts[f"go on in version {number}"] += fate.at.people
        elif fate.at.version != number:
            parts[f"finish on version {fate.at.version}"] += fate.at.people
    if len(parts) == 1:
        return next(iter(parts))
    return ", ".join(f"{people:,} {word}" for word, people in parts.items())


def becomes_of(difference: Difference, here: list[Fate], number: int) -> str:
    """What a difference means for those who stand there, once version `number` is the newest."""
    if difference.kind in journey_plan.FOR_EVERYBODY:
        return "holds for everybody at once"
    if difference.step is None or difference.kind == "step added":
        return "holds for those who enter from now on"
    if not here:
        return "nobody stands there"
    return summary(here, number)
