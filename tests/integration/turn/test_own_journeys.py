"""Stories of the journeys that come with the project: what their customers get, and what they are spared."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.integration.turn.own import Own

# ── an order ────────────────────────────────────────────────────────────────


def test_a_parcel_that_leaves_before_the_night_is_over_is_not_late(engine: Engine) -> None:
    """The thanks would wait until eight; the parcel does not, and is what the customer hears of."""
    own = Own(engine)
    own.ordered("03-02 21:30")
    own.told("Shipped", "03-03 07:30")
    own.told("Delivered", "03-05 10:00")
    for at in ("03-02 21:45", "03-03 09:00", "03-05 12:00", "03-10 21:45", "03-11 09:00", "03-12 12:00"):
        own.turn(at)
    assert own.got() == [("03-03 09", "shipped")]


def test_the_thanks_come_first_where_the_parcel_takes_a_day(engine: Engine) -> None:
    own = Own(engine)
    own.ordered("03-02 10:00")
    own.told("Shipped", "03-03 15:00")
    for at in ("03-02 10:15", "03-03 15:15"):
        own.turn(at)
    assert own.got() == [("03-02 10", "thank_you_first"), ("03-03 15", "shipped")]


def test_a_late_parcel_is_announced_all_the_same(engine: Engine) -> None:
    own = Own(engine)
    own.ordered("03-02 10:00")
    own.told("Shipped", "03-11 15:00")
    for at in ("03-02 10:15", "03-09 10:30", "03-11 15:15"):
        own.turn(at)
    assert own.got() == [
        ("03-02 10", "thank_you_first"),
        ("03-09 10", "sorry_for_the_wait"),
        ("03-11 15", "shipped_at_last"),
    ]


def test_nobody_is_told_sorry_for_what_left_while_the_words_waited(engine: Engine) -> None:
    own = Own(engine)
    own.ordered("03-02 20:50")
    for at in ("03-02 20:55", "03-09 21:10"):
        own.turn(at)
    own.told("Shipped", "03-10 07:00")
    own.turn("03-10 09:00")
    assert own.got() == [("03-02 20", "thank_you_first"), ("03-10 09", "shipped_at_last")]


def test_what_is_at_the_door_needs_no_announcement(engine: Engine) -> None:
    """A carrier that tells of the delivery alone."""
    own = Own(engine)
    own.ordered("03-02 10:00")
    own.told("Delivered", "03-04 10:00")
    for at in ("03-02 10:15", "03-04 10:15", "03-09 10:30"):
        own.turn(at)
    assert own.got() == [("03-02 10", "thank_you_first")]
    assert own.ends("post_purchase") == [("ada", "waiting at arrival.wait")]


def test_what_never_leaves_ends_in_no_suggestion(engine: Engine) -> None:
    own = Own(engine)
    own.ordered("03-02 10:00")
    for at in ("03-02 10:15", "03-09 10:30", "03-23 11:00"):
        own.turn(at)
    assert own.ends("post_purchase") == [("ada", "left: never_left")]


def test_two_orders_of_one_evening(engine: Engine) -> None:
    """Each parcel is announced; thanks, and the question how it was, come once."""
    own = Own(engine)
    for number, day in enumerate(("2025-02-01", "2025-03-01", "2025-04-01")):
        own.ordered(f"{day} 10:00", f"old{number}")
    own.ordered("03-02 21:30")
    own.ordered("03-02 21:33", "o2")
    for order in ("o1", "o2"):
        own.told("Shipped", "03-03 15:00", order)
        own.told("Delivered", "03-05 10:00", order)
    for at in ("03-02 21:45", "03-03 09:00", "03-03 15:15", "03-05 10:15", "03-14 16:15"):
        own.turn(at)
    assert own.got() == [
        ("03-03 09", "thank_you_again"),
        ("03-03 15", "shipped"),
        ("03-03 15", "shipped"),
        ("03-14 16", "rating"),
    ]


# ── products ────────────────────────────────────────────────────────────────


def test_a_welcome_without_products_says_nothing_about_products(engine: Engine) -> None:
    own = Own(engine)
    own.did("ada", "Signed Up", "03-02 10:00")  # a Monday
    for at in ("03-02 10:15", "03-05 10:30", "03-05 18:00"):
        own.turn(at)
    assert own.got() == [("03-02 10", "hello")]
    assert ("ada", "what_others_love", "refused", "products: too few for favourites") in own.messages()


@pytest.mark.parametrize("sold", [(), ("jar", "tin", "mug")])
def test_good_wishes_go_out_with_or_without_products(engine: Engine, sold: tuple[str, ...]) -> None:
    own = Own(engine)
    own.ordered("2025-12-01 10:00")
    own.knows("ada", at="2025-12-02 10:00", birthday="1990-03-04")
    if sold:
        own.sells(*sold)
    own.turn("03-03 12:00")
    own.turn("03-04 09:15")
    assert ("03-04 09", "happy_birthday") in own.got()
    own.clicked("happy_birthday", "03-04 10:00")
    for name in sold:
        own.did("ada", "Product Viewed", "03-04 10:05", product_id=name)
    for at in ("03-04 10:15", "03-08 10:15"):
        own.turn(at)
    assert (("03-08 10", "still_there") in own.got()) == bool(sold)


# ── a sign ──────────────────────────────────────────────────────────────────


def gone_quiet(engine: Engine) -> Own:
    """Ada ordered twice, long ago; what others buy is worth a letter on Tuesday, 3 February, at ten."""
    own = Own(engine)
    own.sells("tin", "mug")
    for number, day in enumerate(("2025-10-01", "2025-11-01")):
        own.ordered(f"{day} 10:00", f"o{number}")
    own.knows("ben")
    lines = [{"product_id": name, "price": 5, "quantity": 1} for name in ("tin", "mug")]
    own.did("ben", "Order Completed", "2025-12-01 10:00", order_id="b", products=lines)
    for at in ("02-02 00:15", "02-03 10:15"):
        own.turn(at)
    assert own.got() == [("02-03 10", "whats_new")]
    return own


def tags_after(own: Own) -> list[str]:
    for at in ("02-13 18:15", "02-28 18:15", "03-14 18:15"):
        own.turn(at)
    return own.tags()["ada"]


def test_whoever_clicks_is_not_given_up(engine: Engine) -> None:
    """Also where too little is found to write again, so that there is no second letter to be clicked."""
    own = gone_quiet(engine)
    own.clicked("whats_new", "02-04 10:00")
    assert tags_after(own) == ["warming_up"]


def test_whoever_replies_is_not_given_up(engine: Engine) -> None:
    own = gone_quiet(engine)
    own.turn("02-10 10:30")
    own.did("ada", "Email Replied", "02-10 12:00", email_id=own.key("did_we_do_wrong"))
    assert tags_after(own) == ["warming_up"]


def test_whoever_is_silent_is_written_to_less(engine: Engine) -> None:
    assert tags_after(gone_quiet(engine)) == ["lapsed"]
