"""Who enters: once, again, for each order, too old, on a birthday, or kept out by the dice."""

from __future__ import annotations

import pytest

from tests.reference.hashing import dice
from tests.unit.reference.scene import Scene, at

GREET = """
    journey: greet
    about: A scenario.
    enter: {event: Order Completed%s}
    steps:
      - wait: 5 days
"""


def entering(words: str) -> Scene:
    return Scene(GREET % words)


def test_once_and_never_again() -> None:
    scene = entering("")
    scene.does("Order Completed", "2024-03-01 10:00")
    scene.does("Order Completed", "2024-03-02 10:00")
    scene.turns("2024-03-01 10:00", "2024-03-02 10:00", "2024-03-20 10:00")
    assert (scene.only.entered_at, scene.only.occurrence) == (at("2024-03-01 10:00"), "")


@pytest.mark.parametrize(("second", "entries"), [("2024-03-11 09:59", 1), ("2024-03-11 10:00", 2)])
def test_again_after_ten_days_from_the_last_entry(second: str, entries: int) -> None:
    scene = entering(", again: after 10 days")
    scene.does("Order Completed", "2024-03-01 10:00")
    scene.does("Order Completed", second)
    scene.turns("2024-03-01 10:00", "2024-03-08 10:00", "2024-03-11 12:00")
    assert len(scene.enrolments) == entries


def test_again_names_the_event_that_called() -> None:
    scene = entering(", again: always")
    scene.does("Order Completed", "2024-03-01 10:00")
    scene.turns("2024-03-01 10:00")
    assert scene.only.occurrence == "test:m3"


@pytest.mark.parametrize(
    ("inside", "ends"), [("ignore", [None]), ("restart", ["restarted", None]), ("alongside", [None, None])]
)
def test_while_one_still_runs(inside: str, ends: list[str | None]) -> None:
    scene = entering(f", again: always, while_inside: {inside}")
    scene.does("Order Completed", "2024-03-01 10:00")
    scene.does("Order Completed", "2024-03-02 10:00")
    scene.turns("2024-03-01 10:00", "2024-03-02 10:00")
    assert [enrolment.reason for enrolment in scene.enrolments] == ends


def test_each_order_for_itself_and_none_without_a_number() -> None:
    scene = entering(", one_per: order_id")
    scene.does("Order Completed", "2024-03-01 10:00", order_id="o1")
    scene.does("Order Completed", "2024-03-01 10:01", order_id="o2")
    scene.does("Order Completed", "2024-03-01 10:02", order_id="o1")
    scene.does("Order Completed", "2024-03-01 10:03")
    scene.turns("2024-03-01 11:00")
    assert [enrolment.one_per for enrolment in scene.enrolments] == ["o1", "o2"]


@pytest.mark.parametrize(("turn", "entries"), [("2024-03-02 10:00", 1), ("2024-03-02 10:01", 0)])
def test_an_event_older_than_a_day_enters_nobody(turn: str, entries: int) -> None:
    scene = entering("")
    scene.does("Order Completed", "2024-03-01 10:00")
    scene.turns(turn)
    assert len(scene.enrolments) == entries


def test_the_customer_is_updated_before_entry_is_judged() -> None:
    scene = entering(", if: {customer: {orders: {at_least: 2}}}")
    scene.does("Order Completed", "2024-03-01 10:00", order_id="o1")
    scene.does("Order Completed", "2024-03-01 10:01", order_id="o2")
    scene.turns("2024-03-01 11:00")
    assert scene.only.entered_at == at("2024-03-01 10:00")


def test_an_if_never_sees_the_event_entered_by() -> None:
    scene = entering(", if: {not: {did: Order Completed}}")
    scene.does("Order Completed", "2024-03-01 10:00")
    scene.turns("2024-03-01 11:00")
    assert scene.only.running


def test_the_dice_keep_some_out_on_record() -> None:
    scene = Scene((GREET % "").replace("journey: greet", "journey: greet\n    holdout: 50%"))
    names = [f"person{number}" for number in range(40)]
    for name in names:
        scene.does("Order Completed", "2024-03-01 10:00", person=name)
    scene.turns("2024-03-01 10:00", "2024-03-06 10:00")
    kept_out = {e.customer_key for e in scene.enrolments if e.end == "held_out"}
    assert kept_out == {name for name in names if dice("holdout:greet", name) < 0.5}
    assert {e.end for e in scene.enrolments if e.customer_key not in kept_out} == {"completed"}
    assert 5 < len(kept_out) < 35


def test_a_birthday_is_a_day_of_the_customers_own() -> None:
    scene = Scene(
        """
        journey: birthday
        about: A scenario.
        enter: {date: birthday, at: "09:00", offset: -3 days}
        steps:
          - leave: done
        """,
        zone="Pacific/Auckland",
    )
    scene.knows("ann", birthday="1984-02-29")
    scene.turns("2023-02-24 19:59", "2024-02-25 19:59", "2024-02-25 20:00", "2024-02-26 20:00")
    assert (scene.only.entered_at, scene.only.one_per) == (at("2024-02-25 20:00"), "2024")


def test_another_date_gives_no_second_gift() -> None:
    scene = Scene("""
        journey: birthday
        about: A scenario.
        enter: {date: birthday}
        steps:
          - leave: done
    """)
    scene.knows("ann", birthday="1990-12-30")
    scene.turns("2024-12-30 12:00")
    scene._feed("identify", "2025-01-01 00:00", "ann", {"birthday": "1990-01-02"})
    scene.turns("2025-01-02 12:00")
    assert scene.only.one_per == "2024"
