"""Numbers in words."""

from __future__ import annotations

from loyaltyloop.journey.numbers import counted, people


def test_one_is_one_and_all_others_are_many() -> None:
    assert [counted(number, "step") for number in (0, 1, 2, 1200)] == [
        "0 steps",
        "1 step",
        "2 steps",
        "1,200 steps",
    ]
    assert counted(1, "change is", "changes are") == "1 change is"
    assert [people(number) for number in (1, 2)] == ["1 person", "2 people"]
