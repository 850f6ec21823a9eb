"""Stories of stars: asked a week after the parcel, thanked, and helped where something went wrong."""

from __future__ import annotations

import json

from sqlalchemy import Engine

from tests.integration.turn.own import Got, Own

ASKED = ("03-09 16:15", "rating")  # a Monday
JOURNEY = "review_request"


def delivered(engine: Engine, *who: str) -> Own:
    """A parcel on Monday, 2 March; each order bears its customer's name."""
    own = Own(engine, JOURNEY, who=who)
    for name in who:
        own.ordered("02-27 10:00", name, name)
        own.told("Delivered", "03-02 10:00", name, name)
    own.turn("03-02 10:15")
    return own


def test_each_number_of_stars_has_its_answer(engine: Engine) -> None:
    """With one or two stars the help desk knows at once, be it night; the letter waits for the morning."""
    got: dict[str, tuple[Got, str]] = {
        "five": ([ASKED, ("03-10 18:15", "thank_you")], "completed"),
        "four": ([ASKED, ("03-10 18:15", "thank_you")], "completed"),
        "three": ([ASKED, ("03-10 18:15", "thank_you_for_telling")], "completed"),
        "one": ([ASKED, ("03-10 18:15", "help_desk"), ("03-10 18:15", "we_are_sorry")], "completed"),
        "night": ([ASKED, ("03-10 22:15", "help_desk"), ("03-11 08:30", "we_are_sorry")], "completed"),
        "silent": ([ASKED], "left: no_answer"),
        "back": ([], "left: sent_back"),
        "reviewed": ([ASKED], "left: reviewed"),
    }
    own = delivered(engine, *got)
    own.did("back", "Order Refunded", "03-05 10:00", order_id="back", total=12.5, currency="GBP")
    own.turn("03-09 16:15")
    for who, stars in (("five", 5), ("four", 4), ("three", 3), ("one", 1)):
        own.answered("rating", stars, "03-10 18:00", who, comment="The lid does not fit.")
    own.did("reviewed", "Product Reviewed", "03-10 18:00", product_id="jar", rating=4)
    own.answered("rating", 2, "03-10 22:00", "night")
    for at in ("03-10 18:15", "03-10 22:15", "03-11 08:30", "03-15 16:30"):
        own.turn(at)
    assert own.letters() == {who: letters for who, (letters, _) in got.items() if letters}
    assert dict(own.ends()) == {who: end for who, (_, end) in got.items()}
    assert "5 stars" in own.text("thank_you", "five") and "4 stars" in own.text("thank_you", "four")
    assert "The lid does not fit." in own.text("we_are_sorry", "one")
    assert "What you told us" not in own.text("we_are_sorry", "night")


def test_what_the_help_desk_is_told(engine: Engine) -> None:
    own = delivered(engine, "ada")
    own.turn("03-09 16:15")
    own.answered("rating", 1, "03-10 18:00", comment='The "lid" does not fit.')
    own.turn("03-10 18:15")
    assert json.loads(own.text("help_desk")) == {
        "subject": "1 of 5 stars for order ada",
        "customer": {"id": "ada", "name": "Ada", "email": "ada@example.com"},
        "order": "ada",
        "products": [{"product_id": "jar", "name": "Biscuit Jar", "price": 12.5, "quantity": 1}],
        "stars": 1,
        "comment": 'The "lid" does not fit.',
    }


def test_the_question_shows_what_was_delivered_and_five_stars(engine: Engine) -> None:
    own = delivered(engine, "ada")
    own.turn("03-09 16:15")
    text = own.text("rating")
    assert "Biscuit Jar" in text
    assert all(f"\n{number}: http://shop.example/a/" in text for number in range(1, 6))


def test_nobody_is_sold_anything_while_a_case_is_open(engine: Engine) -> None:
    """Ada is unhappy, and has looked at a jar; the letter about it leaves when her case is closed."""
    own = delivered(engine, "ada", "ben")
    own.sells(tin=400)
    own.turn("03-09 16:15")
    own.answered("rating", 1, "03-10 09:00")
    own.did("ada", "Support Ticket Opened", "03-10 09:30", ticket_id="1")
    for who in ("ada", "ben"):
        own.did(who, "Product Viewed", "03-10 10:00", product_id="tin")
    own.also_of("browse_abandonment")
    for at in ("03-10 10:15", "03-10 14:30"):
        own.turn(at)
    found = ("03-10 14:30", "found_again")
    assert own.letters()["ben"] == [ASKED, found]
    told = [ASKED, ("03-10 10:15", "help_desk"), ("03-10 10:15", "we_are_sorry")]
    assert own.letters()["ada"] == told
    own.did("ada", "Support Ticket Closed", "03-10 17:00", ticket_id="1")
    own.turn("03-10 17:15")
    assert own.letters()["ada"] == [*told, ("03-10 17:15", "found_again")]
