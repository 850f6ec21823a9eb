"""Everything that is wrong with a project's files: as YAML, as words, and by the check rules."""

from __future__ import annotations

from loyaltyloop.errors import Problem
from loyaltyloop.journey.reader import Reading
from loyaltyloop.journey.rules.registry import RULES
from loyaltyloop.journey.rules.rule import Context, Seen


def check_reading(reading: Reading) -> list[Problem]:
    """The reader's problems and those that the rules find, by file and line."""
    context = Context(
        tuple(Seen(read) for read in reading.read), reading.read_shop, reading.templates, reading.names
    )
    problems = set(reading.problems)
    for rule in RULES.values():
        problems.update(rule.problems(context))
    return sorted(problems)
