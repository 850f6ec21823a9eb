"""Everything that is wrong with a project's files: as YAML, as words, and by the check rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from loyaltyloop.errors import Problem
from loyaltyloop.journey.reading.reader import Reading
from loyaltyloop.journey.rules.registry import RULES
from loyaltyloop.journey.rules.rule import Context, Seen


def check_reading(reading: Reading) -> list[Problem]:
    """The reader's problems and those that the rules find, by file and line."""
    context = Context(
        tuple(Seen(read) for read in reading.read), reading.read_shop, reading.parsed, reading.names
    )
    problems = set(reading.problems)
    for rule in RULES.values():
        problems.update(rule.problems(context))
    if reading.rest.journeys or reading.rest.shop:
        problems.update(_in_the_rest(reading, context))
    return sorted(problems)


def _in_the_rest(reading: Reading, context: Context) -> Iterator[Problem]:
    """What is wrong with broken files besides; nothing that would only be for want of what was cut out."""
    rest = reading.rest
    seen = (*context.journeys, *(Seen(read) for read in rest.journeys))
    whole = replace(context, journeys=seen, shop=context.shop or rest.shop)
    for rule in RULES.values():
        for problem in rule.problems(whole) if rule.alone else ():
            if not rest.words.intersection(_quoted(problem.message)):
                yield problem


def _quoted(message: str) -> Iterator[str]:
    for words in re.findall("'([^']+)'", message):
        yield from re.split(r"[.:\s]+", words)
        yield words
