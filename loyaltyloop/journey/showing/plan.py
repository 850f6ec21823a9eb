"""The difference between two journeys, step by step, as a list of small frozen records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from loyaltyloop.journey.model import Action, Ask, Journey, Path, Step
from loyaltyloop.journey.showing.graph import ways_on
from loyaltyloop.journey.showing.wording import arrow, changed_words, worded

Kind = Literal[
    "step added",
    "step removed",
    "step renamed",
    "step changed",
    "step moved",
    "path added",
    "path removed",
    "path changed",
    "entering changed",
    "leaving changed",
    "goal changed",
    "holdout changed",
    "purpose changed",
    "priority changed",
    "about changed",
    "end changed",
]

# What an edit of these changes, changes for everybody at once: they are the newest's in every version.
FOR_EVERYBODY: frozenset[Kind] = frozenset(
    {"leaving changed", "goal changed", "purpose changed", "priority changed", "about changed"}
)


@dataclass(frozen=True)
class Difference:
    """One difference. `step` is the name in the old journey, for what is added the one in the new.

    `detail` is for people: `2 days → 3 days`. `target` is a renamed step's new name.
    """

    kind: Kind
    step: str | None = None
    detail: str = ""
    target: str | None = None


def differences(old: Journey, new: Journey) -> list[Difference]:
    """All differences, the journey's own first, then in the order of the steps; empty for the same."""
    return [*_head(old, new), *_gone(old, new), *_steps(old, new), *_order(old, new), *_end(old, new)]


def same(old: Journey, new: Journey) -> bool:
    """Do both say the same? Comments, spaces and places in the file do not count."""
    return _placeless(old) == _placeless(new)


def same_steps(old: Journey, new: Journey) -> bool:
    """Does whoever stands anywhere in `old` go on in `new` exactly as before?"""
    return _placeless(old).steps == _placeless(new).steps and _plain(old.at_end) == _plain(new.at_end)


def counterpart(step: str, new: Journey) -> Step | None:
    """The step of `new` that is `step` of an older version: of that name, or renamed with `was`."""
    by_name = {found.name: found for found in new}
    renamed = {was: found.name for found in new for was in found.was}
    # A nameless wait after `hello` is `hello.wait`: it is renamed with the step that it is named after.
    base, dot, rest = step.partition(".")
    derived = f"{renamed[base]}.{rest}" if dot and base in renamed and base not in by_name else ""
    return by_name.get(step) or by_name.get(renamed.get(step, derived))


def same_action(old: Step, new: Step) -> bool:
    """Do both do the same to whoever stands there?"""
    return old.action == new.action and old.condition == new.condition


def downstream(journey: Journey, step: str) -> frozenset[str]:
    """The steps that somebody who stands at `step` may still come to, that one left out."""
    edges = {found.name: {target for target, _ in ways_on(journey, found) if target} for found in journey}
    reached: set[str] = set()
    ahead = [step]
    while ahead:
        new = edges[ahead.pop()] - reached
        reached |= new
        ahead.extend(new)
    return frozenset(reached)


def _placeless(journey: Journey) -> Journey:
    return replace(journey, steps=_plain(journey.steps), at_end=_plain(journey.at_end), uses=())


def _plain(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, line=0) for step in steps)


# ── the journey itself ──────────────────────────────────────────────────────


def _head(old: Journey, new: Journey) -> Iterator[Difference]:
    yield from _value("about changed", old.about, new.about, told=False)
    yield from _value("purpose changed", old.purpose, new.purpose)
    yield from _value("priority changed", old.priority, new.priority)
    if old.enter != new.enter:
        yield Difference("entering changed", detail=", ".join(changed_words(old.enter, new.enter)))
    if old.leave_when != new.leave_when:
        yield Difference("leaving changed", detail=_reasons(old, new))
    if (old.goal, old.goal_within) != (new.goal, new.goal_within):
        told = [arrow(old.goal, new.goal), arrow(old.goal_within, new.goal_within)]
        yield Difference("goal changed", detail=", ".join(part for part in told if part))
    yield from _value("holdout changed", old.holdout, new.holdout)


def _value(kind: Kind, old: object, new: object, told: bool = True) -> Iterator[Difference]:
    if old != new:
        yield Difference(kind, detail=arrow(old, new) if told else "")


def _reasons(old: Journey, new: Journey) -> str:
    before, after = dict(old.leave_when), dict(new.leave_when)
    words = [f"+{name}" for name in after if name not in before]
    words += [f"-{name}" for name in before if name not in after]
    words += [f"~{name}" for name in after if name in before and before[name] != after[name]]
    return ", ".join(words) or "their order"


def _end(old: Journey, new: Journey) -> Iterator[Difference]:
    if _plain(old.at_end) != _plain(new.at_end):
        yield Difference("end changed", detail="what runs at the end")


# ── the steps ───────────────────────────────────────────────────────────────


def _gone(old: Journey, new: Journey) -> Iterator[Difference]:
    for step in old:
        if counterpart(step.name, new) is None:
            yield Difference("step removed", step.name, step.verb)


def _steps(old: Journey, new: Journey) -> Iterator[Difference]:
    before = _origins(old, new)
    for step in new:
        origin = before.get(step.name)
        if origin is None:
            yield Difference("step added", step.name, step.verb)
            continue
        if origin.name != step.name and not _follows(origin, step):
            yield Difference("step renamed", origin.name, f"{origin.name} → {step.name}", step.name)
        yield from _changed(origin, step)
        yield from _paths(origin, step)


def _origins(old: Journey, new: Journey) -> dict[str, Step]:
    """New name → the step of the old journey that it was."""
    pairs = ((counterpart(step.name, new), step) for step in old)
    return {found.name: step for found, step in pairs if found}


def _follows(old: Step, new: Step) -> bool:
    """Is a nameless step called otherwise only because the one is that it is named after?"""
    return "." in old.name and old.name not in new.was


def _changed(old: Step, new: Step) -> Iterator[Difference]:
    told = _action(old.action, new.action)
    if old.condition != new.condition:
        told.append(worded("if", old.condition, new.condition))
    if told:
        yield Difference("step changed", old.name, ", ".join(told))


def _action(old: Action, new: Action) -> list[str]:
    if type(old) is not type(new):
        return [f"{_verb(old)} → {_verb(new)}"]
    match old, new:
        case Ask(), Ask():
            return [*_action(old.send, new.send), *changed_words(old, new, frozenset({"send"}))]
        case _:
            return changed_words(old, new, frozenset({"paths"}))


def _verb(action: Action) -> str:
    return Step("", action, ()).verb


def _paths(old: Step, new: Step) -> Iterator[Difference]:
    before, after = _by_name(old), _by_name(new)
    for name in before:
        if name not in after:
            yield Difference("path removed", old.name, name)
    for name in after:
        if name not in before:
            yield Difference("path added", old.name, name)
        elif before[name] != after[name]:
            yield Difference("path changed", old.name, _path(before[name], after[name]))


def _by_name(step: Step) -> dict[str, Path]:
    return {path.name: path for path in step.paths}


def _path(old: Path, new: Path) -> str:
    words = [old.name]
    if old.share != new.share:
        words.append(f"share {arrow(old.share, new.share)}")
    if old.when != new.when:
        words.append(worded("when", old.when, new.when))
    return " ".join(words)


def _order(old: Journey, new: Journey) -> Iterator[Difference]:
    """Steps that both have, but that stand elsewhere: in another path, or earlier or later."""
    origins = _origins(old, new)
    after = [origins[step.name].name for step in new if step.name in origins]
    kept = set(after)
    before = [step.name for step in old if step.name in kept]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    steady = {name for block in blocks for name in before[block.a : block.a + block.size]}
    elsewhere = {name for name in after if _place(old, name) != _place_now(new, origins, name)}
    for name in before:
        if name not in steady or name in elsewhere:
            yield Difference("step moved", name)


def _place(journey: Journey, step: str) -> tuple[str, ...]:
    return journey.step(step).within_paths


def _place_now(new: Journey, origins: dict[str, Step], old_name: str) -> tuple[str, ...]:
    """Where the step stands in the new journey, in the old names of the steps around it."""
    step = next(step for step in new if step.name in origins and origins[step.name].name == old_name)
    return tuple(_old_path(path, origins) for path in step.within_paths)


def _old_path(path: str, origins: dict[str, Step]) -> str:
    step, _, name = path.rpartition(".")
    return f"{origins[step].name if step in origins else step}.{name}"
