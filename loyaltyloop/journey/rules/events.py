"""Names of events: those that nearly are one of the spec's."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.conditions.events import ALIASES, meant_event
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found


def _named(context: Context) -> Iterator[tuple[Source, Path, str]]:
    for seen in context.journeys:
        for at, name in enumerate(seen.file.enter.event or ()):
            yield seen.read.source, ("enter", "event", at), name
    for source, _, place in context.conditions:
        for at, name in enumerate(place.condition.did or ()):
            yield source, (*place.path, "did", at), name


def _misspelt(context: Context) -> Iterator[Found]:
    for source, path, name in _named(context):
        if name in ALIASES:
            message = f"an event '{name}' is kept as '{ALIASES[name]}'"
            yield found(source, path, message, f"Write '{ALIASES[name]}'.", "value")
        elif meant := meant_event(name):
            message = f"'{name}' is no event that Loyalty Loop knows"
            remedy = f"Did you mean '{meant}'? It is right if your shop sends '{name}'."
            yield found(source, path, message, remedy, "value")


RULES = (
    Rule("misspelt-event", "warning", "An event whose name is nearly a known one.", _misspelt, alone=True),
)
