"""Who enters: dates, what can be known at the door, journeys at odds over one event."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.reading.places import ConditionAt
from loyaltyloop.journey.reading.tree import Path
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.schema.conditions import ENGAGEMENTS
from loyaltyloop.journey.schema.steps import RecommendFile, StartFile, WaitFile, WaitForFile


def _leap_day(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        enter = seen.file.enter
        if enter.date is not None and enter.feb29 is None:
            yield seen.found(
                ("enter", "date"),
                "what becomes of those born on 29 February is not said",
                "Write 'feb29: feb28', 'feb29: mar1' or 'feb29: leap_only'; unsaid, it is feb28.",
            )


def _with_nothing(context: Context) -> Iterator[Seen]:
    """Journeys that nobody enters with properties: by no event, not by hand alone, from no journey."""
    if len(context.journeys) < len(context.names):  # one that could not be read may start any of them
        return
    begun = started(context)
    for seen in context.journeys:
        enter = seen.file.enter
        if enter.event is None and enter.manual is None and seen.journey.name not in begun:
            yield seen


def started(context: Context) -> set[str]:
    """The journeys that others start."""
    return {
        one.file.start for seen in context.journeys for one in seen.placed if isinstance(one.file, StartFile)
    }


def _one_per(context: Context) -> Iterator[Found]:
    for seen in _with_nothing(context):
        enter = seen.file.enter
        if enter.one_per != "customer":
            yield seen.found(
                ("enter", "one_per"),
                f"'one_per: {enter.one_per}' means a property of an event, and no event enters here",
                "Delete 'one_per'.",
            )


def _again(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        enter = seen.file.enter
        if enter.when is not None and enter.again.kind == "always":
            yield seen.found(
                ("enter", "again"),
                "whoever has been through enters again only when the condition has ceased to hold",
                "Write 'again: after 180 days', or how long it should be.",
            )


# ── what can be known ───────────────────────────────────────────────────────


def _too_early(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.conditions:
            if place.role in ("enter", "to", "enter_if"):
                for word, what in _of_inside(place, seen):
                    message = f"{what}, and whoever enters has not been inside yet"
                    remedy = "Ask for what customers have, did or are; or write it as a step's 'if'."
                    yield seen.found((*place.path, word), message, remedy)


def _of_inside(place: ConditionAt, seen: Seen) -> Iterator[tuple[str, str]]:
    said = place.condition
    for word in ENGAGEMENTS:
        if getattr(said, word) in seen.path_of:
            yield word, f"'{getattr(said, word)}' is a step of this journey"
    for word in ("answered", "scored", "redeemed"):
        if getattr(said, word) is not None:
            yield word, f"'{word}' is about a step of this journey"
    if said.since not in (None, "ever"):
        yield "since", f"'since: {said.since}' counts from inside this journey"


def _no_trigger(context: Context) -> Iterator[Found]:
    for seen in _with_nothing(context):
        for place in seen.conditions:
            for word in ("trigger", "order", "same"):
                if getattr(place.condition, word) is not None:
                    message = f"'{word}' is about the event that entered, and no event enters here"
                    remedy = "Ask about the customer instead, or enter by an event."
                    yield seen.found((*place.path, word), message, remedy)
        for one in seen.placed:
            if isinstance(one.file, RecommendFile):
                yield from _sources_of_trigger(seen, one.path, one.file)
            if isinstance(one.file, WaitFile | WaitForFile) and (one.file.until or "").startswith("trigger."):
                message = "'trigger' is about the event that entered, and no event enters here"
                remedy = "Wait until a date of the customer instead, or enter by an event."
                yield seen.found((*one.path, "until"), message, remedy)


def _sources_of_trigger(seen: Seen, path: Path, file: RecommendFile) -> Iterator[Found]:
    for word, names in (("from", file.from_), ("fallback", file.fallback)):
        for name in names or ():
            if name.endswith("_trigger"):
                message = f"'{name}' goes by what was entered by, and no event enters here"
                remedy = "Take it out, name another such as 'bought_together', or enter by an event."
                yield seen.found((*path, word), message, remedy)


def _same_event(context: Context) -> Iterator[Found]:
    first: dict[tuple[str, int], Seen] = {}
    for seen in context.journeys:
        for event in seen.file.enter.event or ():
            key = (event, seen.journey.priority)
            if (other := first.get(key)) and other.journey.name != seen.journey.name:
                yield seen.found(
                    ("enter", "event"),
                    f"'{event}' also enters '{other.journey.name}', with the same priority "
                    f"{seen.journey.priority}",
                    "Give the one whose messages matter more a higher 'priority'.",
                )
            first.setdefault(key, seen)


RULES = (
    Rule("leap-day", "warning", "A yearly date without a word on 29 February.", _leap_day, alone=True),
    Rule("one-per", "error", "`one_per` of an event where no event enters.", _one_per),
    Rule("again-always", "warning", "`again: always` with a condition that goes on holding.", _again),
    Rule("too-early", "error", "A condition at the door about what happens inside.", _too_early),
    Rule("no-trigger", "error", "Something about the entering event where no event enters.", _no_trigger),
    Rule("same-event", "warning", "Two journeys that one event enters with equal priority.", _same_event),
)
