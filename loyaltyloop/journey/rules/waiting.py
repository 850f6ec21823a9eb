"""Waits: what can start them anew, and answers that a click always comes before."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.conditions.condition import AnyOf, Condition, Did, Segment
from loyaltyloop.journey.model import Ask, Wait, WaitFor
from loyaltyloop.journey.reading.places import conditions_in
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.steps import PathFile, WaitForFile


def _resets_nothing(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for step in seen.journey:
            action = step.action
            if not isinstance(action, Wait | WaitFor) or action.reset_by is None:
                continue
            path = (*seen.path_of[step.name], "reset_by")
            if action.until is not None:
                message = "a wait until an instant does not start anew"
                yield seen.found(path, message, "Delete it, or wait for a duration instead of 'until'.")
            elif not _is_events(action.reset_by):
                message = "only events start a wait anew, and this is not about events alone"
                remedy = (
                    "Write 'reset_by: {did: Product Viewed}', or a list of events; conditions go elsewhere."
                )
                yield seen.found(path, message, remedy)


def _is_events(condition: Condition) -> bool:
    match condition:
        case Did():
            return True
        case AnyOf(parts):
            return all(map(_is_events, parts))
        case Segment(_, part):
            return _is_events(part)
        case _:
            return False


def _click_first(context: Context) -> Iterator[Found]:
    """The links of answers are clicked before the page behind them is: the earliest event decides."""
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, WaitForFile):
                for name, word, step, other in _before_answers(seen, one.file):
                    message = (
                        f"whoever answers '{step}' has {word} it before, "
                        f"and takes the path '{name}', not '{other}'"
                    )
                    remedy = f"Wait for the answer alone; '{word}: {step}' can be asked on the last path."
                    yield seen.found((*one.path, "paths", name, "when"), message, remedy)


def _before_answers(seen: Seen, file: WaitForFile) -> Iterator[tuple[str, str, str, str]]:
    """A path, the word and the question for which it is taken, and the path that waits for the answer."""
    answered = {step: name for name, path in file.paths.items() for step in _answered(seen, path)}
    for name, path in file.paths.items():
        for word, step in _noticed(path.when):
            if answered.get(step, name) != name:
                yield name, word, step, answered[step]


def _answered(seen: Seen, path: PathFile) -> Iterator[str]:
    """The questions whose answer this path waits for."""
    for place in conditions_in(path.when, ()) if path.when is not None else ():
        for step in place.condition.answered or ():
            if step in seen.steps and isinstance(seen.steps[step].action, Ask):
                yield step


def _noticed(when: ConditionFile | None) -> Iterator[tuple[str, str]]:
    """Messages that need only be clicked or opened for this to hold, each with that word."""
    if when is None:
        return
    if when.any is not None and len(when.model_fields_set) == 1:
        for part in when.any:
            yield from _noticed(part)
    for word in ("clicked", "opened"):
        step = getattr(when, word)
        if step is not None and len(when.model_fields_set) == 1:
            yield word, step


RULES = (
    Rule("resets-nothing", "error", "`reset_by` that no event can fulfil.", _resets_nothing),
    Rule(
        "click-first",
        "warning",
        "A path for the click in a question beside one for its answer: the click always comes first.",
        _click_first,
    ),
)
