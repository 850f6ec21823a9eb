"""What a `wait_for` decides, and when: the promises about event time and lateness, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.reference.scene import Scene, at

ASKS = """
    journey: greet
    about: A scenario.
    enter: {event: Signed Up}
    steps:
      - send: hello
        template: test/hello
      - wait_for: answer
        up_to: 2 hours
        paths:
          bought: {when: {did: Order Completed}}
          clicked: {when: {clicked: hello}}
          silent: {}
      - leave: done
"""
TEN = "2024-03-01 10:00"


@pytest.fixture
def scene() -> Scene:
    """Ann got her message at ten and has until noon to answer."""
    scene = Scene(ASKS)
    scene.does("Signed Up", TEN)
    scene.turns(TEN)
    assert scene.message("hello").handed_over_at == at(TEN)
    return scene


def click(scene: Scene, when: str, arrives: str, **properties: Any) -> None:
    key = scene.message("hello").key
    scene.does(
        "Email Link Clicked", f"2024-03-01 {when}", f"2024-03-01 {arrives}", email_id=key, **properties
    )


def path(scene: Scene) -> str:
    return scene.visit("answer").path


def test_the_first_visible_decides_at_once(scene: Scene) -> None:
    click(scene, "11:00", "11:00")
    scene.turns("2024-03-01 11:00")
    assert (path(scene), scene.visit("answer").left_at) == ("clicked", at("2024-03-01 11:00"))


def test_the_earlier_event_wins_over_the_earlier_path(scene: Scene) -> None:
    scene.does("Order Completed", "2024-03-01 11:01")
    click(scene, "11:00", "11:00")
    scene.turns("2024-03-01 11:30")
    assert path(scene) == "clicked"


def test_at_one_instant_the_earlier_path_wins(scene: Scene) -> None:
    click(scene, "11:00", "11:00")
    scene.does("Order Completed", "2024-03-01 11:00")
    scene.turns("2024-03-01 11:30")
    assert path(scene) == "bought"


def test_a_click_at_the_very_end_counts_if_it_arrives_in_time(scene: Scene) -> None:
    click(scene, "12:00", "12:10")
    scene.turns("2024-03-01 12:00")
    assert scene.only.step == "answer"
    scene.turns("2024-03-01 12:10")
    assert path(scene) == "clicked"


@pytest.mark.parametrize("turns", [["12:10", "13:00"], ["13:00"]])
def test_a_click_that_arrives_too_late_changes_nothing(scene: Scene, turns: list[str]) -> None:
    click(scene, "11:00", "12:11")
    scene.turns(*(f"2024-03-01 {turn}" for turn in turns))
    assert path(scene) == "silent"


def test_a_click_in_time_counts_however_late_the_turn_is(scene: Scene) -> None:
    click(scene, "11:59", "12:09")
    scene.turns("2024-03-02 09:00")
    assert path(scene) == "clicked"


def test_a_click_after_the_end_does_not_count(scene: Scene) -> None:
    click(scene, "12:01", "12:01")
    scene.turns("2024-03-01 12:05", "2024-03-01 12:10")
    assert path(scene) == "silent"


def test_machines_never_decide(scene: Scene) -> None:
    click(scene, "10:00", "10:00", machine=True)
    scene.turns("2024-03-01 12:10")
    assert path(scene) == "silent"


def test_nobody_answers_by_what_was_done_before(scene: Scene) -> None:
    scene.does("Order Completed", "2024-03-01 09:59", "2024-03-01 10:30")
    scene.turns("2024-03-01 12:10")
    assert path(scene) == "silent"


def test_a_wait_that_starts_anew() -> None:
    scene = Scene("""
        journey: cart
        about: A scenario.
        enter: {event: Signed Up}
        steps:
          - wait: 1 hour
            reset_by: {did: Product Viewed}
          - leave: done
    """)
    scene.does("Signed Up", TEN)
    scene.does("Product Viewed", "2024-03-01 10:59")
    scene.does("Product Viewed", "2024-03-01 11:58")
    scene.does("Product Viewed", "2024-03-01 12:58")
    scene.turns(TEN, "2024-03-01 11:00", "2024-03-01 11:59")
    assert scene.only.running
    scene.turns("2024-03-01 12:58")
    assert scene.only.reason == "done"
