"""What a condition in a file means: the schema's models to the records of `condition`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loyaltyloop.journey.conditions.condition import (
    About,
    AllOf,
    Answered,
    AnyOf,
    Between,
    Check,
    Compare,
    Condition,
    Consents,
    Did,
    Engaged,
    Engagement,
    Has,
    Inside,
    Known,
    Not,
    OneOf,
    Op,
    Reachable,
    Redeemed,
    Scalar,
    Segment,
    Subject,
    Test,
    Timed,
    Where,
)
from loyaltyloop.journey.schema.conditions import Comparison, ConditionFile

_COMPARES: dict[str, Op] = {
    "is_": "is",
    "not_": "not",
    "over": "over",
    "under": "under",
    "at_least": "at_least",
    "at_most": "at_most",
    "contains": "contains",
}
_ENGAGEMENTS: tuple[Engagement, ...] = ("clicked", "opened", "replied", "received", "bounced")
_SUBJECTS: tuple[Subject, ...] = ("customer", "trigger", "order", "cart", "predicted", "scored")
NEVER = AnyOf(())


@dataclass(frozen=True)
class Names:
    """What names in a condition may stand for: steps of this journey, segments of the shop."""

    steps: frozenset[str] = frozenset()
    segments: Mapping[str, Condition] = field(default_factory=dict)


def condition_of(file: ConditionFile, names: Names) -> Condition:
    """One condition. A segment that is not in `names` never holds; a check rule names it."""
    parts = [*_combined(file, names), *_behaviour(file, names), *_fields(file), *_states(file, names)]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _combined(file: ConditionFile, names: Names) -> list[Condition]:
    parts: list[Condition] = []
    if file.all is not None:
        parts.append(AllOf(tuple(condition_of(part, names) for part in file.all)))
    if file.any is not None:
        parts.append(AnyOf(tuple(condition_of(part, names) for part in file.any)))
    if file.not_ is not None:
        parts.append(Not(condition_of(file.not_, names)))
    return parts


def _behaviour(file: ConditionFile, names: Names) -> list[Condition]:
    parts: list[Condition] = []
    if file.did is not None:
        times = test_of(file.times) if file.times is not None else Did(()).times
        where = where_of(file.where or {})
        parts.append(Did(file.did, file.within, file.since, times, where, file.same))
    for kind in _ENGAGEMENTS:
        if (of := getattr(file, kind)) is not None:
            parts.append(_engaged(kind, of, file, names))
    if file.redeemed is not None:
        parts.append(Redeemed(file.redeemed))
    for step, test in (file.answered or {}).items():
        parts.append(Answered(step, test_of(test)))
    return parts


def _engaged(kind: Engagement, of: str, file: ConditionFile, names: Names) -> Engaged:
    if of in names.steps:
        return Engaged(kind, of)
    journey, _, step = of.partition(".")
    return Engaged(kind, step or None, journey, file.within)


def _fields(file: ConditionFile) -> list[Condition]:
    return [
        About(subject, where_of(fields))
        for subject in _SUBJECTS
        if (fields := getattr(file, subject)) is not None
    ]


def _states(file: ConditionFile, names: Names) -> list[Condition]:
    parts: list[Condition] = [Consents(channel, given) for channel, given in (file.consents or {}).items()]
    if file.reachable is not None:
        parts.append(Reachable(file.reachable))
    if file.inside is not None:
        parts.append(Inside(file.inside))
    if file.segment is not None:
        parts.append(Segment(file.segment, names.segments.get(file.segment, NEVER)))
    return parts


def where_of(fields: Mapping[str, Scalar | Comparison]) -> Where:
    """Fields and their tests, in the file's order."""
    return Where(tuple((name, test_of(test)) for name, test in fields.items()))


def test_of(test: Scalar | Comparison) -> Test:
    """The checks of one comparison; a bare value means: equal."""
    if not isinstance(test, Comparison):
        return (Compare("is", test),)
    checks: list[Check] = [
        Compare(op, value) for word, op in _COMPARES.items() if (value := getattr(test, word)) is not None
    ]
    if test.between is not None:
        checks.append(Between(*test.between))
    if test.one_of is not None:
        checks.append(OneOf(tuple(test.one_of)))
    if test.has is not None:
        checks.append(Has(where_of(test.has) if isinstance(test.has, dict) else test.has))
    if test.before is not None:
        checks.append(Timed("before", test.before))
    if test.after is not None:
        checks.append(Timed("after", test.after))
    if test.known is not None:
        checks.append(Known(test.known))
    return tuple(checks)
