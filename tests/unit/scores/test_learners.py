"""Every model of the registry is found, refuses what it did not pack, and stands in the page of training."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from loyaltyloop.journey.scoring import MODELS
from loyaltyloop.markdown import plain
from loyaltyloop.scores.models.artifact import pack
from loyaltyloop.scores.models.learners import LEARNERS, learner
from loyaltyloop.scores.models.live import load

PAGE = Path(__file__).parents[3] / "docs" / "training.md"


@pytest.mark.parametrize("name", LEARNERS)
def test_each_is_what_it_is_called(name: str) -> None:
    found = learner(name)
    assert found.name == name
    row = next(line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{name}` |"))
    assert found.about.partition(",")[0] in row
    assert f"| {found.period.days} days |" in row


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize(
    "content",
    [b"", b"cos\nsystem\n", pack({}, {}), pack({"a": np.zeros(3)}, {"format": 1}), pack({}, [])],
    ids=["nothing", "code", "empty", "of another kind", "a list"],
)
def test_each_refuses_what_it_did_not_pack(name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load(name, content)


def test_all_that_journeys_may_ask_can_be_learned() -> None:
    assert set(LEARNERS) == {*MODELS, "recommend"}
    named = re.findall(r"(?m)^\| `(\w+)` \|", PAGE.read_text("utf-8"))
    assert named == list(LEARNERS)


@pytest.mark.parametrize("name", LEARNERS)
def test_its_words_stand_on_a_page_as_they_are(name: str) -> None:
    found = learner(name)
    for words in (found.about, found.baseline, found.fallback):
        assert plain(words) == words
