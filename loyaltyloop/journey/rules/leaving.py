"""Leaving, goals and holdouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loyaltyloop.journey.conditions.condition import Ago
from loyaltyloop.journey.model import Ask, Send, Wait, WaitFor
from loyaltyloop.journey.reading.tree import Path
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.schema.conditions import ENGAGEMENTS, Comparison, ConditionFile, Test
from loyaltyloop.journey.schema.steps import LeaveFile

_FIELDS = ("customer", "trigger", "order", "cart")
# Words that a number can come to fit, or cease to fit, by becoming less.
_BOTH = frozenset(("is_", "not_", "between", "one_of"))
_UPPER = _BOTH | {"under", "at_most"}
_LOWER = _BOTH | {"over", "at_least"}


def _by_time_alone(context: Context) -> Iterator[Found]:
    segments = context.shop.file.segments if context.shop else {}
    for seen in context.journeys:
        for reason, condition in seen.file.leave_when.items():
            for path, message, remedy in _comes_true(condition, ("leave_when", reason), True, segments):
                yield seen.found(
                    path, f"this becomes true as time passes, with nothing done: {message}", remedy
                )
        if seen.file.goal is not None:
            for path, message, remedy in _comes_true(seen.file.goal, ("goal",), True, segments):
                yield seen.found(
                    path, f"a goal is something done, and this only needs time: {message}", remedy
                )


Told = Iterator[tuple[Path, str, str]]
_WAIT = "Leave by a step instead: 'wait_for' with 'up_to', and 'leave: ...' in its last path."


def _comes_true(
    said: ConditionFile, path: Path, positive: bool, segments: Mapping[str, ConditionFile]
) -> Told:
    """Parts that turn from false to true (under `not`: from true to false) by the clock alone."""
    for word, parts in (("all", said.all), ("any", said.any)):
        for index, part in enumerate(parts or ()):
            yield from _comes_true(part, (*path, word, index), positive, segments)
    if said.not_ is not None:
        yield from _comes_true(said.not_, (*path, "not"), not positive, segments)
    if said.segment in segments:
        inner = segments[str(said.segment)]
        rest = {name: one for name, one in segments.items() if name != said.segment}
        if any(True for _ in _comes_true(inner, (), positive, rest)):
            yield (*path, "segment"), f"the segment '{said.segment}' does", _WAIT
    if said.within is not None and path != ("goal",):
        yield from _runs_out(said, path, positive)
    for subject in _FIELDS:
        for name, test in (getattr(said, subject) or {}).items():
            if isinstance(test, Comparison) and (how := _moving(test, positive)):
                yield (*path, subject, name), f"'{name}' {how} a moving day", _WAIT


def _runs_out(said: ConditionFile, path: Path, positive: bool) -> Told:
    """As time passes, what was done within a time can only become less."""
    if said.did is not None:
        if positive and _has(said.times, _UPPER):
            yield (*path, "times"), f"fewer events within {said.within}", _WAIT
        elif not positive and (said.times is None or _has(said.times, _LOWER)):
            yield (*path, "within"), f"'not did' within {said.within}", _WAIT
    for word in ENGAGEMENTS if not positive else ():
        if getattr(said, word) is not None:
            yield (*path, "within"), f"'not {word}' within {said.within}", _WAIT


def _has(times: Test | None, words: frozenset[str]) -> bool:
    """Does a comparison bound the number on that side? A bare number does on both."""
    said = times.model_fields_set if isinstance(times, Comparison) else {"is_"}
    return times is not None and bool(said & words)


def _moving(test: Comparison, positive: bool) -> str | None:
    if positive and isinstance(test.before, Ago):
        return "before"
    return "after" if not positive and isinstance(test.after, Ago) else None


def _goal_within(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.conditions:
            if place.role == "goal" and not place.top and place.condition.within is not None:
                yield seen.found(
                    (*place.path, "within"),
                    "the time for a goal is said once, for the whole goal",
                    "Move 'within' to the top of the goal: 'goal: {any: [...], within: 14 days}'.",
                )


def _no_way_out(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        leaves = any(isinstance(one.file, LeaveFile) and len(one.path) > 2 for one in seen.placed)
        if seen.file.purpose == "marketing" and not seen.file.leave_when and not leaves and _goes_on(seen):
            yield seen.found(
                ("journey",),
                "nothing makes a customer leave this marketing journey before its end",
                "Say when it has done its work: 'leave_when: {bought: {did: Order Completed}}'.",
            )


def _goes_on(seen: Seen) -> bool:
    """Does a message come after a wait or another message? A single one at once needs no way out."""
    late = {step.name for step in seen.journey if isinstance(step.action, Wait | WaitFor | Send | Ask)}
    return any(
        isinstance(step.action, Send | Ask) and late & seen.possibly_before.get(step.name, frozenset())
        for step in seen.journey
    )


def _holdout_purpose(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        if seen.file.holdout and seen.file.purpose != "marketing":
            yield seen.found(
                ("holdout",),
                f"a {seen.file.purpose} journey cannot keep customers out",
                "Delete 'holdout': what customers need to know, all of them get.",
            )


def _holdout_goal(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        if seen.file.holdout and seen.file.goal is None:
            yield seen.found(
                ("holdout",),
                "there is no 'goal' by which to compare those who are held out",
                "Write a goal: 'goal: {did: Order Completed, within: 14 days}'.",
            )


RULES = (
    Rule(
        "by-time-alone",
        "error",
        "`leave_when` or `goal` that becomes true as time passes: nothing would look at it then.",
        _by_time_alone,
    ),
    Rule("goal-within", "error", "`within` inside a goal instead of at its top.", _goal_within, alone=True),
    Rule("no-way-out", "warning", "A marketing journey without a way to leave.", _no_way_out),
    Rule("holdout-purpose", "error", "A holdout in a journey that is not marketing.", _holdout_purpose),
    Rule("holdout-goal", "warning", "A holdout without a goal to compare by.", _holdout_goal),
)
