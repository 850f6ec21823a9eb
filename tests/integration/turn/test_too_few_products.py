"""`if_short`: what becomes of a message that names products where there are too few of them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import read, write
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Body, Product
from tests.integration.turn.stage import DAYTIME, Stage, utc

product: Table = Product.__table__  # type: ignore[attr-defined]
body: Table = Body.__table__  # type: ignore[attr-defined]

JOURNEY = """
    journey: picked
    about: Products for whoever signs up.
    purpose: {purpose}
    enter: {{event: Signed Up}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - recommend: picks
        from: {source}
        at_least: 2
        if_short: {if_short}{more}
      - send: letter
        template: test/letter
        at: "12:00"
      - send: other
        template: test/other
"""
MESSAGE = """\
{{% block subject %}}Hello{{% endblock %}}
{{% block body %}}<p>Hello</p>{}<p>{{{{ shop.sender.postal_address }}}}</p>
<p><a href="{{{{ links.unsubscribe }}}}">Unsubscribe</a></p>{{% endblock %}}
"""
PICKS = "{% if picks %}<p>For you:{% for one in picks %} {{ one.name }}{% endfor %}</p>{% endif %}"


class Counter(Stage):
    """A shop that sells jam and tea; the one letter names the picks, the other does not."""

    def __init__(
        self,
        engine: Engine,
        if_short: str,
        purpose: str = "marketing",
        exclude: str | None = None,
        source: str = "viewed",
    ) -> None:
        rows = [{"product_id": name, "name": name.title(), "in_stock": True} for name in ("jam", "tea")]
        with write(engine) as connection:
            connection.execute(insert(product), rows)
        more = "" if exclude is None else f"\n        exclude: {exclude}"
        super().__init__(engine, JOURNEY.format(if_short=if_short, purpose=purpose, more=more, source=source))
        self.knows("ada", consent=purpose == "marketing")

    def apply(self, at: str, *journeys: str, shop: str = DAYTIME, finish_old: Sequence[str] = ()) -> None:
        """With the two letters."""
        files: dict[str, str | bytes] = {
            "journeys/shop.yaml": shop,
            "templates/test/letter.html": MESSAGE.format(PICKS),
            "templates/test/other.html": MESSAGE.format(""),
            **{f"journeys/j{number}.yaml": dedent(text) for number, text in enumerate(journeys)},
        }
        apply(self.engine, read_project(files), utc(at), finish_old=finish_old)

    def viewed(self, *names: str) -> None:
        """Ada looks at these and signs up; a turn decides what she is shown."""
        for name in names:
            self.did("ada", "Product Viewed", "03-02 08:00", product_id=name)
        self.did("ada", "Signed Up", "03-02 09:00")
        self.turn("03-02 09:15")

    def sold_out(self, name: str) -> None:
        with write(self.engine) as connection:
            connection.execute(update(product).where(product.c.product_id == name).values(in_stock=False))

    def collected(self, *names: str) -> None:
        """Ada puts these into her basket."""
        for name in names:
            self.did("ada", "Product Added", "03-02 08:00", product_id=name, price=4, quantity=1)

    def ordered(self, name: str, at: str, returned: str | None = None) -> None:
        """Ada buys it, and maybe sends it back."""
        bought: dict[str, Any] = {
            "order_id": f"{name} {at}",
            "products": [{"product_id": name, "price": 4, "quantity": 1}],
        }
        self.did("ada", "Order Completed", at, total=4, **bought)
        if returned:
            self.did("ada", "Order Refunded", returned, total=4, **bought)

    def shown(self) -> list[bool]:
        """Which of the letters that left show products."""
        with read(self.engine) as connection:
            texts = connection.execute(select(body.c.text).order_by(body.c.message_id)).scalars()
            return ["For you: " in text for text in texts]


LACKING = ("ada", "letter", "refused", "products: too few for picks")
OTHER = ("ada", "other", "handed_over", "")


@pytest.mark.parametrize("viewed", [(), ("jam",)])
def test_skip_passes_over_the_messages_that_name_it_and_no_others(
    engine: Engine, viewed: tuple[str, ...]
) -> None:
    counter = Counter(engine, "skip")
    counter.viewed(*viewed)
    counter.turn("03-02 12:15")
    assert counter.messages() == [LACKING, OTHER]
    assert counter.ends() == [("ada", "completed")]


def test_enough(engine: Engine) -> None:
    counter = Counter(engine, "skip")
    counter.viewed("jam", "tea")
    counter.turn("03-02 12:15")
    assert counter.sent() == [("ada", "letter"), ("ada", "other")]
    assert counter.shown() == [True, False]


@pytest.mark.parametrize("if_short", ["skip", "leave"])
def test_what_is_sold_out_before_the_hand_over_makes_them_too_few(engine: Engine, if_short: str) -> None:
    counter = Counter(engine, if_short)
    counter.viewed("jam", "tea")
    counter.sold_out("jam")
    counter.turn("03-02 12:15")
    assert counter.messages() == [LACKING, OTHER]


def test_collapse_sends_the_message_without_the_block(engine: Engine) -> None:
    counter = Counter(engine, "collapse")
    counter.viewed("jam", "tea")
    counter.sold_out("jam")
    counter.turn("03-02 12:15")
    assert counter.sent() == [("ada", "letter"), ("ada", "other")]
    assert counter.shown() == [False, False]


def test_a_transactional_message_goes_without_whatever_was_found(engine: Engine) -> None:
    """Products in it would be marketing, to which nobody consented."""
    counter = Counter(engine, "skip", "transactional")
    counter.viewed("jam")
    counter.turn("03-02 12:15")
    assert counter.sent() == [("ada", "letter"), ("ada", "other")]
    assert counter.shown() == [False, False]


@pytest.mark.parametrize(
    ("exclude", "shown"), [(None, False), ("[cart]", True), ("{bought: {within: 1 hour}}", True)]
)
def test_what_was_bought_before_the_hand_over_is_left_out_as_the_step_leaves_it_out(
    engine: Engine, exclude: str | None, shown: bool
) -> None:
    counter = Counter(engine, "collapse", exclude=exclude)
    counter.viewed("jam", "tea")
    counter.ordered("jam", "03-02 10:00")
    counter.turn("03-02 12:15")
    assert counter.shown() == [shown, False]


@pytest.mark.parametrize(("exclude", "shown"), [("[returned]", False), ("[]", True)])
def test_what_was_sent_back_before_the_hand_over_is_left_out_as_the_step_leaves_it_out(
    engine: Engine, exclude: str, shown: bool
) -> None:
    counter = Counter(engine, "collapse", exclude=exclude)
    counter.ordered("jam", "02-20 10:00", returned="03-02 10:00")
    counter.viewed("jam", "tea")
    counter.turn("03-02 12:15")
    assert counter.shown() == [shown, False]


@pytest.mark.parametrize(("bought", "shown"), [("03-02 09:10", True), ("03-02 10:00", False)])
def test_what_is_bought_again_is_offered_again_but_not_once_that_is_done(
    engine: Engine, bought: str, shown: bool
) -> None:
    """They buy both regularly, and buy one of them just before it is decided, or just after."""
    counter = Counter(engine, "collapse", source="repeat")
    for name in ("jam", "tea"):
        for day in ("01-10 10:00", "02-10 10:00"):
            counter.ordered(name, day)
    if shown:
        counter.ordered("jam", bought)
    counter.viewed()
    if not shown:
        counter.ordered("jam", bought)
    counter.turn("03-02 12:15")
    assert counter.shown() == [shown, False]


@pytest.mark.parametrize(("bought", "shown"), [(None, True), ("03-02 10:00", False)])
def test_what_was_in_the_basket_and_is_bought_is_left_out(
    engine: Engine, bought: str | None, shown: bool
) -> None:
    counter = Counter(engine, "collapse", source="cart")
    counter.collected("jam", "tea")
    counter.viewed()
    if bought:
        counter.ordered("jam", bought)
    counter.turn("03-02 12:15")
    assert counter.shown() == [shown, False]
