"""Steps that change something: the customer, another system, where the customer is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Scalar
from loyaltyloop.journey.schema.moments import read_duration
from loyaltyloop.journey.schema.step import StepFile, UnnamedFile, one_or_many
from loyaltyloop.journey.schema.values import (
    MessageChannel,
    Name,
    TemplateName,
    Text,
    Words,
    read_by,
    read_text,
    shown,
    wrong,
)


class TagsFile(Words):
    """Tags to add and to remove."""

    add: Annotated[list[Text], BeforeValidator(one_or_many, json_schema_input_type=Text | list[Text])] = (
        Field(default_factory=list)
    )
    remove: Annotated[list[Text], BeforeValidator(one_or_many, json_schema_input_type=Text | list[Text])] = (
        Field(default_factory=list)
    )


Often = tuple[Literal["less", "normal", "pause"], Duration | None]


def _often(value: object) -> Often:
    text = read_text(value)
    if text == "less":
        return "less", None
    if text == "normal":
        return "normal", None
    if text.startswith("pause "):
        return "pause", read_duration(text.removeprefix("pause "))
    raise wrong(f"{shown(text)} is no rhythm", "Write less, normal, or for example 'pause 30 days'.")


def _attribute(value: object) -> Scalar | None:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | dict):
        raise wrong(
            f"an attribute holds one value, not {shown(value)}", "Write text, a number, true or false."
        )
    return value  # type: ignore[return-value]


Attribute = Annotated[Scalar | None, *read_by(_attribute, {"type": ["string", "number", "boolean", "null"]})]


class ChangesFile(Words):
    """What `set` changes; every other word is an attribute of the customer."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    __pydantic_extra__: dict[str, Attribute]

    tags: TagsFile | None = None
    often: (
        Annotated[Often, *read_by(_often, {"type": "string", "pattern": "^(less|normal|pause .+)$"})] | None
    ) = None
    consent: dict[MessageChannel, Literal["withdraw"]] | None = None

    @model_validator(mode="after")
    def _something(self) -> ChangesFile:
        if not self.model_fields_set:
            raise wrong("nothing to set", "Write for example 'set: {favourite_shop: London}'.")
        return self


class SetFile(UnnamedFile):
    """Changes the customer."""

    set: ChangesFile


class CallFile(StepFile):
    """A signed web hook."""

    call: Name
    hook: Text | None = None
    url: Text | None = None
    body: TemplateName | None = None

    @model_validator(mode="after")
    def _one_target(self) -> CallFile:
        if (self.hook is None) == (self.url is None):
            raise wrong(
                "a call goes to a 'hook' of shop.yaml or to a 'url', one of the two",
                "Write 'hook: NAME' or 'url: https://...'.",
                "url" if self.url else "call",
            )
        return self


class StartFile(UnnamedFile):
    """Enters another journey."""

    start: Text


class LeaveFile(UnnamedFile):
    """The end, before the end."""

    leave: Text
