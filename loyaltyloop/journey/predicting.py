"""What a journey asks of models: which, and by which comparisons of those who stand still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loyaltyloop.journey.conditions.condition import About, Condition, Test, walk
from loyaltyloop.journey.conditions.listening import waited_for
from loyaltyloop.journey.model import BySchedule, ByState, Journey, Score, Shop, Wait, WaitFor


def models_predicted(journeys: Iterable[Journey], shop: Shop) -> frozenset[str]:
    """The models whose predictions (`predicted`) are asked for in these journeys, or for all in shop.yaml."""
    asked = [condition for journey in journeys for condition in _conditions(journey)]
    asked += [condition for _, condition in shop.hold_while]
    return frozenset(model for condition in asked for model, _ in _tests(condition))


def models_entered_by(journey: Journey) -> frozenset[str]:
    """The models whose predictions decide who comes by the journey's `enter: {when: ...}`; of others none."""
    by, also = journey.enter.by, journey.enter.condition
    asked = [by.condition, *([also] if also is not None else [])] if isinstance(by, ByState) else []
    return frozenset(model for condition in asked for model, _ in _tests(condition))


def models_scored(journeys: Iterable[Journey]) -> frozenset[str]:
    """The models that `score` steps of these journeys ask."""
    return frozenset(
        step.action.model for journey in journeys for step in journey if isinstance(step.action, Score)
    )


def waited_comparisons(journeys: Iterable[Journey], shop: Shop) -> dict[str, frozenset[Test]]:
    """Model → the comparisons with it that can move somebody who stands still: who leaves, who is waited for,
    whose message is held.
    """
    asked = [condition for journey in journeys for condition in waited_for(journey)]
    asked += [condition for _, condition in shop.hold_while]
    found: dict[str, set[Test]] = {}
    for condition in asked:
        for model, test in _tests(condition):
            found.setdefault(model, set()).add(test)
    return {model: frozenset(tests) for model, tests in found.items()}


def _tests(condition: Condition) -> Iterator[tuple[str, Test]]:
    for part in walk(condition):
        if isinstance(part, About) and part.subject == "predicted":
            yield from part.where.fields


def _conditions(journey: Journey) -> Iterator[Condition]:
    """Every condition of a journey."""
    if isinstance(journey.enter.by, ByState):
        yield journey.enter.by.condition
    if isinstance(journey.enter.by, BySchedule):
        yield journey.enter.by.to
    yield from (condition for _, condition in journey.leave_when)
    resets = (step.action.reset_by for step in journey if isinstance(step.action, Wait | WaitFor))
    steps = (step.condition for step in (*journey, *journey.at_end))
    ways = (path.when for step in journey for path in step.paths)
    several = (journey.enter.condition, journey.goal, *steps, *ways, *resets)
    yield from (one for one in several if one is not None)
