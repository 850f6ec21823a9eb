"""Every condition of a file with its place and its part: what check rules and deferred words walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from loyaltyloop.journey.reading.compile import Placed, placed_steps
from loyaltyloop.journey.reading.tree import Path
from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.schema.shop import ShopFile
from loyaltyloop.journey.schema.steps import BranchFile, SplitFile, WaitFile, WaitForFile

Role = Literal["enter", "enter_if", "to", "leave_when", "goal", "step_if", "when", "reset_by", "shop"]


@dataclass(frozen=True)
class ConditionAt:
    """A condition, the way to it, the part it plays, the step it belongs to; `top`: it is inside no other."""

    path: Path
    condition: ConditionFile
    role: Role = "shop"
    step: Placed | None = None
    top: bool = True


def conditions_in(
    condition: ConditionFile, path: Path, role: Role = "shop", step: Placed | None = None, top: bool = True
) -> Iterator[ConditionAt]:
    """The condition and all inside it, outermost first."""
    yield ConditionAt(path, condition, role, step, top)
    for word, parts in (("all", condition.all), ("any", condition.any)):
        for index, part in enumerate(parts or ()):
            yield from conditions_in(part, (*path, word, index), role, step, False)
    if condition.not_ is not None:
        yield from conditions_in(condition.not_, (*path, "not"), role, step, False)


def journey_conditions(file: JourneyFile) -> Iterator[ConditionAt]:
    """Every condition of a journey."""
    enter: tuple[tuple[ConditionFile | None, str, Role], ...] = (
        (file.enter.when, "when", "enter"),
        (file.enter.to, "to", "to"),
        (file.enter.if_, "if", "enter_if"),
    )
    for condition, word, role in enter:
        if condition is not None:
            yield from conditions_in(condition, ("enter", word), role)
    for reason, condition in file.leave_when.items():
        yield from conditions_in(condition, ("leave_when", reason), "leave_when")
    if file.goal is not None:
        yield from conditions_in(file.goal, ("goal",), "goal")
    for place in placed_steps(file):
        yield from _of_step(place)


def _of_step(place: Placed) -> Iterator[ConditionAt]:
    file, path = place.file, place.path
    if file.if_ is not None:
        yield from conditions_in(file.if_, (*path, "if"), "step_if", place)
    if isinstance(file, WaitFile | WaitForFile) and file.reset_by is not None:
        yield from conditions_in(file.reset_by, (*path, "reset_by"), "reset_by", place)
    if isinstance(file, WaitForFile | BranchFile | SplitFile):
        for way, inner in file.paths.items():
            if inner.when is not None:
                yield from conditions_in(inner.when, (*path, "paths", way, "when"), "when", place)


def shop_conditions(file: ShopFile) -> Iterator[ConditionAt]:
    """Every condition of shop.yaml."""
    for name, condition in file.segments.items():
        yield from conditions_in(condition, ("segments", name))
    for purpose, condition in (file.hold_while or {}).items():
        yield from conditions_in(condition, ("hold_while", purpose))
    for name, badge in (file.badges or {}).items():
        if badge.when is not None:
            yield from conditions_in(badge.when, ("badges", name, "when"))
