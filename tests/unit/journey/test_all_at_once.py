"""All mistakes of a file at once: a wrong value hides no unknown name, and brings no false alarm."""

from __future__ import annotations

import pytest

from loyaltyloop.journey.rules.registry import RULES
from tests.unit.journey.projects import broken, check_files, good

SPOILT = {"wrong value": b'\nholdout: "many"\n', "unknown word": b"\nnonsense: 1\n"}
WELCOME = """
journey: welcome
about: The first steps with us.
enter: {event: Signed Up}
purpose: marketting
leave_when: {bought: {segment: regulers}}
goal: {did: Order Completed, within: two weeks}
steps:
  - send: hello
    template: welcome/helo
  - wait_for: answer
    up_to: soon
    paths:
      clicked: {when: {clicked: hello}}
      silent: {}
  - send: letter
    templat: welcome/hello
  - branch: which
    paths:
      seen: {when: {clicked: leter}}
      asked: {when: {clicked: letter}}
      rest: {}
  - wait: 2 dayz
  - start: other
"""


def told(text: str) -> list[tuple[int, str]]:
    """Line and rule of everything that is wrong with the good project's `welcome`, written thus."""
    files = good() | {"journeys/welcome.yaml": text.lstrip().encode()}
    return [(one.line, one.rule) for one in check_files(files) if one.file == "journeys/welcome.yaml"]


def test_wrong_values_and_unknown_names_are_told_together() -> None:
    assert told(WELCOME) == [
        (4, "wrong-value"),  # marketting
        (5, "unknown-segment"),
        (6, "wrong-value"),  # two weeks
        (9, "unknown-template"),
        (11, "wrong-value"),  # soon
        (16, "unknown-word"),  # templat
        (19, "unknown-message"),  # leter, while letter is there
        (22, "wrong-value"),  # dayz
        (23, "unknown-journey"),
    ]


def test_nothing_is_said_of_what_was_cut_out() -> None:
    """The message that the wait is about cannot be read itself; that it is not known would be false."""
    text = WELCOME.replace("template: welcome/helo", "template: 5").replace("soon", "2 days")
    assert [rule for line, rule in told(text) if line == 13] == []


def test_of_two_steps_of_one_name_the_rest_is_read() -> None:
    twice = """
journey: welcome
about: The first steps with us.
enter: {event: Signed Up}
steps:
  - send: hello
    template: welcome/hello
  - send: hello
    template: welcome/hello
  - start: other
"""
    assert told(twice) == [(7, "duplicate-step"), (9, "unknown-journey")]


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("rule", [rule.name for rule in RULES.values() if rule.alone])
def test_a_mistake_beside_it_hides_none_that_stands_by_itself(rule: str, how: str) -> None:
    files = broken(rule)
    before = {(one.file, one.line, one.rule) for one in check_files(files) if one.rule == rule}
    for file in {place[0] for place in before}:
        files[file] += SPOILT[how]
    assert before <= {(one.file, one.line, one.rule) for one in check_files(files)}


def test_no_broken_file_brings_a_false_alarm() -> None:
    """What is found in a spoilt file is what would be found in it otherwise, and the spoiling."""
    files = good()
    whole = {file: data + SPOILT["unknown word"] for file, data in files.items() if file.endswith(".yaml")}
    assert {one.rule for one in check_files(files | whole)} == {"unknown-word"}


@pytest.mark.parametrize("spoiling", [b"\ncaps: 3 a week\n", b"\nnonsense: 1\n"])
def test_a_broken_shop_denies_none_of_its_names(spoiling: bytes) -> None:
    """What it has cannot be told while it cannot be read: no badge, no tier is called unknown for that."""
    files = good()
    named = b"badges: {founder: {about: With us}}\ntiers: {gold: {spent: 500, within: 12 months}}\n"
    files["journeys/shop.yaml"] += b"\n" + named
    files["journeys/welcome.yaml"] += b"  - {give: honour, badge: founder}\n"
    asked = b"{customer: {tier: gold, badges: {has: founder}}}"
    files["journeys/welcome.yaml"] += b"  - {send: again, template: welcome/hello, if: " + asked + b"}\n"
    assert not [one for one in check_files(files) if one.severity == "error"]
    files["journeys/shop.yaml"] += spoiling
    assert {one.file for one in check_files(files) if one.severity == "error"} == {"journeys/shop.yaml"}
