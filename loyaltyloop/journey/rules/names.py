"""Names that must stand for something, and for one thing only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from loyaltyloop.journey.reading.compile import Placed
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.places import ConditionAt
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen, found
from loyaltyloop.journey.schema.conditions import ENGAGEMENTS
from loyaltyloop.journey.schema.steps import (
    AskFile,
    CallFile,
    GiveFile,
    RecommendFile,
    ScoreFile,
    SendFile,
    StartFile,
    WaitFile,
    WaitForFile,
)
from loyaltyloop.journey.schema.values import near_name

# What conditions mean by `since`, and what templates call by these names already.
_SINCE = frozenset(("entered", "step", "ever"))
_TEMPLATES = frozenset(
    (
        "customer",
        "trigger",
        "order",
        "cart",
        "shop",
        "links",
        "message",
        "language",
        "direction",
        "loop",
        "range",
    )
)


def _file_name(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        path = PurePosixPath(seen.read.source.file)
        if path.name != f"{seen.journey.name}.yaml":
            yield seen.found(
                ("journey",),
                f"the journey '{seen.journey.name}' stands in the file {path.name}",
                f"Call the file {seen.journey.name}.yaml{_of_its_own(path, seen.journey.name)}.",
                "value",
            )


def _of_its_own(path: PurePosixPath, name: str) -> str:
    """The other remedy: to call the journey as the file is called, where that makes a name."""
    better = near_name(path.stem)
    if better in (None, name):
        return ""
    if path.name == f"{better}.yaml":
        return f", or write 'journey: {better}'"
    return f", or {better}.yaml and write 'journey: {better}'"


def _duplicate_journey(context: Context) -> Iterator[Found]:
    first: dict[str, str] = {}
    for seen in context.journeys:
        name, file = seen.journey.name, seen.read.source.file
        if name in first:
            message = f"two journeys are called '{name}'; the first is {first[name]}"
            yield seen.found(("journey",), message, "Give this one a name of its own.", "value")
        first.setdefault(name, file)


def _reserved(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.placed:
            shown = isinstance(place.file, RecommendFile | ScoreFile | GiveFile | AskFile)
            if place.name in _SINCE or (shown and place.name in _TEMPLATES):
                message = f"a step cannot be called '{place.name}': templates and conditions use that name"
                yield seen.found(place.path, message, f"Call it for example '{place.name}_step'.", "key")


def _was_taken(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        old: dict[str, str] = {}
        for place in seen.placed:
            for was in place.file.was or ():
                path = (*place.path, "was")
                if was in seen.path_of:
                    message = f"'was: {was}', but a step of this name is still here"
                    yield seen.found(path, message, "Name the step's own old name, or delete 'was'.")
                elif was in old:
                    message = f"both '{old[was]}' and '{place.name}' say 'was: {was}'"
                    yield seen.found(
                        path, message, "People can be moved to one of them only; keep one 'was'."
                    )
                old.setdefault(was, place.name)


# ── steps ───────────────────────────────────────────────────────────────────


def _steps_named(place: ConditionAt) -> Iterator[tuple[str, Path, tuple[type, ...]]]:
    """Steps that a condition names, and the kinds of step that can be meant."""
    said = place.condition
    if said.redeemed is not None:
        yield said.redeemed, (*place.path, "redeemed"), (GiveFile,)
    for step in said.answered or {}:
        yield step, (*place.path, "answered", step), (AskFile,)
    for step in said.scored or {}:
        yield step, (*place.path, "scored", step), (ScoreFile,)
    if said.since not in (None, "entered", "step", "ever"):
        yield str(said.since), (*place.path, "since"), ()


def _unknown_step(context: Context) -> Iterator[Found]:
    for source, seen, place in context.conditions:
        for name, path, kinds in _steps_named(place):
            yield from _must_be(source, seen, name, path, kinds)
    for seen in context.journeys:
        for one in seen.placed:
            yield from _step_words(seen, one)


def _step_words(seen: Seen, place: Placed) -> Iterator[Found]:
    file, source = place.file, seen.read.source
    if isinstance(file, WaitForFile) and file.since not in (None, "entered", "step", "ever"):
        yield from _must_be(source, seen, str(file.since), (*place.path, "since"), ())
    if isinstance(file, WaitFile | WaitForFile) and file.until and file.until.endswith(".expires"):
        name = file.until.removesuffix(".expires")
        yield from _must_be(source, seen, name, (*place.path, "until"), (GiveFile,))
    if isinstance(file, WaitFile | WaitForFile) and file.until and file.until.endswith(".due"):
        yield from _must_be(
            source, seen, file.until.removesuffix(".due"), (*place.path, "until"), (ScoreFile,)
        )


def _must_be(
    source: Source, seen: Seen | None, name: str, path: Path, kinds: tuple[type, ...]
) -> Iterator[Found]:
    fit = [one.name for one in (seen.placed if seen else ()) if not kinds or isinstance(one.file, kinds)]
    if name not in fit:
        what = kinds[0].__name__.removesuffix("File").lower() if kinds else ""
        wanted = f"'{what}' step" if what else "step"
        where = "in this journey" if seen else "that shop.yaml could name"
        remedy = did_you_mean(name, fit, f"Write one of the {wanted}s of this journey")
        yield found(source, path, f"there is no {wanted} '{name}' {where}", remedy)


# ── journeys ────────────────────────────────────────────────────────────────


def _unknown_journey(context: Context) -> Iterator[Found]:
    for source, _, place in context.conditions:
        name = place.condition.inside
        if name is not None and name not in context.names:
            yield _no_journey(source, (*place.path, "inside"), name, context)
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, StartFile) and one.file.start not in context.names:
                yield _no_journey(seen.read.source, (*one.path, "start"), one.file.start, context)


def _no_journey(source: Source, path: Path, name: str, context: Context) -> Found:
    remedy = did_you_mean(name, context.names, "The journeys are")
    return found(source, path, f"there is no journey '{name}'", remedy)


def _unknown_message(context: Context) -> Iterator[Found]:
    for source, seen, place in context.conditions:
        for word in ENGAGEMENTS:
            name = getattr(place.condition, word)
            if name is not None:
                yield from _no_message(source, seen, (*place.path, word), name, context)


def _messages(seen: Seen | None) -> list[str]:
    return [one.name for one in (seen.placed if seen else ()) if isinstance(one.file, SendFile | AskFile)]


def _no_message(
    source: Source, seen: Seen | None, path: Path, name: str, context: Context
) -> Iterator[Found]:
    journey, _, step = name.partition(".")
    if name in _messages(seen):
        return
    if seen is not None and name in seen.path_of:
        known = ", ".join(_messages(seen)) or "none"
        yield found(source, path, f"'{name}' is no message", f"Write the name of a 'send' or 'ask': {known}.")
    elif journey not in context.names:
        known_names = [*_messages(seen), *context.names]
        remedy = did_you_mean(name, known_names, "Messages here, and journeys")
        yield found(source, path, f"there is no message and no journey '{name}'", remedy)
    elif step:
        other = next((one for one in context.journeys if one.journey.name == journey), None)
        if other is not None and step not in _messages(other):
            remedy = did_you_mean(step, _messages(other), f"Messages of '{journey}'")
            yield found(source, path, f"'{journey}' has no message '{step}'", remedy)


def _start_circle(context: Context) -> Iterator[Found]:
    starts = {
        seen.journey.name: {one.file.start for one in seen.placed if isinstance(one.file, StartFile)}
        for seen in context.journeys
    }
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, StartFile) and seen.journey.name in _closure(starts, one.file.start):
                yield seen.found(
                    (*one.path, "start"),
                    f"'{one.file.start}' starts '{seen.journey.name}' again: they would go round in a circle",
                    "Take one of the two 'start' steps out.",
                )


def _closure(starts: dict[str, set[str]], first: str) -> set[str]:
    seen: set[str] = set()
    due = {first}
    while due:
        name = due.pop()
        seen.add(name)
        due |= starts.get(name, set()) - seen
    return seen


# ── names of shop.yaml ──────────────────────────────────────────────────────


def _unknown_segment(context: Context) -> Iterator[Found]:
    if context.shop is None:
        return
    known = context.shop.file.segments
    for source, _, place in context.conditions:
        name = place.condition.segment
        if name is not None and name not in known:
            remedy = did_you_mean(name, known, "The segments of shop.yaml")
            yield found(source, (*place.path, "segment"), f"there is no segment '{name}'", remedy)


def _unknown_in_shop(context: Context) -> Iterator[Found]:
    if context.shop is None:
        return
    hooks, pools = context.shop.file.hooks or {}, context.shop.file.vouchers or {}
    alerts = context.shop.file.alerts
    if alerts is not None and alerts.hook not in hooks:
        remedy = did_you_mean(alerts.hook, hooks, "The hooks of shop.yaml")
        why = f"shop.yaml has no hook '{alerts.hook}'"
        yield found(context.shop.source, ("alerts", "hook"), why, remedy, "value")
    for seen in context.journeys:
        for one in seen.placed:
            match one.file:
                case CallFile(hook=str(hook)) if hook not in hooks:
                    remedy = did_you_mean(hook, hooks, "The hooks of shop.yaml")
                    yield seen.found((*one.path, "hook"), f"shop.yaml has no hook '{hook}'", remedy)
                case GiveFile(voucher=str(pool)) if pool not in pools:
                    remedy = did_you_mean(pool, pools, "The vouchers of shop.yaml")
                    yield seen.found((*one.path, "voucher"), f"shop.yaml has no vouchers '{pool}'", remedy)


RULES = (
    Rule("file-name", "error", "A journey stands in a file of its own name.", _file_name, alone=True),
    Rule("duplicate-journey", "error", "Two journeys have the same name.", _duplicate_journey, alone=True),
    Rule(
        "reserved-name", "error", "A step has a name that templates or conditions use.", _reserved, alone=True
    ),
    Rule(
        "was-taken",
        "error",
        "`was` names a step that is still there, or that two steps claim.",
        _was_taken,
        alone=True,
    ),
    Rule(
        "unknown-step", "error", "A step is named that this journey does not have.", _unknown_step, alone=True
    ),
    Rule("unknown-journey", "error", "A journey is named that there is not.", _unknown_journey, alone=True),
    Rule("unknown-message", "error", "A message is named that there is not.", _unknown_message, alone=True),
    Rule("start-circle", "error", "Journeys start each other in a circle.", _start_circle),
    Rule(
        "unknown-segment",
        "error",
        "A segment is named that shop.yaml does not have.",
        _unknown_segment,
        alone=True,
    ),
    Rule(
        "unknown-in-shop",
        "error",
        "A hook or voucher pool is missing in shop.yaml.",
        _unknown_in_shop,
        alone=True,
    ),
)
