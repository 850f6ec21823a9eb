"""What the reader refuses, in words: what says nothing, what was meant, values as written."""

from __future__ import annotations

import pytest

from loyaltyloop.errors import FilesError
from loyaltyloop.journey.model import Set
from loyaltyloop.journey.reading.reader import read_journey, read_project
from tests.unit.journey.projects import good


@pytest.mark.parametrize("nothing", ["~", "null\n", "---\n"])
@pytest.mark.parametrize(("file", "first"), [("shop.yaml", "shop"), ("welcome.yaml", "journey")])
def test_a_file_that_says_nothing_is_empty(nothing: str, file: str, first: str) -> None:
    [problem] = read_project(good() | {f"journeys/{file}": nothing.encode()}).problems
    assert (problem.file, problem.message) == (f"journeys/{file}", "the file is empty")
    assert problem.remedy == f"Begin with '{first}:' and the {first}'s name."


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        ("[{set: {tags: ~}}]", "tags"),
        ("[{set: {often: ~, tags: {add: [a]}}}]", "often"),
        ("[{branch: b, paths: {answers: {when: ~}, set: {}}}]", "when"),
        ("[{branch: b, paths: {set: {when: {did: A, since: ever}, steps: ~}, rest: {}}}]", "steps"),
    ],
)
def test_a_word_that_says_nothing_is_told_wherever_it_stands(steps: str, word: str) -> None:
    with pytest.raises(FilesError) as refused:
        read_journey(f"journey: x\nabout: y\nenter: {{manual: true}}\nsteps: {steps}\n")
    assert f"'{word}' says nothing" in str(refused.value)


@pytest.mark.parametrize(
    ("about", "said"),
    [("1", "not '1'"), ("0", "not '0'"), ("true", "not 'true'"), ("false", "not 'false'"), ("1.0", "'1.0'")],
)
def test_numbers_and_truths_are_shown_as_written(about: str, said: str) -> None:
    with pytest.raises(FilesError) as refused:
        read_journey(f"journey: x\nabout: {about}\nenter: {{manual: true}}\nsteps: [{{leave: x}}]\n")
    assert said in str(refused.value)
    assert f'Put it in quotes: "{about}".' in str(refused.value)


@pytest.mark.parametrize(
    ("steps", "meant"),
    [
        ("[{send: a, template: t/a, if: {order: {products: {has: {category: {ovr: 5}}}}}}]", "over"),
        ("[{branch: b, paths: {x: {steps: [{send: c, templat: t/c}]}, z: {}}}]", "template"),
        ("[{branch: b, paths: {x: {steps: [{split: d, paths: {y: {setps: []}}}]}, z: {}}}]", "steps"),
        ("[{wait_for: e, up_to: 2 days, paths: {a: {when: {any: [{clikced: a}]}}, b: {}}}]", "clicked"),
    ],
)
def test_what_was_probably_meant_is_said_at_any_depth(steps: str, meant: str) -> None:
    with pytest.raises(FilesError) as refused:
        read_journey(f"journey: x\nabout: y\nenter: {{manual: true}}\nsteps: {steps}\n")
    assert f"Did you mean '{meant}'?" in str(refused.value)


def test_an_attribute_may_be_set_to_nothing() -> None:
    journey = read_journey("journey: x\nabout: y\nenter: {manual: true}\nsteps: [{set: {colour: ~}}]\n")
    assert journey.steps[0].action == Set(attributes=(("colour", None),))


def test_one_journey_with_mistakes_is_refused() -> None:
    with pytest.raises(FilesError) as refused:
        read_journey(
            "journey: x\nabout: y\nenter: {manual: true}\nsteps:\n  - sned: a\n", file="journeys/x.yaml"
        )
    assert "journeys/x.yaml:5:5" in str(refused.value)


@pytest.mark.parametrize("deep", [20, 200, 5000])
def test_conditions_nested_deeply_are_read_or_refused_in_words(deep: int) -> None:
    text = f"leave_when: {{x: {'{not: ' * deep}{{did: A}}{'}' * deep}}}\n"
    journey = f"journey: x\nabout: y\nenter: {{manual: true}}\n{text}steps: [{{leave: a}}]\n"
    problems = read_project(good() | {"journeys/x.yaml": journey}).problems
    assert [one.message for one in problems] == ([] if deep == 20 else ["this is nested too deeply"])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("answers: {a: A, b: B}, ends: [bad, good]", "'ends' says what the two ends of a 'scale' mean"),
        ("scale: 1-5, ends: [bad]", "1 are too few"),
        ("scale: 1-5, ends: [bad, so, good]", "3 are too many"),
    ],
)
def test_what_cannot_stand_at_the_ends_of_a_scale(said: str, told: str) -> None:
    step = f"{{ask: q, template: a/b, question: How?, {said}}}"
    with pytest.raises(FilesError) as refused:
        read_journey(f"journey: x\nabout: y\nenter: {{manual: true}}\nsteps: [{step}]\n")
    assert told in str(refused.value)
