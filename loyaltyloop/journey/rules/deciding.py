"""Steps that decide: paths, shares, and what can be known when they do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from loyaltyloop.journey.model import Ask, Branch, Give, Recommend, Score, Send, Set, Split, Start, Step
from loyaltyloop.journey.reading.places import ConditionAt
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.schema.conditions import ENGAGEMENTS
from loyaltyloop.journey.schema.steps import AskFile, BranchFile, SendFile, SplitFile, WaitForFile
from loyaltyloop.journey.showing.graph import only_at_once

# Steps that pass no time: an answer to a message cannot come while they run.
_AT_ONCE = (Recommend, Score, Set, Give, Start, Branch, Split)


def _did_since(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.conditions:
            decides = place.role == "step_if" or (
                place.role == "when" and place.step and not isinstance(place.step.file, WaitForFile)
            )
            said = place.condition
            if decides and said.did is not None and said.since is None and said.within is None:
                yield seen.found(
                    (*place.path, "did"),
                    f"since when did they do '{said.did[0]}'?",
                    "Write 'since: entered', 'since: ever', the name of a step, or 'within: 30 days'.",
                )


def _path_when(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if not isinstance(one.file, WaitForFile | BranchFile):
                continue
            last = list(one.file.paths)[-1]
            for name, path in one.file.paths.items():
                here = (*one.path, "paths", name)
                if name == last and path.when is not None:
                    silent = "nobody answered in time" if isinstance(one.file, WaitForFile) else "none held"
                    message = f"the last path has a 'when', so there is none for: {silent}"
                    yield seen.found(
                        (*here, "when"), message, "Write one more path without it: 'otherwise: {}'."
                    )
                elif name != last and path.when is None:
                    message = f"the path '{name}' says not when it is taken"
                    yield seen.found(here, message, "Write 'when: ...' in it; only the last path has none.")


def _shares(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, SplitFile):
                yield from _split(seen, one.file, (*one.path, "paths"))
            elif isinstance(one.file, WaitForFile | BranchFile):
                for name, path in one.file.paths.items():
                    if path.share is not None:
                        here = (*one.path, "paths", name, "share")
                        yield seen.found(here, "'share' belongs to 'split'", "Delete it, or write 'split'.")


def _split(seen: Seen, file: SplitFile, path: tuple[str | int, ...]) -> Iterator[Found]:
    for name, one in file.paths.items():
        if one.when is not None:
            message = "a split decides by dice, not by a 'when'"
            yield seen.found((*path, name, "when"), message, "Delete it, or write 'branch' for 'split'.")
        if one.share is None:
            message = f"the path '{name}' has no share"
            yield seen.found((*path, name), message, "Write for example 'share: 50%' in it.")
    shares = [one.share for one in file.paths.values() if one.share is not None]
    if len(shares) == len(file.paths) and sum(shares) != 1:
        total = f"{sum(shares, Decimal(0)) * 100:f}".rstrip("0").rstrip(".")
        message = f"the shares of '{file.split}' come to {total}%"
        yield seen.found(path, message, "Make them 100% together.")


def _choose_best(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, SplitFile) and one.file.choose == "best":
                if one.file.by is None:
                    message = "'choose: best' says not best by what"
                    yield seen.found((*one.path, "choose"), message, "Write 'by: goal' beside it.")
                if seen.file.goal is None:
                    message = "'choose: best' needs a goal to learn from, and the journey has none"
                    yield seen.found((*one.path, "choose"), message, "Write the journey's 'goal'.")


def _one_path(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, BranchFile | SplitFile) and len(one.file.paths) == 1:
                message = "there is nothing to decide between: only one path"
                remedy = "Write a second path ('otherwise: {}'), or an 'if' on the step inside."
                yield seen.found((*one.path, "paths"), message, remedy)


def _opened(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.conditions:
            if place.condition.opened is not None:
                yield seen.found(
                    (*place.path, "opened"),
                    "mail programs open messages by themselves; an open tells little",
                    f"Decide by what people do: 'clicked: {place.condition.opened}', or 'did: ...'.",
                )


# ── messages that a condition is about ──────────────────────────────────────


def _engaged(seen: Seen) -> Iterator[tuple[ConditionAt, str, str]]:
    """Conditions inside the steps about this journey's own messages: where, the word, the message."""
    messages = {one.name for one in seen.placed if isinstance(one.file, SendFile | AskFile)}
    for place in seen.conditions:
        if place.step is not None and place.step.name in seen.reachable:
            named = [(word, getattr(place.condition, word)) for word in ENGAGEMENTS]
            named += [("answered", name) for name in place.condition.answered or ()]
            for word, name in named:
                if name in messages:
                    yield place, word, name


def _never_sent(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place, word, name in _engaged(seen):
            assert place.step is not None
            if name not in seen.possibly_before[place.step.name]:
                message = f"no way to '{place.step.name}' passes the message '{name}'"
                remedy = "Ask about a message that comes before, or move this step behind it."
                yield seen.found((*place.path, word), message, remedy)


def _too_soon(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place, word, name in _engaged(seen):
            assert place.step is not None
            decides = place.role == "step_if" or isinstance(place.step.file, BranchFile)
            if decides and word != "received" and place.step.name in _at_once_behind(seen, name):
                message = f"this is decided as soon as '{name}' has left; nobody can have answered it yet"
                remedy = "Write 'wait_for' with 'up_to: 2 days' instead of 'branch', or a 'wait' before it."
                yield seen.found((*place.path, word), message, remedy)


def _at_once_behind(seen: Seen, message: str) -> frozenset[str]:
    """Steps that are always reached in the instant in which the message has left."""
    first = _sent(seen.steps[message])

    def takes_no_time(step: Step) -> bool:
        other = _sent(step)
        if other is None or first is None:
            return isinstance(step.action, _AT_ONCE)
        # What held the first, holds no longer what leaves by the same way for the same purpose.
        return other.at is None and (other.channel, other.purpose) == (first.channel, first.purpose)

    return only_at_once(seen.journey, message, takes_no_time)


def _sent(step: Step) -> Send | None:
    action = step.action.send if isinstance(step.action, Ask) else step.action
    return action if isinstance(action, Send) else None


def _engagement_within(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place, word, name in _engaged(seen):
            if place.condition.within is not None and place.condition.did is None:
                message = f"'within' does not go with '{word}' of a message of this journey"
                remedy = f"Delete it, or write '{seen.journey.name}.{name}' for: in any enrolment."
                yield seen.found((*place.path, "within"), message, remedy)


RULES = (
    Rule(
        "did-since",
        "error",
        "`did` in a branch or an `if` without `since` or `within`.",
        _did_since,
        alone=True,
    ),
    Rule("path-when", "error", "A last path with `when`, or another without.", _path_when),
    Rule("shares", "error", "Shares that are missing, misplaced or do not make 100 %.", _shares),
    Rule("choose-best", "error", "`choose: best` without a goal to be best by.", _choose_best),
    Rule("one-path", "warning", "A decision with only one path.", _one_path),
    Rule("opened", "warning", "A decision by `opened`.", _opened, alone=True),
    Rule("never-sent", "error", "A condition on a message that cannot have been sent by then.", _never_sent),
    Rule("too-soon", "error", "A decision on a message's answer at the moment it leaves.", _too_soon),
    Rule(
        "engagement-within",
        "error",
        "`within` on a message of the same enrolment.",
        _engagement_within,
        alone=True,
    ),
)
