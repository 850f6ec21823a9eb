"""One person on several devices, and several persons on one: who gets what, whenever it comes out."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.models import Customer, Enrolment
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc

DISCOUNT = """\
    journey: discount
    about: A discount for whoever looked and did not buy within a day.
    enter: {{event: Product Viewed, again: {again}}}
    leave_when: {{bought: {{did: Order Completed}}}}
    goal: {{did: Order Completed, within: 3 days}}
    steps:
      - wait: 1 day
      - send: discount
        template: test/hello
        {at}
"""
ONCE = DISCOUNT.format(again="never", at="priority: 50").replace("        priority: 50\n", "")
AT_NOON = DISCOUNT.format(again="never", at='at: "12:00"')
WAITED_FOR = """\
    journey: discount
    about: A discount for whoever looked and did not buy within a day.
    enter: {event: Product Viewed}
    steps:
      - wait_for: bought
        up_to: 1 day
        paths:
          bought: {when: {did: Order Completed}, steps: [{leave: bought}]}
          silent: {}
      - send: discount
        template: test/hello
"""


def scene(engine: Engine, journey: str = ONCE) -> Stage:
    """The tablet browses at 9 (an address was typed there), the desktop buys at 10."""
    stage = Stage(engine, journey)
    stage.knows("ada")
    stage.knows("~tablet")
    stage.did("~tablet", "Product Viewed", "03-02 09:00", product_id="tea")
    stage.did("ada", "Order Completed", "03-02 10:00", order_id="1", total=20)
    return stage


def test_who_bought_on_the_desktop_gets_no_discount_for_browsing_on_the_tablet(engine: Engine) -> None:
    stage = scene(engine)
    stage.turns("03-02 09:15", "03-02 12:00", hours=2)
    stage.merged("ada", "tablet", "03-02 20:00")
    stage.turns("03-02 20:15", "03-04 12:00", hours=11)
    assert stage.ends() == [("tablet", "left: bought")]
    assert stage.messages() == []


def test_all_of_it_in_one_turn_and_in_any_order_of_arrival(engine: Engine) -> None:
    """The merge is heard of first, the order next, the browsing last."""
    stage = Stage(engine, ONCE)
    stage.knows("ada")
    stage.merged("ada", "tablet", "03-02 20:00")
    stage.did("ada", "Order Completed", "03-02 10:00", arrived="03-02 20:01", order_id="1", total=20)
    stage.did("~tablet", "Product Viewed", "03-02 09:00", arrived="03-02 20:02", product_id="tea")
    stage.turns("03-02 20:15", "03-04 12:00", hours=11)
    assert stage.ends() == [("ada", "left: bought")]
    assert stage.messages() == []


def test_a_merge_that_is_heard_of_after_the_wait_stops_what_is_still_held(engine: Engine) -> None:
    stage = scene(engine, AT_NOON)
    stage.turns("03-02 09:15", "03-03 11:00", hours=13)
    stage.turn("03-03 11:00")
    assert stage.messages() == [("tablet", "discount", "planned", "")]
    stage.merged("ada", "tablet", "03-03 11:30")
    stage.turns("03-03 12:15", "03-04 12:00", hours=11)
    assert stage.messages() == [("tablet", "discount", "refused", "the enrolment has ended: bought")]
    assert stage.ends() == [("tablet", "left: bought")]


def test_a_merge_that_is_heard_of_too_late_rewrites_nothing_but_counts_the_goal(engine: Engine) -> None:
    stage = scene(engine)
    stage.turns("03-02 09:15", "03-03 12:00", hours=13)
    assert stage.sent() == [("tablet", "discount")]
    stage.merged("ada", "tablet", "03-09 11:30")
    stage.turn("03-09 12:00")
    assert stage.ends() == [("tablet", "completed")]
    assert [row.goal_at for row in rows(engine, Enrolment)] == [utc("03-02 10:00")]


@pytest.mark.parametrize(
    ("known", "end"),
    [
        ("03-02 21:00", "left: bought"),
        ("03-03 09:20", "left: bought"),  # behind the time-out, within the lateness
        ("03-03 09:26", "completed"),  # the turn that decides it is silent was there before
    ],
)
def test_an_answer_under_another_id_counts_if_both_are_one_in_time(
    engine: Engine, known: str, end: str
) -> None:
    stage = scene(engine, WAITED_FOR)
    stage.merged("ada", "tablet", known)
    for minute in ("03-02 09:15", "03-02 10:15", "03-02 22:00", "03-03 09:16", "03-03 09:25", "03-03 09:40"):
        stage.turn(minute)
    assert stage.ends() == [("tablet", end)]


def test_of_two_who_are_one_the_earlier_goes_on_and_one_letter_leaves(engine: Engine) -> None:
    stage = Stage(engine, AT_NOON)
    stage.knows("ada")
    stage.knows("~tablet")
    stage.did("~tablet", "Product Viewed", "03-02 09:00")
    stage.did("ada", "Product Viewed", "03-02 10:00")
    for at in ("03-02 09:15", "03-02 10:15", "03-03 11:00"):
        stage.turn(at)
    assert [row[2] for row in stage.messages()] == ["planned", "planned"]
    stage.merged("ada", "tablet", "03-03 11:30")
    stage.turns("03-03 11:45", "03-04 12:00", hours=13)
    assert stage.ends() == [("ada", "left: merged"), ("tablet", "completed")]
    assert stage.messages() == [
        ("ada", "discount", "refused", "the enrolment has ended: merged"),
        ("tablet", "discount", "handed_over", ""),
    ]


def test_the_earlier_goes_on_whichever_arrived_first(engine: Engine) -> None:
    stage = Stage(engine, ONCE)
    stage.knows("ada")
    stage.did("ada", "Product Viewed", "03-02 10:00")
    stage.turn("03-02 10:15")
    stage.did("~tablet", "Product Viewed", "03-02 09:00", arrived="03-02 11:00")
    stage.turn("03-02 11:15")
    stage.merged("ada", "tablet", "03-02 12:00")
    stage.turns("03-02 12:15", "03-04 12:00", hours=13)
    assert stage.ends() == [("ada", "left: merged"), ("tablet", "completed")]
    assert stage.sent() == [("tablet", "discount")]


def test_who_was_in_it_under_another_id_does_not_enter_again(engine: Engine) -> None:
    stage = Stage(engine, ONCE)
    stage.knows("ada")
    stage.knows("~tablet")
    stage.did("~tablet", "Product Viewed", "03-02 09:00")
    stage.turns("03-02 09:15", "03-04 12:00", hours=13)
    stage.merged("ada", "tablet", "03-05 09:00")
    stage.did("ada", "Product Viewed", "03-05 10:00")
    stage.turns("03-05 10:15", "03-08 12:00", hours=13)
    assert stage.sent() == [("tablet", "discount")]


def test_again_counts_from_the_last_entry_under_any_id(engine: Engine) -> None:
    stage = Stage(engine, DISCOUNT.format(again="after 5 days", at='at: "12:00"'))
    stage.knows("ada")
    stage.knows("~tablet")
    stage.did("~tablet", "Product Viewed", "03-02 09:00")
    stage.turns("03-02 09:15", "03-04 13:00", hours=13)
    stage.merged("ada", "tablet", "03-05 09:00")
    for day in (6, 8):  # four days after, and six
        stage.did("ada", "Product Viewed", f"03-{day:02} 10:00")
    stage.turns("03-05 10:15", "03-11 12:00", hours=13)
    assert sorted(row.entered_at for row in rows(engine, Enrolment)) == [
        utc("03-02 09:00"),
        utc("03-08 10:00"),
    ]


@pytest.mark.parametrize(("withdrew", "granted"), [("ada", "~tablet"), ("~tablet", "ada")])
def test_a_withdrawal_under_one_id_holds_for_the_other(engine: Engine, withdrew: str, granted: str) -> None:
    """Though what the other said before it arrives last."""
    stage = Stage(engine, AT_NOON)
    stage.knows("ada")
    stage.knows("~tablet")
    stage.did("~tablet", "Product Viewed", "03-02 09:00")
    stage.did(withdrew, "Consent Withdrawn", "03-02 09:30", channel="email")
    stage.did(granted, "Consent Granted", "03-02 09:20", arrived="03-02 09:40", channel="email")
    stage.turns("03-02 10:15", "03-03 11:00", hours=13)
    stage.turn("03-03 11:00")
    stage.merged("ada", "tablet", "03-03 11:30")
    stage.turn("03-03 12:15")
    assert stage.messages() == [("tablet", "discount", "refused", "no consent to marketing by email")]


def test_two_who_share_a_tablet_stay_two(engine: Engine) -> None:
    """The device is whose who was last known on it; what was done before stays where it was."""
    stage = Stage(engine, ONCE)
    stage.knows("ada")
    stage.knows("bob")
    stage.merged("ada", "tablet", "03-02 08:00")
    stage.did("~tablet", "Product Viewed", "03-02 09:00")
    stage.turn("03-02 09:15")
    stage.merged("bob", "tablet", "03-02 10:00")
    stage.also("bob", "tablet", "03-02 10:01")
    stage.did("~tablet", "Product Viewed", "03-02 11:00")
    stage.did("bob", "Order Completed", "03-02 12:00", device="tablet", order_id="1", total=20)
    stage.turns("03-02 11:15", "03-04 12:00", hours=13)
    assert stage.ends() == [("ada", "completed"), ("bob", "left: bought")]
    assert stage.sent() == [("ada", "discount")]
    assert {row.key: row.orders for row in rows(engine, Customer)} == {"ada": 0, "bob": 1}


def test_a_chain_of_ids_is_one_person(engine: Engine) -> None:
    stage = scene(engine)
    stage.turns("03-02 09:15", "03-02 12:00", hours=2)
    stage.merged("ada@old", "tablet", "03-02 13:00")
    stage.also("ada@new", "ada@old", "03-02 14:00")
    stage.turn("03-02 14:15")
    assert stage.ends() == [("tablet", "waiting at enter.wait")]
    stage.also("ada", "ada@new", "03-02 15:00")
    stage.also("ada@old", "ada", "03-02 16:00")  # round in a circle
    stage.turns("03-02 16:15", "03-04 12:00", hours=13)
    assert stage.ends() == [("tablet", "left: bought")]
    assert len(rows(engine, Customer)) == 1
