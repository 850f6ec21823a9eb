"""Leaving: at once, wherever one stands, at the claim, and by a merge that comes late."""

from __future__ import annotations

from tests.unit.reference.scene import Scene, at

LEAVES = """
    journey: greet
    about: A scenario.
    enter: {event: Signed Up}
    leave_when:
      bought: {did: Order Completed}
    steps:
      - wait: 5 hours
      - send: hello
        template: test/hello
      - wait: 30 days
"""


def test_in_the_middle_of_a_wait() -> None:
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 09:00")
    scene.does("Order Completed", "2024-03-05 09:00")
    scene.turns("2024-03-01 09:00", "2024-03-01 14:00", "2024-03-05 09:00")
    assert (scene.only.end, scene.only.reason) == ("left", "bought")
    assert scene.only.visits[-1].left_at == at("2024-03-05 09:00")


def test_in_the_turn_of_entering() -> None:
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 09:00")
    scene.does("Order Completed", "2024-03-01 09:01")
    scene.turns("2024-03-01 10:00")
    assert scene.only.reason == "bought"


def test_not_by_what_was_done_before_entering() -> None:
    scene = Scene(LEAVES)
    scene.does("Order Completed", "2024-03-01 08:59")
    scene.does("Signed Up", "2024-03-01 09:00")
    scene.turns("2024-03-01 10:00")
    assert scene.only.running


def test_once_more_at_the_claim() -> None:
    """Her order arrives between the turn that held the message and the one that would release it."""
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 17:00")
    scene.turns("2024-03-01 17:00", "2024-03-01 22:00")
    assert scene.message("hello").state == "held"
    scene.does("Order Completed", "2024-03-01 23:00")
    scene.reference._apply(at("2024-03-02 09:00"))
    scene.reference.deliver(at("2024-03-02 09:00"))
    assert (scene.message("hello").state, scene.only.reason) == ("refused", "bought")


def test_withdrawn_consent_stops_a_held_message_but_not_the_journey() -> None:
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 17:00")
    scene.does("Consent Withdrawn", "2024-03-01 23:00", channel="email")
    scene.turns("2024-03-01 17:00", "2024-03-01 22:00", "2024-03-02 09:00")
    assert (scene.message("hello").state, scene.message("hello").reason) == ("refused", "consent")
    assert scene.only.arrived_at == at("2024-03-02 09:00")


def test_a_consent_from_a_clock_that_runs_ahead_does_not_outlast_a_withdrawal() -> None:
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 09:00")
    scene.does("Consent Granted", "2024-03-01 13:09", arrives="2024-03-01 13:00", channel="email")
    scene.does("Unsubscribed", "2024-03-01 13:01")
    scene.turns("2024-03-01 09:00", "2024-03-01 14:00")
    assert (scene.message("hello").state, scene.message("hello").reason) == ("refused", "consent")


def test_an_order_under_another_id_counts_when_the_ids_are_joined() -> None:
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 09:00")
    scene.does("Order Completed", "2024-03-01 10:00", person="visitor")
    scene.turns("2024-03-01 09:00", "2024-03-01 15:00")
    assert scene.only.running
    scene.joins("ann", "visitor", "2024-03-03 09:00")
    scene.turns("2024-03-03 09:00")
    assert scene.only.reason == "bought"


def test_of_two_enrolments_of_one_person_the_earlier_stays() -> None:
    scene = Scene(LEAVES)
    scene.does("Signed Up", "2024-03-01 09:00", person="visitor")
    scene.does("Signed Up", "2024-03-01 10:00")
    scene.turns("2024-03-01 11:00")
    scene.joins("ann", "visitor", "2024-03-01 12:00")
    scene.turns("2024-03-01 12:00")
    by_key = {enrolment.customer_key: enrolment for enrolment in scene.enrolments}
    assert (by_key["visitor"].running, by_key["ann"].reason) == (True, "merged")
