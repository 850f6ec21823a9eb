"""The step at which a message was decided, and which steps its template names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, null, type_coerce

from loyaltyloop.channels.values.asked import asked_in
from loyaltyloop.journey.model import Give, Journey, Recommend, Step
from loyaltyloop.journey.question import Question
from loyaltyloop.store.inside.cohorts import enrolment
from loyaltyloop.store.live.versions import Live, load_versions


@dataclass(frozen=True)
class There:
    """A step of a journey; `at_end`: it runs when the enrolment has ended."""

    journey: Journey
    step: Step
    at_end: bool


def find_step(connection: Connection, name: str, version: int, step: str) -> There | None:
    """The step of that version; of `at_end` the newest's, as nobody may run in the version any more."""
    versions = load_versions(connection, name)
    for last in versions[-1].journey.at_end:
        if step in (last.name, *last.was):
            return There(versions[-1].journey, last, at_end=True)
    found: Live | None = next((live for live in versions if live.number == version), None)
    return There(found.journey, found.journey.step(step), at_end=False) if found else None


def end_of(there: There | None) -> list[ColumnElement[Any]]:
    """How the enrolment ended; to an `at_end` step that is nothing to object to."""
    ended = null() if there and there.at_end else enrolment.c.ended_at
    # Only whether there is an instant matters: as text it costs nothing to read.
    text = type_coerce(ended, String).label("ended_at")
    return [text, enrolment.c.end, enrolment.c.reason.label("ended_reason")]


def offers_of(own: Journey, uses: Collection[str]) -> dict[str, Recommend]:
    named = {path.partition(".")[0] for path in uses}
    return {
        step.name: step.action for step in own if step.name in named and isinstance(step.action, Recommend)
    }


def gives_of(own: Journey, uses: Collection[str]) -> dict[str, Give]:
    named = {path.partition(".")[0] for path in uses}
    return {step.name: step.action for step in own if step.name in named and isinstance(step.action, Give)}


def questions_of(own: Journey, uses: Collection[str], step: str) -> dict[str, Question]:
    named = {path.partition(".")[0] for path in uses} | {step}
    return {name: question for name, question in asked_in(own).items() if name in named}
