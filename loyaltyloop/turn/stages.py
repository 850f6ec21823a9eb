"""A turn as a list: what is done, in order, and what hangs on what.

The Prefect flow, the plain runner and a printed plan walk this same list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loyaltyloop.store.live.versions import Live
from loyaltyloop.store.telling.reports import ENTERING

# Two words each: no step can be called so.
LEAVING = "who leaves"
DELIVERING = "deliver messages"
Kind = Literal["apply", "enter", "leave", "step", "deliver", "settle", "report"]


@dataclass(frozen=True)
class Stage:
    """One task of a turn. `name` is its name in the graph: `hello`, or `v3/hello` for an older version."""

    kind: Kind
    name: str
    verb: str = ""
    version: int | None = None
    step: str | None = None
    after: tuple[str, ...] = ()


def stages(versions: Sequence[Live]) -> tuple[Stage, ...]:
    """The stages of a turn over these versions, oldest first; the newest's steps bear their own names."""
    steps = [stage for live in versions for stage in _steps(live, newest=live is versions[-1])]
    return (
        Stage("apply", "apply events"),
        Stage("enter", ENTERING, after=("apply events",)),
        Stage("leave", LEAVING, after=(ENTERING,)),
        *steps,
        Stage("deliver", DELIVERING, after=_ends(steps)),
        Stage("settle", "after delivery", after=(DELIVERING,)),
        Stage("report", "turn report", after=("after delivery",)),
    )


def _steps(live: Live, newest: bool) -> list[Stage]:
    names = {step.name: step.name if newest else f"v{live.number}/{step.name}" for step in live.journey}
    parents: dict[str, list[str]] = {step.name: [] for step in live.journey}
    for step in live.journey:
        for follower in dict.fromkeys([target for _, target in step.edges] + [step.after]):
            if follower is not None:
                parents[follower].append(names[step.name])
    return [
        Stage(
            "step",
            names[step.name],
            step.verb,
            live.number,
            step.name,
            tuple(parents[step.name]) or (LEAVING,),
        )
        for step in live.journey
    ]


def _ends(steps: Sequence[Stage]) -> tuple[str, ...]:
    """Steps that no other step waits for; without any steps, whatever came before."""
    inner = {name for stage in steps for name in stage.after}
    return tuple(stage.name for stage in steps if stage.name not in inner) or (LEAVING,)
