"""Stories of baskets that were left standing: shown once, asked about once, and what the answer brings."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Engine

from tests.integration.turn.own import Got, Own

JOURNEY = "abandoned_basket"
SHOWN = ("03-02 13:30", "your_basket")  # a Monday
ASKED = ("03-05 10:15", "why")
TURNS = ("02 13:30", "02 15:30", "03 09:00", "05 10:15", "05 12:15", "07 10:15", "09 12:00", "11 10:15")


def puts_in(own: Own, who: str, at: str, product_id: str = "biscuit_jar", quantity: int = 1) -> None:
    own.did(who, "Product Added", at, product_id=product_id, quantity=quantity)


def filled(engine: Engine, *who: str) -> Own:
    """Biscuit jars in baskets since Monday, 2 March, at ten."""
    own = Own(engine, JOURNEY, who=who)
    own.sells(biscuit_jar=1250, honey_jar=600, jam_jar=400, golden_jar=4000)
    for name in who:
        puts_in(own, name, "03-02 10:00")
    own.turn("03-02 10:15")
    return own


# ── what they do, beside what the table says that they answer ───────────────


def does_no_more(_own: Own, _who: str) -> None:
    pass


def looks_on(own: Own, who: str) -> None:
    own.did(who, "Product Viewed", "03-02 12:20", product_id="jam_jar")


def puts_more_in(own: Own, who: str) -> None:
    puts_in(own, who, "03-02 12:20", "jam_jar")


def empties_it(own: Own, who: str) -> None:
    own.did(who, "Product Removed", "03-02 12:20", product_id="biscuit_jar")


def empties_it_later(own: Own, who: str) -> None:
    own.did(who, "Product Removed", "03-04 12:00", product_id="biscuit_jar")


def comes_back_before_the_question(own: Own, who: str) -> None:
    own.did(who, "Cart Viewed", "03-04 14:00")


def orders_at(at: str) -> Callable[[Own, str], None]:
    def orders(own: Own, who: str) -> None:
        own.ordered(at, who, who)

    return orders


def orders_under_another_id(own: Own, who: str) -> None:
    own.ordered("03-03 18:00", who, "~phone")
    own.merged(who, "phone", "03-04 09:00")


def unsubscribes(own: Own, who: str) -> None:
    own.did(who, "Unsubscribed", "03-03 18:00")


Story = tuple[Callable[[Own, str], None], str, Got, str]  # what they do and answer, get, and how it ends
STORIES: dict[str, Story] = {
    "silent": (does_no_more, "", [SHOWN, ASKED], "left: no_answer"),
    "payment": (
        does_no_more,
        "payment",
        [SHOWN, ASKED, ("03-05 12:15", "help_desk"), ("03-05 12:15", "help_is_coming")],
        "completed",
    ),
    "price": (does_no_more, "price", [SHOWN, ASKED, ("03-05 12:15", "similar_for_less")], "completed"),
    "looking": (does_no_more, "looking", [SHOWN, ASKED, ("03-11 10:15", "no_hurry")], "completed"),
    "looks_on": (looks_on, "", [("03-02 15:30", "your_basket"), ASKED], "left: no_answer"),
    "more": (puts_more_in, "", [("03-02 15:30", "your_basket"), ASKED], "left: no_answer"),
    "emptied": (empties_it, "", [], "left: emptied"),
    "emptied_later": (empties_it_later, "", [SHOWN], "left: emptied"),
    "comes_back": (
        comes_back_before_the_question,
        "",
        [SHOWN, ("03-07 10:15", "why")],
        "waiting at reason",
    ),
    "orders_at_once": (orders_at("03-02 12:00"), "", [], "left: bought"),
    "orders_shown": (orders_at("03-03 18:00"), "", [SHOWN], "left: bought"),
    "orders_asked": (orders_at("03-05 11:00"), "", [SHOWN, ASKED], "left: bought"),
    "orders_after_answering": (orders_at("03-08 11:00"), "looking", [SHOWN, ASKED], "left: bought"),
    "orders_elsewhere": (orders_under_another_id, "", [SHOWN], "left: bought"),
    "unsubscribes": (unsubscribes, "", [SHOWN], "left: no_consent_any_more"),
}


def test_what_each_gets_and_when_it_ends(engine: Engine) -> None:
    """Never more than three letters, whoever does what; orders and emptied baskets end it at once."""
    own = filled(engine, *STORIES)
    for who, (does, _, _, _) in STORIES.items():
        does(own, who)
    for at in TURNS:
        own.turn(f"03-{at}")
        for who, (_, answer, _, _) in STORIES.items():
            if answer and at == "05 10:15":
                own.answered("why", answer, "03-05 12:00", who, comment="The till said no.")
    assert own.letters() == {who: got for who, (_, _, got, _) in STORIES.items() if got}
    assert dict(own.ends()) == {who: end for who, (_, _, _, end) in STORIES.items()}
    letters = [[step for _, step in got if step != "help_desk"] for got in own.letters().values()]
    assert max(map(len, letters)) == 3
    _look_inside(own)


def _look_inside(own: Own) -> None:
    assert "Biscuit Jar" in own.text("your_basket", "silent")
    assert "Jam Jar" in own.text("your_basket", "more")
    for_less = own.text("similar_for_less", "price")
    assert "Jam" in for_less and "Honey" in for_less and "Golden" not in for_less
    told = json.loads(own.text("help_desk", "payment"))
    assert told["customer"] == {"id": "payment", "name": "Payment", "email": "payment@example.com"}
    assert [line["product_id"] for line in told["basket"]] == ["biscuit_jar"]
    assert told["comment"] == "The till said no."


def test_what_happens_while_the_letter_waits_for_the_morning(engine: Engine) -> None:
    """Whoever orders or empties the basket gets none; it shows what can be had then, at the price of then."""
    own = Own(engine, JOURNEY, who=("ada", "ben", "cleo", "dora"))
    own.sells(biscuit_jar=1250, jam_jar=400)
    for who in ("ada", "ben", "cleo", "dora"):
        puts_in(own, who, "03-02 18:50")
    puts_in(own, "cleo", "03-02 18:51", "jam_jar", quantity=2)
    for at in ("03-02 19:00", "03-02 22:30"):
        own.turn(at)
    assert {state for _, _, state, _ in own.messages()} == {"held"}
    own.ordered("03-02 23:00", who="ada")
    own.did("ben", "Product Removed", "03-03 07:00", product_id="biscuit_jar")
    own.now_is("biscuit_jar", in_stock=False)
    own.now_is("jam_jar", price=350)
    own.turn("03-03 08:30")
    assert own.letters() == {"cleo": [("03-03 08:30", "your_basket")]}
    text = own.text("your_basket", "cleo")
    assert "2 × £3.50" in text and "£7.00" in text and "Biscuit" not in text
    assert ("dora", "your_basket", "refused", "basket: nothing in it can be had") in own.messages()
    own.turn("03-05 10:15")
    assert own.letters().keys() == {"cleo"}  # and nobody else is asked why


def test_nothing_for_less_is_no_letter(engine: Engine) -> None:
    own = filled(engine, "ada")
    own.now_is("jam_jar", in_stock=False)
    for at in ("03-02 13:30", "03-05 10:15"):
        own.turn(at)
    own.answered("why", "price", "03-05 12:00")
    own.turn("03-05 12:15")
    assert own.got() == [("03-02 13", "your_basket"), ("03-05 10", "why")]
    assert ("ada", "similar_for_less", "refused", "products: too few for for_less") in own.messages()


def test_one_basket_in_two_weeks_and_none_of_whom_we_may_not_write_to(engine: Engine) -> None:
    own = Own(engine, JOURNEY)
    own.sells("biscuit_jar", "jam_jar", "honey_jar")
    own.knows("silent", consent=False)
    for who in ("ada", "silent", "~tablet"):
        puts_in(own, who, "03-02 10:00")
    puts_in(own, "ada", "03-12 10:00", "jam_jar")
    puts_in(own, "ada", "03-16 10:05", "honey_jar")
    days = {"02": ("10:15", "13:30"), "05": ("10:15",), "09": ("12:00",)}
    days |= {"12": ("10:15", "13:30"), "16": ("10:15", "13:30")}
    for day, hours in days.items():
        for hour in hours:
            own.turn(f"03-{day} {hour}")
    shown = [step for _, step in own.got() if step == "your_basket"]
    assert [who for who, _ in own.ends()] == ["ada", "ada"] and len(shown) == 2
