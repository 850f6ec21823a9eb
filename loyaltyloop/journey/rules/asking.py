"""Questions: messages that show their answers, and answers that there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from loyaltyloop.journey.conditions.comparisons import equal, passes, passes_unknown
from loyaltyloop.journey.conditions.condition import AllOf, Answered, Instant, Scalar
from loyaltyloop.journey.model import Ask
from loyaltyloop.journey.question import Question
from loyaltyloop.journey.reading.meaning import test_of
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.places import ConditionAt
from loyaltyloop.journey.reading.tree import Path
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.rules.template_files import Sent, at_line, sent_templates
from loyaltyloop.journey.schema.conditions import Comparison, Test

_SHOWN = ("links", "answers")
_GIVEN = ("answer", "answer_text", "comment")


def _no_answers(context: Context) -> Iterator[Found]:
    for sent in sent_templates(context):
        action = sent.seen.steps[sent.step].action
        whole = not sent.reached.missing and context.parsed.tree(sent.name) is not None
        if isinstance(action, Ask) and whole and not _shows_answers(sent):
            remedy = _own_links(sent.step) if sent.name.endswith(".txt") else _block(sent.step, action)
            message = f"this asks '{sent.step}' and shows no link to answer by"
            yield at_line(context, sent.name, 1, message, remedy)


def _block(step: str, ask: Ask) -> str:
    block = "choices" if ask.scale is None else "stars" if ask.scale == (1, 5) else "scale"
    if block == step:  # the block's name would hide the question
        return f'Write {{% from "layout/blocks.html" import {block} as row %}} and {{{{ row({step}) }}}}.'
    return f'Write {{% from "layout/blocks.html" import {block} %}} and {{{{ {block}({step}) }}}}.'


def _own_links(step: str) -> str:
    return f"Write {{% for one in {step}.answers %}}{{{{ one.text }}}}: {{{{ one.url }}}} {{% endfor %}}."


def _shows_answers(sent: Sent) -> bool:
    """Does it name the step's links, or hand the step to a block that does?"""
    paths = [use.path for use in sent.reached.uses if use.path[0] == sent.step]
    return any(len(path) == 1 or path[1] in _SHOWN for path in paths)


def _unknown_answer(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for place in seen.conditions:
            for step, test in (place.condition.answered or {}).items():
                asked = seen.steps.get(step)
                if asked is not None and isinstance(asked.action, Ask):
                    yield from _tested(seen, place, step, test, Question.of(asked.action))


def _tested(seen: Seen, place: ConditionAt, step: str, test: Test, question: Question) -> Iterator[Found]:
    path: Path = (*place.path, "answered", step)
    values = [choice.value for choice in question.choices]
    unknown = [value for value in _named(test) if not any(equal(value, one) for one in values)]
    if unknown:
        message = f"'{step}' has no answer '{unknown[0]}'"
        yield seen.found(path, message, _remedy(unknown[0], values, question), "value")
    elif not passes_unknown(read := test_of(test)) and not any(passes(read, one, _at) for one in values):
        yield seen.found(path, f"no answer of '{step}' fits this", _known(values, question), "value")


def _named(test: Test) -> list[Scalar]:
    """The answers that a comparison names."""
    if not isinstance(test, Comparison):
        return [test]
    return [value for value in (test.is_, test.not_, *(test.one_of or ())) if value is not None]


def _remedy(value: Scalar, values: Sequence[str | int], question: Question) -> str:
    if not question.scale and str(value) in values:
        return f'The names of answers are texts; write it in quotes: "{value}".'
    if question.scale and value in [str(one) for one in values]:
        return f"Numbers stand without quotes: {value}."
    if question.scale:
        return _known(values, question)
    return did_you_mean(str(value), [str(one) for one in values], "Its answers are")


def _known(values: Sequence[str | int], question: Question) -> str:
    if question.scale:
        return f"It is answered by a number from {values[0]} to {values[-1]}: write for example 'at_most: 2'."
    return f"Its answers are {', '.join(str(one) for one in values)}."


# ── answers that are printed ────────────────────────────────────────────────


def _unanswered(context: Context) -> Iterator[Found]:
    told: set[tuple[str, int, tuple[str, ...]]] = set()
    for sent in sent_templates(context):
        for use in sent.reached.uses:
            lacking = _lacking(sent, use.path) if use.printed and not use.guarded else ""
            if lacking and (use.file, use.line, use.path) not in told:
                told.add((use.file, use.line, use.path))
                name = ".".join(use.path[:2])
                remedy = f"Write {{{{ {name} | default('...') }}}}, or an {{% if %}} around it."
                yield at_line(context, use.file, use.line, lacking, remedy, name)


def _lacking(sent: Sent, path: tuple[str, ...]) -> str:
    """Who has nothing of this to print, in words; empty where everybody has."""
    step, field = path[0], path[1] if len(path) > 1 else ""
    asked = sent.seen.steps.get(step)
    if asked is None or not isinstance(asked.action, Ask) or field not in _GIVEN:
        return ""
    if step == sent.step:
        return f"nobody has answered '{step}' when this message leaves: nobody would get it"
    if field == "comment" and not asked.action.comment:
        return f"'{step}' does not say 'comment: true': nobody would get this message"
    if field == "comment":
        return f"who wrote nothing beside the answer to '{step}' would not get this message"
    if _has_answered(sent, step):
        return ""
    return f"a customer who has not answered '{step}' would not get this message"


def _has_answered(sent: Sent, step: str) -> bool:
    """Does the message stand in a path that only those take who have answered?"""
    for within in sent.seen.steps[sent.step].within_paths:
        deciding, _, name = within.rpartition(".")
        for path in sent.seen.steps[deciding].paths:
            parts = path.when.parts if isinstance(path.when, AllOf) else (path.when,)
            tests = [part.test for part in parts if isinstance(part, Answered) and part.step == step]
            if path.name == name and any(not passes_unknown(test) for test in tests):
                return True
    return False


def _at(_: Instant) -> datetime:
    """No answer is an instant."""
    return datetime.max.replace(tzinfo=UTC)


RULES = (
    Rule("no-answers", "error", "A message of an `ask` that shows no link of an answer.", _no_answers),
    Rule(
        "unanswered",
        "warning",
        "An answer, or the words beside it, that some customers have not given, without a default.",
        _unanswered,
    ),
    Rule(
        "unknown-answer",
        "error",
        "`answered` with an answer that the question does not have.",
        _unknown_answer,
        alone=True,
    ),
)
