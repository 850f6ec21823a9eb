"""A question as templates see it: the links of its answers, and what was answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loyaltyloop.journey.model import Ask, Journey
from loyaltyloop.journey.question import Question

Names = dict[str, object]
Address = Callable[[bytes, int], str]  # of the page behind an answer: the message's 16 bytes, the number


@dataclass(frozen=True)
class QuestionIn:
    """A question in the message with this key. `answer`, `comment`: the latest; None where there is none."""

    key: str
    question: Question
    answer: str | int | float | None = None
    comment: str | None = None

    def names(self, address: Address) -> Names:
        """What templates print of it: `links` by answer, `answers` in order, each with its link."""
        raw, choices = bytes.fromhex(self.key.replace("-", "")), self.question.choices
        answers = [
            {"value": one.value, "text": one.text, "url": address(raw, number)}
            for number, one in enumerate(choices)
        ]
        low, high = self.question.ends or ("", "")
        return {
            "question": self.question.text,
            "low": low,
            "high": high,
            "answers": answers,
            "links": {str(one["value"]): one["url"] for one in answers},
            "answer": self.answer,
            "answer_text": None if self.answer is None else self.question.text_of(self.answer),
            "comment": self.comment,
        }


def asked_in(journey: Journey) -> dict[str, Question]:
    """The journey's questions by the names of their steps."""
    return {step.name: Question.of(step.action) for step in journey if isinstance(step.action, Ask)}
