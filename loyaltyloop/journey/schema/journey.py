"""A journey file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from loyaltyloop.journey.model import Again, Purpose
from loyaltyloop.journey.schema.conditions import ConditionFile, Fields, GoalFile
from loyaltyloop.journey.schema.moments import Clock, Shift, Span, read_duration
from loyaltyloop.journey.schema.steps import AnyStep, EndStep
from loyaltyloop.journey.schema.values import (
    AtMost,
    Name,
    Priority,
    Share,
    Text,
    Texts,
    Words,
    read_by,
    shown,
    wrong,
)

WAYS = ("event", "date", "when", "schedule", "manual")
# Words that belong to one way of entering.
OF_WAY = {
    "where": "event",
    "max_age": "event",
    "offset": "date",
    "at": "date",
    "feb29": "date",
    "catch_up": "date",
    "check": "when",
    "to": "schedule",
}


def _again(value: object) -> Again:
    if value == "never":
        return Again("never")
    if value == "always":
        return Again("always")
    if isinstance(value, str) and value.startswith("after "):
        return Again("after", read_duration(value.removeprefix("after ")))
    raise wrong(f"{shown(value)} says not how often", "Write never, always, or for example 'after 180 days'.")


AgainWord = Annotated[Again, *read_by(_again, {"type": "string", "pattern": "^(never|always|after .+)$"})]


class EnterFile(Words):
    """Who enters, and how often."""

    event: Texts | None = None
    where: Fields | None = None
    max_age: Span | None = None
    date: Text | None = None
    offset: Shift | None = None
    at: Clock | None = None
    feb29: Literal["feb28", "mar1", "leap_only"] | None = None
    catch_up: Span | None = None
    when: ConditionFile | None = None
    check: Literal["hourly", "daily"] | None = None
    schedule: Text | None = None
    to: ConditionFile | None = None
    manual: StrictBool | None = None
    one_per: Text = "customer"
    again: AgainWord = Again()
    while_inside: Literal["ignore", "restart", "alongside"] = "ignore"
    if_: ConditionFile | None = Field(None, alias="if")
    at_most: AtMost | None = None

    @model_validator(mode="after")
    def _one_way(self) -> EnterFile:
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            raise wrong(
                "two ways of entering" if ways else "how customers enter is missing",
                f"Write exactly one of {', '.join(WAYS)}.",
                ways[1] if ways else "",
            )
        self._nothing_of_others(ways[0])
        if self.schedule is not None and self.to is None:
            raise wrong("a schedule needs 'to': who gets it", "Write 'to: {segment: ...}'.", "schedule")
        if self.manual is False:
            raise wrong("'manual: false' says nothing", "Write 'manual: true', or another way.", "manual")
        return self

    def _nothing_of_others(self, way: str) -> None:
        for word, owner in OF_WAY.items():
            if word in self.model_fields_set and owner != way:
                raise wrong(f"'{word}' belongs to '{owner}', not to '{way}'", f"Delete '{word}'.", word)


class JourneyFile(Words):
    """One journey."""

    journey: Name
    about: Text
    purpose: Purpose = "marketing"
    priority: Priority = 50
    enter: EnterFile
    leave_when: dict[Name, ConditionFile] = Field(default_factory=dict)
    goal: GoalFile | None = None
    holdout: Share | None = None
    steps: Annotated[list[AnyStep], Field(min_length=1)]
    at_end: list[EndStep] = Field(default_factory=list)
