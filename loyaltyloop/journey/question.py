"""What an `ask` asks, as it leaves with a message: the question and its answers, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loyaltyloop.journey.model import Ask

COMMENT = 2_000  # characters that may be written beside an answer


@dataclass(frozen=True)
class Choice:
    """One answer: the value that conditions compare (a number on a scale, else its name), and its words."""

    value: str | int
    text: str


@dataclass(frozen=True)
class Question:
    """The question of one message. `scale`: its answers are numbers; `comment`: words may be added.

    `ends`: what the least and the most of a scale mean.
    """

    text: str
    choices: tuple[Choice, ...]
    scale: bool = False
    comment: bool = False
    ends: tuple[str, str] | None = None

    @classmethod
    def of(cls, ask: Ask) -> Question:
        """The question of a step."""
        if ask.scale is None:
            choices = tuple(Choice(name, text) for name, text in ask.answers)
        else:
            low, high = ask.scale
            choices = tuple(Choice(number, str(number)) for number in range(low, high + 1))
        return cls(ask.question, choices, ask.scale is not None, ask.comment, ask.ends)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Question:
        """The question that `as_document` wrote."""
        choices = tuple(Choice(value, text) for value, text in document["answers"])
        low, high = document.get("ends") or ("", "")
        ends = (low, high) if low else None
        return cls(document["question"], choices, document["scale"], document["comment"], ends)

    def as_document(self) -> dict[str, Any]:
        """The question as JSON."""
        answers = [[choice.value, choice.text] for choice in self.choices]
        ends = {} if self.ends is None else {"ends": list(self.ends)}
        return {
            "question": self.text,
            "answers": answers,
            "scale": self.scale,
            "comment": self.comment,
            **ends,
        }

    def offers(self, value: object) -> bool:
        """Is this one of its answers? Text is no number, and true none either."""
        return not isinstance(value, bool) and any(one.value == value for one in self.choices)

    def text_of(self, value: object) -> str:
        """The words of an answer; of a value that is none of them, the value itself."""
        return next((one.text for one in self.choices if one.value == value), str(value))
