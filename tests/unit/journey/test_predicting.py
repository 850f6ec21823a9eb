"""Which models a journey asks, wherever it does, and which comparisons move who stands still."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.predicting import models_predicted, models_scored, waited_comparisons
from loyaltyloop.journey.reading.reader import read_journey, read_shop
from loyaltyloop.journey.scoring import DUE, MODELS, rounded
from loyaltyloop.scores.models.learners import LEARNERS
from tests.reference.reading import SHOP_TEXT

ASKS = "{predicted: {lapse: {over: 0.5}}}"
PLACES = {
    "enter by": ("enter: {when: ASKS}", False),
    "enter if": ("enter: {event: A, if: ASKS}", False),
    "broadcast": ("enter: {schedule: '0 9 * * mon', to: ASKS}", False),
    "leave_when": ("leave_when: {gone: ASKS}", True),
    "inside not": ("leave_when: {gone: {all: [{did: B}, {not: ASKS}]}}", True),
    "segment": ("leave_when: {gone: {segment: lost}}", True),
    "step if": ("steps: [{leave: done, if: ASKS}]", False),
    "branch": ("steps: [{branch: b, paths: {x: {when: ASKS}, y: {}}}]", False),
    "wait_for": ("steps: [{wait_for: w, up_to: 1 day, paths: {x: {when: ASKS}, y: {}}}]", True),
    "at_end": ("at_end: [{set: {tags: {add: [a]}}, if: ASKS}]", False),
}
LOST = "segments: {lost: {predicted: {lapse: {over: 0.5}}}}\n"


def shop(more: str = "") -> Shop:
    return read_shop(SHOP_TEXT + LOST + more.replace("ASKS", ASKS))


def journey(words: str) -> Journey:
    """One that says this, and what must be said."""
    said = {line.partition(":")[0] for line in words.splitlines()}
    rest = {"enter": "enter: {event: A}", "steps": "steps: [{wait: 1 day}]"}
    head = ["journey: j", "about: A journey.", "purpose: service"]
    text = "\n".join([*head, words, *(line for word, line in rest.items() if word not in said)])
    return read_journey(dedent(text.replace("ASKS", ASKS)), shop())


@pytest.mark.parametrize("place", PLACES)
def test_a_prediction_is_asked_for(place: str) -> None:
    words, waited = PLACES[place]
    found = journey(words)
    assert models_predicted([found], shop()) == {"lapse"}
    assert set(waited_comparisons([found], shop())) == ({"lapse"} if waited else set())


def test_nothing_is() -> None:
    assert models_predicted([journey("leave_when: {gone: {did: B}}")], shop()) == set()


def test_all_of_the_shop_may() -> None:
    holding = shop("hold_while: {marketing: ASKS}\n")
    assert models_predicted([], holding) == {"lapse"}
    assert set(waited_comparisons([], holding)) == {"lapse"}


def test_scores_are_asked_by_steps() -> None:
    found = journey("steps: [{score: a, model: value}, {score: b, model: refill}]")
    assert models_scored([found]) == {"value", "refill"}
    assert models_predicted([found], shop()) == set()


def test_numbers_have_as_many_decimals_as_their_model() -> None:
    told = {name: rounded(name, 0.6789) for name in MODELS}
    assert told == {"lapse": 0.68, "value": 0.7, "refill": 1.0}
    assert rounded("lapse", float("nan")) is None


def test_what_may_be_asked_can_be_learned() -> None:
    assert set(MODELS) == set(LEARNERS) - {"recommend"}
    assert DUE in MODELS
