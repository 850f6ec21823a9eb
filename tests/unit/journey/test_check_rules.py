"""Every check rule finds its mistake, and prints exactly this."""

from __future__ import annotations

from functools import cache

import pytest

from loyaltyloop.errors import Problem
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.rules.page import page
from loyaltyloop.journey.rules.registry import READER, RULES
from tests.unit.journey.projects import HERE, broken, check_files, expected, good, rules

# Found in files that need not be files: see test_reader.py.
ELSEWHERE = {"no-shop", "template-encoding"}


@cache
def problems_of(rule: str) -> list[Problem]:
    return check_files(broken(rule))


def test_the_good_project_has_no_problem() -> None:
    assert [problem.text() for problem in check_files(good())] == []


@pytest.mark.parametrize("rule", rules())
def test_a_broken_project_prints_exactly_this(rule: str) -> None:
    problems = problems_of(rule)
    assert "\n\n".join(problem.text() for problem in problems) + "\n" == expected(rule)
    assert rule in {problem.rule for problem in problems}


@pytest.mark.parametrize("rule", rules())
def test_every_problem_says_what_to_do(rule: str) -> None:
    for problem in problems_of(rule):
        assert problem.message and problem.remedy
        assert problem.severity == (RULES[problem.rule].severity if problem.rule in RULES else "error")


def test_every_rule_has_a_broken_project() -> None:
    assert set(rules()) | ELSEWHERE == set(RULES) | set(READER)
    assert not set(RULES) & set(READER)


def test_the_page_of_rules_is_what_the_rules_say() -> None:
    examples = {rule: expected(rule) for rule in rules()}
    written = (HERE.parents[2] / "docs" / "check-rules.md").read_text(encoding="utf-8")
    assert written == page(examples), "write it anew: python -m tests.unit.journey.write_page"


def test_all_mistakes_of_all_files_at_once() -> None:
    files = broken("yaml") | {"journeys/other.yaml": b"journey: other\nabout: x\nstep: []\n"}
    files["templates/welcome/hello.html"] = b"{% if %}"
    found = {problem.file for problem in check_files(files)}
    assert found == {"journeys/letters.yaml", "journeys/other.yaml", "templates/welcome/hello.html"}


@pytest.mark.parametrize(
    ("file", "remedy"),
    [
        ("letters.yaml", "Call the file welcome.yaml, or write 'journey: letters'."),
        (
            "welcome copy.yaml",
            "Call the file welcome.yaml, or welcome_copy.yaml and write 'journey: welcome_copy'.",
        ),
        ("welcome.yml", "Call the file welcome.yaml."),
        ("2026.yaml", "Call the file welcome.yaml."),
    ],
)
def test_the_remedy_for_a_files_name_is_a_name(file: str, remedy: str) -> None:
    files = good()
    files[f"journeys/{file}"] = files.pop("journeys/welcome.yaml")
    [problem] = check_files(files)
    assert (problem.rule, problem.remedy) == ("file-name", remedy)


def test_where_there_is_nothing_to_choose_from_that_is_a_sentence() -> None:
    named = "Name it in shop.yaml. There are"
    assert did_you_mean("x", [], named) == f"{named} none yet."
    assert did_you_mean("x", [], "The hooks of shop.yaml") == "The hooks of shop.yaml: there are none."
