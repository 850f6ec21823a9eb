"""Conditions as a file writes them: one mapping, several keys of which must all hold."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, StrictBool, Tag, model_validator

from loyaltyloop.journey.clock.times import read_instant
from loyaltyloop.journey.conditions.condition import Ago, Instant
from loyaltyloop.journey.schema.moments import Span, read_duration
from loyaltyloop.journey.schema.values import MessageChannel, Text, Texts, Value, Words, read_by, shown, wrong

_MOMENT = {
    "type": "string",
    "examples": ["2026-03-01", "2026-03-01T09:00:00Z", "30 days ago", "in 14 days"],
}


def _moment(value: object) -> Instant:
    text = value if isinstance(value, str) else str(value)
    if found := re.fullmatch(r"(.+) ago", text):
        return Ago(read_duration(found[1]), -1)
    if found := re.fullmatch(r"in (.+)", text):
        return Ago(read_duration(found[1]), 1)
    instant = read_instant(text)
    if instant is None:
        raise wrong(
            f"{shown(value)} is no instant",
            "Write '2026-03-01', '2026-03-01T09:00:00Z', '30 days ago' or 'in 14 days'.",
        )
    return date.fromisoformat(text) if len(text) == 10 else instant


Moment = Annotated[Instant, *read_by(_moment, _MOMENT)]


def _kind_of_test(value: Any) -> str | None:
    if isinstance(value, dict | Comparison):
        return "~comparison"
    return None if isinstance(value, list | tuple) else "~bare"


def _kind_of_element(value: Any) -> str:
    return "~fields" if isinstance(value, dict) else "~bare"


class Comparison(Words):
    """`{over: 50, under: 90}`: all of it must hold."""

    is_: Value | None = Field(None, alias="is")
    not_: Value | None = Field(None, alias="not")
    over: Value | None = None
    under: Value | None = None
    at_least: Value | None = None
    at_most: Value | None = None
    between: Annotated[list[Value], Field(min_length=2, max_length=2)] | None = None
    one_of: Annotated[list[Value], Field(min_length=1)] | None = None
    has: Element | None = None
    contains: Text | None = None
    before: Moment | None = None
    after: Moment | None = None
    known: StrictBool | None = None

    @model_validator(mode="after")
    def _something(self) -> Comparison:
        if not self.model_fields_set:
            raise wrong("an empty comparison", "Write for example {over: 50}, or a bare value for: equal.")
        return self


Test = Annotated[
    Annotated[Value, Tag("~bare")] | Annotated[Comparison, Tag("~comparison")],
    Discriminator(
        _kind_of_test,
        custom_error_type="list-as-test",
        custom_error_message="a list is no comparison",
    ),
]
Fields = Annotated[dict[str, Test], Field(min_length=1)]
Element = Annotated[
    Annotated[Value, Tag("~bare")] | Annotated[Fields, Tag("~fields")], Discriminator(_kind_of_element)
]

# Words that say more about `did`.
OF_DID = ("within", "since", "times", "where", "same")
ENGAGEMENTS = ("clicked", "opened", "replied", "received", "bounced")


class ConditionFile(Words):
    """One condition."""

    all: Annotated[list[ConditionFile], Field(min_length=1)] | None = None
    any: Annotated[list[ConditionFile], Field(min_length=1)] | None = None
    not_: ConditionFile | None = Field(None, alias="not")
    did: Texts | None = None
    within: Span | None = None
    since: Text | None = None
    times: Test | None = None
    where: Fields | None = None
    same: Text | None = None
    clicked: Text | None = None
    opened: Text | None = None
    replied: Text | None = None
    received: Text | None = None
    bounced: Text | None = None
    redeemed: Text | None = None
    answered: Fields | None = None
    customer: Fields | None = None
    trigger: Fields | None = None
    order: Fields | None = None
    cart: Fields | None = None
    predicted: Fields | None = None
    scored: Fields | None = None
    consents: Annotated[dict[MessageChannel, StrictBool], Field(min_length=1)] | None = None
    reachable: MessageChannel | None = None
    inside: Text | None = None
    segment: Text | None = None

    free_within: ClassVar[bool] = False

    @model_validator(mode="after")
    def _whole(self) -> ConditionFile:
        said = self.model_fields_set
        if not said - set(OF_DID) and not said:
            raise wrong("an empty condition", "Write what must hold, for example {did: Order Completed}.")
        for word in OF_DID:
            if word in said and not self._belongs(word):
                raise wrong(
                    f"'{word}' belongs to 'did', and there is no 'did' beside it",
                    f"Write 'did: ...' beside it, or delete '{word}'.",
                    word,
                )
        return self

    def _belongs(self, word: str) -> bool:
        if self.did is not None:
            return True
        engaged = any(getattr(self, name) is not None for name in ENGAGEMENTS)
        return word == "within" and (engaged or self.free_within)


class GoalFile(ConditionFile):
    """A goal: its `within` looks forward from entering on, whatever stands beside it."""

    free_within: ClassVar[bool] = True
