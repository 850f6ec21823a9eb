"""Steps as a file writes them: a mapping with exactly one verb."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, StrictBool, Tag, model_validator

from loyaltyloop.journey.condition import Scalar
from loyaltyloop.journey.model import VERBS, Channel, Exclusion, Purpose, Source
from loyaltyloop.journey.schema.conditions import ConditionFile, Fields
from loyaltyloop.journey.schema.values import (
    NAME,
    Budget,
    ClockOrBest,
    Count,
    Days,
    MessageChannel,
    Name,
    Products,
    Share,
    Shift,
    Span,
    TemplateName,
    Text,
    Words,
    _duration,
    _name,
    _text,
    _texts,
    _value,
    shown,
    wrong,
)
from loyaltyloop.journey.times import Duration


def _one_or_many(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _names(value: object) -> tuple[str, ...]:
    return tuple(_old_name(text) for text in _texts(value))


def _old_name(text: str) -> str:
    """A name, or one that the engine gave to a nameless step: `hello.wait`, `hello.wait.2`."""
    return text if re.fullmatch(rf"{NAME[1:-1]}(\.[a-z0-9_]+)+", text) else _name(text)


Sources = Annotated[
    list[Source],
    BeforeValidator(_one_or_many, json_schema_input_type=Source | list[Source]),
    Field(min_length=1),
]
Was = Annotated[
    tuple[str, ...],
    *_value(
        _names, {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]


class StepFile(Words):
    """What every step may say."""

    was: Was | None = None
    if_: ConditionFile | None = Field(None, alias="if")


class MessageFile(StepFile):
    """What `send` and `ask` have in common."""

    template: TemplateName
    channel: Channel = "email"
    purpose: Purpose | None = None
    at: ClockOrBest | None = None
    on: Days | None = None
    expires_after: Span | None = None
    if_blocked: Literal["skip", "leave", "other_channel"] = "skip"


class SendFile(MessageFile):
    """One message."""

    send: Name


class AskFile(MessageFile):
    """A message with answer links, and a page behind them."""

    ask: Name
    question: Text
    answers: Annotated[dict[str, str | None], Field(min_length=2)] | None = None
    scale: Literal["0-10", "1-5"] | None = None
    comment: StrictBool = False

    @model_validator(mode="after")
    def _one_kind(self) -> AskFile:
        if (self.answers is None) == (self.scale is None):
            raise wrong(
                "a question needs 'answers' or 'scale', one of the two",
                "Write 'answers: {name: text, ...}' or 'scale: 0-10'.",
                "scale" if self.scale else "ask",
            )
        return self


class UnnamedFile(StepFile):
    """Steps whose verb's value is not their name; they may be given one."""

    name: Name | None = None


def _wait(value: object) -> Duration | str:
    if isinstance(value, str) and value[:1].islower() and " " not in value:
        return _name(value)
    return _duration(value)


WaitValue = Annotated[
    Duration | str,
    *_value(_wait, {"type": "string", "examples": ["2 days", "90 minutes", "P2D"]}),
]


class WaitFile(UnnamedFile):
    """Stays for a time, or until an instant."""

    wait: WaitValue
    until: Text | None = None
    offset: Shift | None = None
    if_past: Literal["proceed", "skip", "leave"] | None = None
    at: ClockOrBest | None = None
    on: Days | None = None
    reset_by: ConditionFile | None = None

    @model_validator(mode="after")
    def _one_end(self) -> WaitFile:
        named = isinstance(self.wait, str)
        if named and self.until is None:
            raise wrong(
                f"'{self.wait}' is no duration",
                "Write for example 'wait: 2 days'; or, with a name, 'until:' and what to wait until.",
                "wait",
            )
        if not named and self.until is not None:
            raise wrong(
                "a wait has either a duration or 'until'",
                "Keep 'until' and write a name in place of the duration: 'wait: birthday_comes'.",
                "wait",
            )
        _only_with_until(self)
        return self


class PathFile(Words):
    """One way out of a step that decides."""

    when: ConditionFile | None = None
    share: Share | None = None
    steps: list[AnyStep] = Field(default_factory=list)


Paths = Annotated[dict[Name, PathFile], Field(min_length=1)]


class WaitForFile(StepFile):
    """Stays until a path's `when` holds, or the end has come."""

    wait_for: Name
    up_to: Span | None = None
    until: Text | None = None
    offset: Shift | None = None
    if_past: Literal["proceed", "skip", "leave"] | None = None
    reset_by: ConditionFile | None = None
    since: Text | None = None
    paths: Paths

    @model_validator(mode="after")
    def _one_end(self) -> WaitForFile:
        if (self.up_to is None) == (self.until is None):
            raise wrong(
                "how long to wait is missing" if self.until is None else "two ends: 'up_to' and 'until'",
                "Write 'up_to: 3 days', or 'until:' and what to wait until.",
                "wait_for" if self.until is None else "until",
            )
        _only_with_until(self)
        return self


def _only_with_until(step: WaitFile | WaitForFile) -> None:
    for word in ("offset", "if_past"):
        if getattr(step, word) is not None and step.until is None:
            raise wrong(f"'{word}' belongs to 'until'", f"Write 'until: ...', or delete '{word}'.", word)


class BranchFile(StepFile):
    """Decides now: the first path whose `when` holds."""

    branch: Name
    paths: Paths


class SplitFile(StepFile):
    """Decides by the customer's own dice."""

    split: Name
    paths: Paths
    choose: Literal["fixed", "best"] = "fixed"
    by: Literal["goal"] | None = None


class BoughtFile(Words):
    """How far back `bought` looks."""

    within: Span


class ExcludeFile(Words):
    """`exclude` with words of its own."""

    bought: BoughtFile | None = None


def _kind_of_exclusion(value: Any) -> str:
    return "~detail" if isinstance(value, dict) else "~name"


ExclusionFile = Annotated[
    Annotated[Exclusion, Tag("~name")] | Annotated[ExcludeFile, Tag("~detail")],
    Discriminator(_kind_of_exclusion),
]


class RecommendFile(StepFile):
    """Products for this customer, kept on the enrolment."""

    recommend: Name
    products: Products = 4
    at_least: Products = 1
    from_: Sources | None = Field(None, alias="from")
    exclude: (
        Annotated[
            list[ExclusionFile],
            BeforeValidator(_one_or_many, json_schema_input_type=ExclusionFile | list[ExclusionFile]),
        ]
        | None
    ) = None
    where: Fields | None = None
    fallback: Sources | None = None
    if_short: Literal["collapse", "skip", "leave"] = "collapse"


class ScoreFile(StepFile):
    """A number for this customer, kept."""

    score: Name
    model: Text


class GiveFile(StepFile):
    """Points, a voucher or a badge."""

    give: Name
    points: Count | None = None
    voucher: Text | None = None
    badge: Text | None = None
    valid: Span | None = None
    budget: Budget | None = None
    chance: Share | None = None
    if_empty: Literal["skip", "leave"] = "skip"

    @model_validator(mode="after")
    def _one_gift(self) -> GiveFile:
        gifts = [word for word in ("points", "voucher", "badge") if getattr(self, word) is not None]
        if len(gifts) != 1:
            raise wrong(
                "a gift is one of points, voucher and badge",
                "Write one of them; two gifts are two steps.",
                gifts[1] if gifts else "give",
            )
        return self


class TagsFile(Words):
    """Tags to add and to remove."""

    add: Annotated[list[Text], BeforeValidator(_one_or_many, json_schema_input_type=Text | list[Text])] = (
        Field(default_factory=list)
    )
    remove: Annotated[list[Text], BeforeValidator(_one_or_many, json_schema_input_type=Text | list[Text])] = (
        Field(default_factory=list)
    )


Often = tuple[Literal["less", "normal", "pause"], Duration | None]


def _often(value: object) -> Often:
    text = _text(value)
    if text == "less":
        return "less", None
    if text == "normal":
        return "normal", None
    if text.startswith("pause "):
        return "pause", _duration(text.removeprefix("pause "))
    raise wrong(f"{shown(text)} is no rhythm", "Write less, normal, or for example 'pause 30 days'.")


def _attribute(value: object) -> Scalar | None:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | dict):
        raise wrong(
            f"an attribute holds one value, not {shown(value)}", "Write text, a number, true or false."
        )
    return value  # type: ignore[return-value]


Attribute = Annotated[Scalar | None, *_value(_attribute, {"type": ["string", "number", "boolean", "null"]})]


class ChangesFile(Words):
    """What `set` changes; every other word is an attribute of the customer."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Attribute]

    tags: TagsFile | None = None
    often: (
        Annotated[Often, *_value(_often, {"type": "string", "pattern": "^(less|normal|pause .+)$"})] | None
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


def verb_of(value: Any) -> str | None:
    """The tag of the step's only verb; None where there is none, or several."""
    if not isinstance(value, dict):
        return None
    verbs = [word for word in value if word in VERBS]
    return f"~{verbs[0]}" if len(verbs) == 1 else None


AnyStep = Annotated[
    Annotated[SendFile, Tag("~send")]
    | Annotated[AskFile, Tag("~ask")]
    | Annotated[WaitFile, Tag("~wait")]
    | Annotated[WaitForFile, Tag("~wait_for")]
    | Annotated[BranchFile, Tag("~branch")]
    | Annotated[SplitFile, Tag("~split")]
    | Annotated[RecommendFile, Tag("~recommend")]
    | Annotated[ScoreFile, Tag("~score")]
    | Annotated[GiveFile, Tag("~give")]
    | Annotated[SetFile, Tag("~set")]
    | Annotated[CallFile, Tag("~call")]
    | Annotated[StartFile, Tag("~start")]
    | Annotated[LeaveFile, Tag("~leave")],
    Discriminator(
        verb_of,
        custom_error_type="no-verb",
        custom_error_message="a step has exactly one verb",
    ),
]
EndStep = Annotated[
    Annotated[SetFile, Tag("~set")] | Annotated[CallFile, Tag("~call")],
    Discriminator(
        verb_of,
        custom_error_type="no-verb",
        custom_error_message="a step has exactly one verb",
    ),
]
PathFile.model_rebuild()
for _model in (WaitForFile, BranchFile, SplitFile):
    _model.model_rebuild()
Decides = WaitForFile | BranchFile | SplitFile
