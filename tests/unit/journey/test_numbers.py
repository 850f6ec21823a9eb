"""Numbers in words."""

from __future__ import annotations

from loyaltyloop.journey.numbers import counted, people, plain


def test_one_is_one_and_all_others_are_many() -> None:
    assert [counted(number, "step") for number in (0, 1, 2, 1200)] == [
        "0 steps",
        "1 step",
        "2 steps",
        "1,200 steps",
    ]
    assert counted(1, "change is", "changes are") == "1 change is"
    assert [people(number) for number in (1, 2)] == ["1 person", "2 people"]


def test_a_number_has_no_decimals_that_say_nothing_and_no_exponent() -> None:
    kept = (36.0, 0.62, 0.0, 10, 0.0001, 1_234_567.8, 2.5e16)
    told = ["36", "0.62", "0", "10", "0.0001", "1234567.8", "25000000000000000"]
    assert [str(plain(number)) for number in kept] == told
