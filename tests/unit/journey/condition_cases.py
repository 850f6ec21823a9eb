"""What conditions mean, case by case: the same table is asked of Python and of both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    AllOf,
    AnyOf,
    Between,
    Check,
    Compare,
    Consents,
    Did,
    Engaged,
    Has,
    Inside,
    Known,
    Not,
    OneOf,
    Reachable,
    Redeemed,
    Segment,
    Timed,
    Where,
)
from tests.unit.journey.anna import ANNA, ARRIVED, EVENTS, HANDED_OVER, NOW, OWN, ago, event
from tests.unit.journey.answer_cases import ANSWERS
from tests.unit.journey.case import Case, about, asks, state


def orders(*checks: Check, **more: Any) -> Did:
    return Did(("Order Completed",), times=checks or (Compare("at_least", 1),), **more)


def cart(updated_at: datetime) -> dict[str, Any]:
    assert ANNA.cart is not None
    return {"cart": {**ANNA.cart, "updated_at": updated_at}}


NO_CART: dict[str, Any] = {"cart": None}
DAYS, HOURS = Duration.of("2 days"), Duration.of("48 hours")
EARLY_AT = datetime(2024, 3, 30, 1, 0, tzinfo=UTC)
EARLY = {"events": (*EVENTS, event(9, "Signed Up", EARLY_AT))}
CLICKED = Engaged("clicked", "hello")
RECEIVED = Engaged("received", "hello")
IN_GB = about("country", Compare("is", "GB"))
IN_DE = about("country", Compare("is", "DE"))
VIEWED = Did(("Product Viewed",))
ORDER_O1 = Where((("order_id", (Compare("is", "o1"),)),))

VALUES = [
    state("text", about("country", Compare("is", "GB")), True),
    state("text has case", about("country", Compare("is", "gb")), False),
    state("digits are no number", about("code", Compare("is", 1)), False),
    state("a boolean is no number", about("member", Compare("is", 1)), False),
    state("true", about("member", Compare("is", True)), True),
    state("booleans have no order", about("member", Compare("at_least", False)), False),
    state("numbers as decimals", about("size", Compare("is", Decimal("42.00"))), True),
    state("a text is not over a number", about("code", Compare("over", 0)), False),
    state("nor under it", about("code", Compare("under", 2)), False),
    state("`not` of the same", about("size", Compare("not", 42)), False),
    state("`not` of another type", about("size", Compare("not", "42")), True),
    state("`not` of a list", about("likes", Compare("not", "tea")), True),
    state("`not` of null", about("gone", Compare("not", "x")), False),
    state("null is unknown", about("gone", Known(False)), True),
    state("absent is unknown", about("never", Known(False)), True),
    state("unknown is not under anything", about("never", Compare("under", 5)), False),
    state("`not` around the unknown", Not(about("never", Compare("under", 5))), True),
    state("one of none", about("country", OneOf(())), False),
    state("between, ends included", about("size", Between(42, 42)), True),
    state("between, types mixed", about("size", Between(1, "z")), False),
    state("contains", about("email", Compare("contains", "@shop")), True),
    state("contains nothing", about("email", Compare("contains", "")), True),
    state("a list contains nothing", about("tags", Compare("contains", "vip")), False),
    state("has", about("tags", Has("vip")), True),
    state("has, in another case", about("tags", Has("coffee")), False),
    state("has, in an attribute", about("likes", Has("tea")), True),
    state("a text has no elements", about("country", Has("GB")), False),
    state("money in major units", about("lifetime_value", Compare("at_least", 300)), True),
    state("money, a minor unit more", about("lifetime_value", Compare("over", Decimal("299.99"))), True),
    state("money, equal", about("lifetime_value", Compare("over", 300)), False),
    state(
        "yen have no minor units", about("lifetime_value", Compare("is", 30000)), True, more={"exponent": 0}
    ),
    state("unknown money", about("average_order", Known(True)), False),
    state("a date before a date", about("birthday", Timed("before", date(1990, 3, 1))), True),
    state("not before itself", about("birthday", Timed("before", date(1990, 2, 28))), False),
    state("a date as text, beside a text of digits", about("birthday", Compare("under", "1991")), True),
    state("a date in JSON", about("since", Timed("after", date(2024, 2, 29))), True),
    state("no date", about("code", Timed("before", NOW)), False),
    state("an instant is no text", about("last_order_at", Compare("over", "")), False),
    state("after an instant told from now", about("last_order_at", Timed("after", Ago(DAYS, -1))), True),
    state("before one to come", about("last_order_at", Timed("before", Ago(DAYS, 1))), True),
]
SUBJECTS = [
    state("trigger", asks("trigger", "total", Compare("over", Decimal("49.99"))), True),
    state("trigger, null", asks("trigger", "note", Known(False)), True),
    state(
        "an element for which all holds",
        asks(
            "trigger",
            "products",
            Has(Where((("product_id", (Compare("is", "p2"),)), ("price", (Known(True),))))),
        ),
        False,
    ),
    state("order", asks("order", "status", OneOf(("shipped", "delivered"))), True),
    state("order, money", asks("order", "total", Compare("is", 50)), True),
    state(
        "order, a field",
        asks("order", "products", Has(Where((("category", (Compare("is", "Coffee"),)),)))),
        True,
    ),
    state("order, unknown", asks("order", "currency", Known(False)), True),
    state(
        "no order", asks("order", "status", Known(False)), True, more={"enrolment": replace(OWN, order=None)}
    ),
    state("scored", asks("scored", "score", Compare("at_least", Decimal("0.5"))), True),
    state("basket, money", asks("cart", "value", Compare("over", Decimal("40.49"))), True),
    state("basket, money, not over", asks("cart", "value", Compare("over", Decimal("40.5"))), False),
    state(
        "basket, a product",
        asks("cart", "products", Has(Where((("category", (Compare("is", "Coffee"),)),)))),
        True,
    ),
    state(
        "basket, a product of more than it has",
        asks("cart", "products", Has(Where((("quantity", (Compare("over", 2),)),)))),
        False,
    ),
    state("basket, pieces", asks("cart", "quantity", Compare("is", 2)), True),
    state("basket, lines", asks("cart", "lines", Compare("is", 2)), False),
    state("basket, currency", asks("cart", "currency", Compare("is", "GBP")), True),
    state("basket, address", asks("cart", "url", Known(True)), True),
    state("basket, since when", asks("cart", "began_at", Timed("before", Ago(DAYS, -1))), True),
    state("basket, last told of", asks("cart", "updated_at", Timed("before", Ago(DAYS, -1))), False),
    state("no basket", asks("cart", "value", Known(True)), False, more=NO_CART),
    state("no basket, nothing in it", Not(asks("cart", "value", Compare("over", 0))), True, more=NO_CART),
    state("no basket, unknown", asks("cart", "products", Known(False)), True, more=NO_CART),
    state("a basket of thirty days", asks("cart", "quantity", Known(True)), True, more=cart(ago(days=30))),
    state(
        "a basket that is over",
        asks("cart", "quantity", Known(True)),
        False,
        more=cart(ago(days=30, microseconds=1)),
    ),
    state("scored, but unknown", asks("scored", "blank", Known(False)), True),
    state("scored, unknown is not under", asks("scored", "blank", Compare("under", 9)), False),
    state("scored by no step", Not(asks("scored", "nothing", Compare("over", 0))), True),
    state("predicted", asks("predicted", "lapse", Compare("at_least", Decimal("0.7"))), True),
    state("predicted, equal", asks("predicted", "lapse", Compare("is", Decimal("0.7"))), True),
    state("predicted, not over", asks("predicted", "lapse", Compare("over", Decimal("0.7"))), False),
    state("predicted, whole", asks("predicted", "value", Between(120, 200)), True),
    state("predicted, known", asks("predicted", "lapse", Known(True)), True),
    state(
        "two predictions",
        About(
            "predicted",
            Where((("lapse", (Compare("over", Decimal("0.6")),)), ("value", (Compare("over", 120),)))),
        ),
        False,
    ),
    state("no prediction", asks("predicted", "refill", Compare("over", 0)), False),
    state("no prediction, under", Not(asks("predicted", "refill", Compare("under", 9))), True),
    state("no prediction, unknown", asks("predicted", "refill", Known(False)), True),
    state("nothing is redeemed", Redeemed("gift"), False),
    state("an order used its code", Redeemed("used"), True),
    state("consents", Consents("email", True), True),
    state("consents no more", Consents("sms", False), True),
    state("consents, never asked", Consents("push", False), True),
    state("reachable", Reachable("email"), True),
    state("not reachable", Reachable("sms"), False),
    state("reachable by a device", Reachable("push"), True),
    state("inside", Inside("mine"), True),
    state("not inside", Inside("other"), False),
]
DID = [
    Case("did, since arrival", orders(), True, ARRIVED),
    Case(
        "did, not before since",
        orders(),
        True,
        ago(days=1),
        more={"enrolment": replace(OWN, arrived_at=ago(days=4))},
    ),
    Case("the event entered by never counts", orders(since="ever"), True, ago(days=7)),
    Case("since entering", orders(since="entered"), True, ago(days=7)),
    Case("since a step that was left", orders(since="ask"), True, ago(days=7)),
    Case("since a step never come to", orders(since="later"), False),
    Case("since this step", orders(since="step"), True, ARRIVED),
    Case("the second", orders(Compare("at_least", 2)), True, ago(days=1)),
    Case("the third, ever", orders(Compare("over", 2), since="ever"), True, ago(days=1)),
    Case("not so many", orders(Compare("at_least", 4), since="ever"), False),
    Case("at the third, and no more", orders(Compare("is", 3), since="ever"), True, ago(days=1)),
    Case("three are more than two", orders(Between(1, 2), since="ever"), False),
    state("too few is a state", orders(Compare("at_most", 3), since="ever"), True),
    state("none", Did(("Signed Up",), times=(Compare("is", 0),)), True),
    Case("no number is both", orders(Compare("over", 3), Compare("under", 3), since="ever"), False),
    # London's clocks went forward on 31 March, so that the last two days had 47 hours.
    Case("calendar days in the own zone", Did(("Signed Up",), within=DAYS), False, more=EARLY),
    Case("hours are the same everywhere", Did(("Signed Up",), within=HOURS), True, EARLY_AT, more=EARLY),
    Case("within, by own time", orders(within=DAYS), True, ago(days=1)),
    Case("within and since", orders(within=DAYS, since="ask"), True, ago(days=1)),
    Case("too long ago", Did(("Product Viewed",), within=Duration.of("1 day")), False),
    Case(
        "where",
        orders(where=Where((("total", (Compare("is", Decimal("12.5")),)),)), since="ever"),
        True,
        ago(days=7),
    ),
    Case("not after the end", orders(), True, ARRIVED, until=ARRIVED),
    Case("ended before", orders(), True, None, until=ARRIVED - timedelta(microseconds=1)),
    Case("arrived in time", orders(where=ORDER_O1), True, ago(days=1), deadline=ago(hours=1)),
    Case("arrived too late", orders(where=ORDER_O1), True, None, deadline=ago(hours=2)),
    Case("the same order", orders(same="order_id"), True, ago(days=1)),
    Case("the same product, of several", Did(("Product Viewed",), same="product_id"), True, ago(days=2)),
    Case("the same product, among several", Did(("Cart Viewed",), same="product_id"), True, ago(days=3)),
    Case("another product", Did(("Product Viewed",), within=Duration.of("1 day"), same="product_id"), False),
    Case("the same of what neither says", Did(("Product Viewed",), same="colour"), False),
]
RESPONSES = [
    Case("clicked before it left", CLICKED, True, None),
    Case("clicked, since the given instant", CLICKED, True, None, since_given=True),
    Case("opened, before arriving here", Engaged("opened", "hello"), True, ago(days=5, hours=12)),
    Case("opened, since the given instant", Engaged("opened", "hello"), True, None, since_given=True),
    Case("a machine's reply", Engaged("replied", "hello"), False),
    Case("received by the hand-over", RECEIVED, True, HANDED_OVER),
    Case("received, ended before", RECEIVED, True, None, until=ago(days=7)),
    Case("not received, as refused", Engaged("received", "hello", "other"), False),
    Case("clicked another journey's", Engaged("clicked", None, "other"), True, ago(days=3)),
    Case("clicked another journey's, long ago", Engaged("clicked", "hello", "other", DAYS), False),
    Case("another journey's other step", Engaged("clicked", "ask", "other"), False),
    Case("received within", Engaged("received", "hello", None, DAYS), False),
]


TIMES = [
    Case("any: the least time", AnyOf((VIEWED, orders())), True, ARRIVED),
    Case("all: the greatest time", AllOf((VIEWED, orders())), True, ago(days=2)),
    Case("any: a state has no time", AnyOf((IN_GB, VIEWED)), True, ago(days=2)),
    Case("all: a state has no time", AllOf((VIEWED, IN_GB)), True, ago(days=2)),
    Case("all: a state does not hold", AllOf((VIEWED, IN_DE)), False),
    Case("all: an event is missing", AllOf((orders(), Did(("Signed Up",)))), False),
    Case("any within all", AllOf((AnyOf((IN_GB, Did(("Signed Up",)))), VIEWED)), True, ago(days=2)),
    Case("all within any", AnyOf((AllOf((VIEWED, orders())), IN_DE)), True, ago(days=2)),
    state("states alone: now", AllOf((IN_GB, AnyOf((IN_DE, Consents("email", True))))), True),
    state("`not` has no time", Not(Did(("Signed Up",))), True),
    state("of nothing, all hold", AllOf(()), True),
    state("of nothing, none holds", AnyOf(()), False),
    Case("`not` looks at the window, too", Not(orders()), False, NOW, until=ARRIVED - timedelta(days=1)),
    state("a segment means the same everywhere", Segment("s", orders(within=Duration.of("10 days"))), True),
    state("a segment looks at no window", Segment("s", orders()), True, until=ago(days=9)),
    state("a segment in `not`", Not(Segment("s", orders())), False),
]
CASES = [*VALUES, *SUBJECTS, *DID, *RESPONSES, *ANSWERS, *TIMES]
