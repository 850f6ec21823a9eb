"""Stories of whoever looked round: one letter four hours after the last look, or none."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from tests.integration.turn.own import Got, Own

LETTER = [("03-02 14:30", "found_again")]
LATER = [("03-02 16:30", "found_again")]
MORNING = [("03-03 08:30", "found_again")]
JOURNEY = "browse_abandonment"


def looks(own: Own, who: str, at: str, product_id: str = "jar") -> None:
    own.did(who, "Product Viewed", at, product_id=product_id)


def looks_again(own: Own, who: str) -> None:
    looks(own, who, "03-02 12:20")


def looks_again_under_another_id(own: Own, who: str) -> None:
    looks(own, "~tablet", "03-02 12:20")
    own.merged(who, "tablet", "03-02 12:21")


def orders(own: Own, who: str) -> None:
    own.ordered("03-02 13:00", who, who)


def orders_in_between(own: Own, who: str) -> None:
    """The shop's till tells of it after the letter would have left, had the next turn not known."""
    own.ordered("03-02 10:05", who, who, arrived="03-02 14:20")


def had_ordered_before_looking(own: Own, who: str) -> None:
    """It was heard of late: they entered."""
    own.ordered("03-02 09:00", who, who, arrived="03-02 12:00")


def orders_under_another_id(own: Own, who: str) -> None:
    own.ordered("03-02 11:00", who, "~phone")
    own.merged(who, "phone", "03-02 13:30")


def fills_a_basket(own: Own, who: str) -> None:
    own.did(who, "Product Added", "03-02 12:00", product_id="jar")


def begins_to_pay(own: Own, who: str) -> None:
    own.did(who, "Checkout Started", "03-02 12:00")


def withdraws(own: Own, who: str) -> None:
    own.did(who, "Unsubscribed", "03-02 13:00")


def looks_at_what_sells_out(own: Own, who: str) -> None:
    looks(own, who, "03-02 12:20", "tin")


def does_no_more(_own: Own, _who: str) -> None:
    pass


Story = Callable[[Own, str], None]
# What each does after a look at ten, and what they get. The tin sells out at 15:00.
STORIES: dict[Story, tuple[Got, str]] = {
    does_no_more: (LETTER, "completed"),
    looks_again: (LATER, "completed"),
    looks_again_under_another_id: (LATER, "completed"),
    looks_at_what_sells_out: (LATER, "completed"),
    orders: ([], "left: bought"),
    orders_in_between: ([], "left: bought"),
    orders_under_another_id: ([], "left: bought"),
    had_ordered_before_looking: ([], "completed"),
    fills_a_basket: ([], "left: filled_a_basket"),
    begins_to_pay: ([], "left: filled_a_basket"),
    withdraws: ([], "left: no_consent_any_more"),
}


def test_one_letter_or_none(engine: Engine) -> None:
    own = Own(engine, JOURNEY, who=[story.__name__ for story in STORIES])
    own.sells(jar=1250, tin=400)
    for story in STORIES:
        looks(own, story.__name__, "03-02 10:00")
        story(own, story.__name__)
    own.turn("03-02 10:15")
    for at in ("03-02 14:30", "03-02 16:30", "03-03 08:30"):
        own.turn(at)
    assert own.letters() == {story.__name__: got for story, (got, _) in STORIES.items() if got}
    assert dict(own.ends()) == {story.__name__: end for story, (_, end) in STORIES.items()}


def test_what_happens_while_the_letter_waits_for_the_morning(engine: Engine) -> None:
    """It shows what is in stock when it leaves, at the price of then; of nothing there is no letter."""
    own = Own(engine, JOURNEY, who=("ada", "ben", "cleo", "dora"))
    own.sells(jar=1250, tin=400)
    seen = {"ada": ["jar", "tin"], "ben": ["jar"], "cleo": ["tin"], "dora": ["jar"]}
    for who, products in seen.items():
        for name in products:
            looks(own, who, "03-02 17:50", name)
    for at in ("03-02 18:00", "03-02 22:30"):
        own.turn(at)
    assert {state for _, _, state, _ in own.messages()} == {"held"}
    own.now_is("tin", in_stock=False)
    own.now_is("jar", price=990)
    own.ordered("03-03 07:00", who="dora")
    own.turn("03-03 08:30")
    assert own.letters() == {"ada": MORNING, "ben": MORNING}
    text = own.text("found_again", "ada")
    assert "£9.90" in text and "Tin" not in text
    assert ("cleo", "found_again", "refused", "products: too few for looked_at") in own.messages()
    assert ("dora", "left: bought") in own.ends()


def test_who_does_not_enter(engine: Engine) -> None:
    own = Own(engine, JOURNEY, who=("ordered", "fills", "again"))
    own.sells(jar=1250)
    own.knows("silent", consent=False)
    own.ordered("03-01 10:00", who="ordered")
    own.did("fills", "Product Added", "03-01 10:00", product_id="jar")
    for who in ("ordered", "fills", "silent", "~tablet", "again"):
        looks(own, who, "03-02 10:00")
    own.did("again", "Product Viewed", "03-15 10:00", product_id="jar")
    for at in ("03-02 10:15", "03-02 14:30", "03-15 10:15", "03-15 14:30"):
        own.turn(at)
    assert own.letters() == {"again": LETTER}
    assert [who for who, _ in own.ends()] == ["again"]
    looks(own, "again", "03-16 10:00")
    for at in ("03-16 10:15", "03-16 14:30"):
        own.turn(at)
    assert own.letters() == {"again": [*LETTER, ("03-16 14:30", "found_again")]}


def test_whoever_was_just_written_to_is_left_alone(engine: Engine) -> None:
    own = Own(engine, JOURNEY, "welcome")
    own.sells(jar=1250)
    own.did("ada", "Signed Up", "03-02 09:00")
    looks(own, "ada", "03-02 10:00")
    for at in ("03-02 10:15", "03-02 14:30"):
        own.turn(at)
    assert own.got() == [("03-02 10", "hello")]
    assert own.ends(JOURNEY) == [("ada", "completed")]
