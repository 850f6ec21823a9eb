"""Scores and recommendations: models that there are, numbers that they can give, times to wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from loyaltyloop.journey.conditions.condition import Scalar
from loyaltyloop.journey.model import Recommend
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.places import ConditionAt
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen, found
from loyaltyloop.journey.schema.conditions import Comparison, ConditionFile, Test
from loyaltyloop.journey.schema.steps import ScoreFile, WaitFile, WaitForFile
from loyaltyloop.journey.scoring import DUE, MODELS, Meant

_GOAL = "Name what they do: 'goal: {did: Order Completed, within: 30 days}'."
_BY_ITSELF = "a goal is something done, and a prediction changes by itself"
_BADGE = "a badge is for something done, and a prediction changes by itself"
_DONE = "Ask for what customers did: 'when: {customer: {orders: {at_least: 10}}}'."


def _unknown_model(context: Context) -> Iterator[Found]:
    for source, _, place in context.conditions:
        for name in place.condition.predicted or {}:
            if name not in MODELS:
                yield _no_model(source, (*place.path, "predicted", name), name)
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, ScoreFile) and one.file.model not in MODELS:
                yield _no_model(seen.read.source, (*one.path, "model"), one.file.model)


def _no_model(source: Source, path: Path, name: str) -> Found:
    remedy = did_you_mean(name, MODELS, "The models are")
    return found(
        source, path, f"there is no model '{name}'", remedy, "value" if path[-1] == "model" else "key"
    )


# ── numbers ─────────────────────────────────────────────────────────────────


def _beyond(context: Context) -> Iterator[Found]:
    for source, seen, place in context.conditions:
        for path, name, model, test in _asked(seen, place):
            meant = MODELS.get(model)
            value = next(_outside(meant, test), None) if meant is not None else None
            if meant is not None and value is not None:
                message = f"'{name}' {_range(meant)}: compared with {value}, all are alike"
                yield found(source, path, message, _share(meant, value))


def _asked(seen: Seen | None, place: ConditionAt) -> Iterator[tuple[Path, str, str, Test]]:
    """Each number that a condition asks for: where, its name, its model, and what it is compared with."""
    for name, test in (place.condition.predicted or {}).items():
        yield (*place.path, "predicted", name), name, name, test
    models = (
        {one.name: one.file.model for one in seen.placed if isinstance(one.file, ScoreFile)} if seen else {}
    )
    for name, test in (place.condition.scored or {}).items():
        yield (*place.path, "scored", name), name, models.get(name, ""), test


def _outside(meant: Meant, test: Test) -> Iterator[Scalar]:
    """Values that part nobody from anybody: beyond what the model can say, or over the most of it."""
    if not isinstance(test, Comparison):
        values: list[Scalar | None] = [test]
    else:
        values = [test.is_, test.not_, test.at_least, test.at_most, test.over, test.under]
        values += [*(test.between or ()), *(test.one_of or ())]
        yield from (one for one in (test.over,) if meant.most is not None and one == meant.most)
        yield from (one for one in (test.under,) if one == meant.least)
    for value in values:
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and _is_beyond(meant, value):
            yield value


def _is_beyond(meant: Meant, value: int | Decimal) -> bool:
    return value < meant.least or (meant.most is not None and value > meant.most)


def _range(meant: Meant) -> str:
    if meant.most is None:
        return f"is never less than {meant.least}"
    return f"lies between {meant.least} and {meant.most}"


def _share(meant: Meant, value: Scalar) -> str:
    if meant.most == 1 and isinstance(value, int | Decimal) and 2 <= value <= 100:
        return f"Write a share: {Decimal(value) / 100} stands for {value} %."
    return (
        "Write a number from that range, such as {over: 0.7}."
        if meant.most == 1
        else "Write a greater number."
    )


def _exactly(context: Context) -> Iterator[Found]:
    """Numbers between the ends have so many decimals that next to nobody has just this one."""
    for source, seen, place in context.conditions:
        for path, name, model, test in _asked(seen, place):
            meant = MODELS.get(model)
            value = next(_single(meant, test), None) if meant is not None else None
            if meant is not None and value is not None:
                never = _decimals(value) > meant.decimals
                told = ("in whole numbers", "to one decimal", "to two decimals")[meant.decimals]
                message = f"'{name}' is never {value}: it is told {told}"
                if not never:
                    message = f"'{name}' is hardly ever just {value}"
                remedy = f"Write for example {{at_least: {value}}} or {{at_most: {value}}}."
                yield found(source, path, message, remedy)


def _single(meant: Meant, test: Test) -> Iterator[Decimal]:
    """Numbers that are asked for alone, and that nobody has, or by chance."""
    values: list[Scalar | None] = [test] if not isinstance(test, Comparison) else []
    if isinstance(test, Comparison):
        same = test.between is not None and test.between[0] == test.between[1]
        values = [
            test.is_,
            test.not_,
            *(test.one_of or ()),
            *(test.between[:1] if test.between and same else ()),
        ]
    for value in values:
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and not _is_beyond(meant, value):
            number = Decimal(value)
            if number not in (meant.least, meant.most) and (meant.decimals or _decimals(number)):
                yield number


def _decimals(number: Decimal) -> int:
    """How many decimals it is written with, without noughts at its end."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# ── times ───────────────────────────────────────────────────────────────────


def _no_due(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        models = {one.name: one.file.model for one in seen.placed if isinstance(one.file, ScoreFile)}
        for one in seen.placed:
            until = one.file.until if isinstance(one.file, WaitFile | WaitForFile) else None
            name, _, word = (until or "").partition(".")
            if name not in models or (word == "due" and models[name] == DUE):
                continue
            if models[name] == DUE:
                message, remedy = f"the score '{name}' is a number, and no time", f"Write '{name}.due'."
            else:
                message = f"'{name}' asks the model '{models[name]}', and that tells no time to wait for"
                remedy = f"Only 'model: {DUE}' does."
            yield seen.found((*one.path, "until"), message, remedy)


def _never_scored(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        scores = {one.name for one in seen.placed if isinstance(one.file, ScoreFile)}
        for path, step, name in _asking(seen):
            if name in scores and name not in seen.possibly_before.get(step, {name}):
                message = f"no way to '{step}' passes the score '{name}': it is always unknown here"
                yield seen.found(path, message, "Ask for a score that comes before, or move it up.")


def _asking(seen: Seen) -> Iterator[tuple[Path, str, str]]:
    """Where steps ask for the number of a score, or wait for its time: the step, and the score's name."""
    for place in seen.conditions:
        if place.step is not None:
            for name in place.condition.scored or {}:
                yield (*place.path, "scored", name), place.step.name, name
    for one in seen.placed:
        if isinstance(one.file, WaitFile | WaitForFile) and one.file.until:
            yield (*one.path, "until"), one.name, one.file.until.partition(".")[0]


# ── what is predicted ───────────────────────────────────────────────────────


def _goal(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.conditions:
            if place.role == "goal":
                yield from _foretold(context, seen.read.source, place, _BY_ITSELF, _GOAL)


def _badges(context: Context) -> Iterator[Found]:
    for source, seen, place in context.conditions:
        if seen is None and place.path[0] == "badges":
            yield from _foretold(context, source, place, _BADGE, _DONE)


def _foretold(
    context: Context, source: Source, place: ConditionAt, message: str, remedy: str
) -> Iterator[Found]:
    """What is predicted here, or in a segment that is named here."""
    segments = context.shop.file.segments if context.shop else {}
    if place.condition.predicted is not None:
        yield found(source, (*place.path, "predicted"), message, remedy)
    named = place.condition.segment
    if named is not None and _predicts(named, segments):
        yield found(source, (*place.path, "segment"), f"{message}, as in the segment '{named}'", remedy)


def _predicts(segment: str, segments: Mapping[str, ConditionFile]) -> bool:
    """Does a segment ask for a prediction, itself or by another that it names?"""
    if segment not in segments:
        return False
    rest = {name: one for name, one in segments.items() if name != segment}
    return any(
        part.predicted is not None or (part.segment is not None and _predicts(part.segment, rest))
        for part in _parts(segments[segment])
    )


def _parts(said: ConditionFile) -> Iterator[ConditionFile]:
    """A condition and all inside it."""
    yield said
    for part in (*(said.all or ()), *(said.any or ()), *([said.not_] if said.not_ else ())):
        yield from _parts(part)


# ── what is recommended ─────────────────────────────────────────────────────


def _nothing_again(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for step in seen.journey:
            one = step.action
            if not isinstance(one, Recommend) or {*one.sources, *one.fallback} != {"repeat"}:
                continue
            if "owned" in one.exclude:
                message = "'repeat' is what they have bought, and 'exclude: owned' leaves all of that out"
                remedy = "Take 'owned' out of 'exclude', or add another source to 'from'."
                yield seen.found((*seen.path_of[step.name], "exclude"), message, remedy)


RULES = (
    Rule("unknown-model", "error", "A model is named that there is not.", _unknown_model, alone=True),
    Rule("beyond-range", "error", "A number that a model never comes to.", _beyond, alone=True),
    Rule("hardly-ever", "warning", "A prediction that is asked to be just one number.", _exactly, alone=True),
    Rule("no-due", "error", "`until` of a score that tells no time, or of its number.", _no_due, alone=True),
    Rule("never-scored", "warning", "A score that cannot have been made by then.", _never_scored),
    Rule("predicted-goal", "error", "A goal that is a prediction.", _goal, alone=True),
    Rule("predicted-badge", "error", "A badge that is given for a prediction.", _badges, alone=True),
    Rule("nothing-again", "warning", "What was bought alone, without what was bought.", _nothing_again),
)
