"""Words that wait for their machinery: each is read, checked and mapped, and refused by apply."""

from __future__ import annotations

import pytest

from loyaltyloop.journey.check import check_reading
from loyaltyloop.journey.reading.deferred import DEFERRED, refusals
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.journey.showing.mermaid import mermaid
from tests.unit.journey.projects import good

STEPS = {
    "choose: best": "- {split: a, choose: best, by: goal, paths: {x: {share: 50%, steps: [{leave: x}]}, "
    "y: {share: 50%}}}",
}
SHOP: dict[str, str] = {}
HEAD = "journey: waits\nabout: A word.\npurpose: service\nenter: {event: A}\ngoal: {did: B}\nsteps:\n  "


def project(word: str) -> dict[str, bytes]:
    files = good()
    if word in SHOP:
        files["journeys/shop.yaml"] += SHOP[word].encode() + b"\n"
    else:
        files["journeys/waits.yaml"] = f"{HEAD}{STEPS[word]}\n".encode()
    return files


def test_the_table_is_walked_whole() -> None:
    assert set(STEPS) | set(SHOP) == set(DEFERRED)


@pytest.mark.parametrize("word", DEFERRED)
def test_read_checked_mapped_and_refused(word: str) -> None:
    reading = read_project(project(word))
    assert [problem.text() for problem in check_reading(reading) if problem.severity == "error"] == []
    for journey in reading.journeys.values():
        assert mermaid(journey).startswith(f"%% {journey.name}")
    found = [one for journey in reading.journeys.values() for one in refusals(journey, None)]
    found += refusals(None, reading.shop)
    [refusal] = [one for one in found if one.message.startswith(f"'{word}'")]
    assert DEFERRED[word] in refusal.message
    assert refusal.rule == "not-there-yet"
    assert refusal.file == ("journeys/shop.yaml" if word in SHOP else "journeys/waits.yaml")
    line = project(word)[refusal.file].decode().splitlines()[refusal.line - 1]
    assert line[refusal.column - 1 :].startswith(word.removeprefix("give: ").partition(":")[0])


def test_nothing_else_is_refused() -> None:
    reading = read_project(good())
    assert refusals(reading.journeys["welcome"], reading.shop) == []
