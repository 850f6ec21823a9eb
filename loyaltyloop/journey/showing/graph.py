"""Ways through a journey: what can be reached, what was passed before, how long it takes at least."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Journey, Step, Wait, WaitFor

Steps = frozenset[str]


def ways_on(journey: Journey, step: Step) -> Iterator[tuple[str | None, bool]]:
    """Where one goes from a step, and whether the step was done on that way (not passed over)."""
    for _, target in step.edges:
        yield target, True
    if step.may_skip:
        yield journey.behind_next(step), True
    if step.condition is not None:
        yield step.after, False


def reachable(journey: Journey) -> frozenset[str]:
    """Every step that somebody can come to."""
    seen = {journey.first}
    for step in journey:
        if step.name in seen:
            seen.update(target for target, _ in ways_on(journey, step) if target is not None)
    return frozenset(seen)


def surely_before(journey: Journey) -> dict[str, Steps]:
    """For each reachable step, the steps that were done on every way to it."""
    return _before(journey, frozenset.intersection)


def possibly_before(journey: Journey) -> dict[str, Steps]:
    """For each reachable step, the steps that were done on some way to it."""
    return _before(journey, frozenset.union)


def _before(journey: Journey, together: Callable[[Steps, Steps], Steps]) -> dict[str, Steps]:
    """`together`: what two ways to a step make of what was done on each."""
    before: dict[str, Steps] = {journey.first: frozenset()}
    for step in journey:
        if step.name not in before:
            continue
        for target, done in ways_on(journey, step):
            passed = before[step.name] | ({step.name} if done else set())
            if target is not None:
                before[target] = together(before.get(target, passed), passed)
    return before


def behind(journey: Journey, start: str) -> frozenset[str]:
    """Every step that somebody who stands at `start` may still come to."""
    found: set[str | None] = set()
    for step in journey:
        if step.name == start or step.name in found:
            found.update(target for target, _ in ways_on(journey, step))
    return frozenset(name for name in found if name is not None)


def only_at_once(journey: Journey, start: str, takes_no_time: Callable[[Step], bool]) -> frozenset[str]:
    """Steps that whoever has done `start` comes to in the same instant, on every way from it."""
    soon: set[str | None] = set()
    later: set[str | None] = set()
    for step in journey:
        if step.name == start:
            soon.update(target for target, done in ways_on(journey, step) if done)
        for target, done in ways_on(journey, step):
            waits = done and not takes_no_time(step)
            if step.name in later or (step.name in soon and waits):
                later.add(target)
            if step.name in soon and not waits:
                soon.add(target)
    return frozenset(name for name in soon - later if name is not None)


def least_days(journey: Journey, start: str) -> dict[str, float]:
    """Days that pass at least between doing `start` and arriving at each step behind it.

    A `wait_for` may end at once, so it counts nothing, but on its last path: there the time is up.
    """
    days: dict[str, float] = {}
    for step in journey:
        if step.name == start:
            begin = 0.0
        elif step.name in days:
            begin = days[step.name]
        else:
            continue
        skipped = [("", journey.behind_next(step))] if step.may_skip else []
        passed_over = [("", step.after)] if step.condition is not None else []
        for path, target in [*step.edges, *skipped, *passed_over]:
            if target is not None:
                passed = begin + _days(step, path)
                days[target] = min(days.get(target, passed), passed)
    return days


def _days(step: Step, path: str) -> float:
    if step.condition is not None:
        return 0.0
    match step.action:
        case Wait(duration=Duration() as duration):
            return duration.at_most_days()
        case WaitFor(up_to=Duration() as up_to, paths=paths) if paths and paths[-1].name == path:
            return up_to.at_most_days()
        case _:
            return 0.0
