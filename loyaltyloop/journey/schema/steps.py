"""Steps as a file writes them: a mapping with exactly one verb."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, Tag, model_validator

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import VERBS, Channel, Purpose
from loyaltyloop.journey.schema.changes import CallFile, LeaveFile, SetFile, StartFile
from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.moments import ClockOrBest, Days, Shift, Span, read_duration
from loyaltyloop.journey.schema.offers import ExcludeFile, GiveFile, RecommendFile, ScoreFile
from loyaltyloop.journey.schema.step import StepFile, UnnamedFile
from loyaltyloop.journey.schema.values import (
    Name,
    Share,
    TemplateName,
    Text,
    Words,
    read_by,
    read_name,
    wrong,
)

__all__ = [
    "AnyStep",
    "AskFile",
    "BranchFile",
    "CallFile",
    "EndStep",
    "ExcludeFile",
    "GiveFile",
    "LeaveFile",
    "MessageFile",
    "PathFile",
    "RecommendFile",
    "ScoreFile",
    "SendFile",
    "SetFile",
    "SplitFile",
    "StartFile",
    "StepFile",
    "WaitFile",
    "WaitForFile",
]


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
    ends: Annotated[list[Text], Field(min_length=2, max_length=2)] | None = None
    comment: StrictBool = False

    @model_validator(mode="after")
    def _one_kind(self) -> AskFile:
        if (self.answers is None) == (self.scale is None):
            raise wrong(
                "a question needs 'answers' or 'scale', one of the two",
                "Write 'answers: {name: text, ...}' or 'scale: 0-10'.",
                "scale" if self.scale else "ask",
            )
        if self.ends is not None and self.scale is None:
            raise wrong(
                "'ends' says what the two ends of a 'scale' mean, and there is none",
                "Write 'scale: 1-5' instead of 'answers', or delete 'ends'.",
                "ends",
            )
        return self


def _wait(value: object) -> Duration | str:
    if isinstance(value, str) and value[:1].islower() and " " not in value:
        return read_name(value)
    return read_duration(value)


WaitValue = Annotated[
    Duration | str,
    *read_by(_wait, {"type": "string", "examples": ["2 days", "90 minutes", "P2D"]}),
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
Decides = WaitForFile | BranchFile | SplitFile
