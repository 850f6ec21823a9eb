"""What is taken and yet doubtful is told: amounts, ids of orders, and names that are nearly known."""

from __future__ import annotations

from typing import Any

import pytest

from loyaltyloop.store.events.doubts import Doubts, doubt
from tests.integration.store.shop import at, call, identify, track

ORDER = {"order_id": "1", "total": "12.50", "products": [{"product_id": "p", "price": 4.5, "quantity": 2}]}


@pytest.mark.parametrize(
    ("event", "changed", "told"),
    [
        ("Order Completed", {}, None),
        ("Order Completed", {"total": "12,50"}, "total '12,50': write a number such as 12.50"),
        ("Order Completed", {"total": None, "revenue": True}, "revenue 'True': write a number such as 12.50"),
        ("Order Completed", {"revenue": "much"}, None),  # total goes before it
        ("Order Updated", {"products": [{"price": "4,50"}]}, "price '4,50': write a number such as 12.50"),
        (
            "Order Refunded",
            {"products": [{"price": 1, "quantity": "two"}]},
            "quantity 'two': write a number such as 12.50",
        ),
        ("Order Delivered", {"total": "?"}, None),  # of which no amount is read
        ("Order Completed", {"order_id": None}, "'Order Completed' without order_id"),
        ("Order Complete", {}, "'Order Complete' is no event that Loyalty Loop knows (did"),
        ("Completed Order", {}, None),  # its older name
        ("Loyal Cow Milked", {}, None),
        ("Product Viewed", {"order_id": None, "price": "4,50"}, None),
    ],
)
def test_what_is_doubtful_of_a_call(event: str, changed: dict[str, Any], told: str | None) -> None:
    found = doubt(call(track("ada", event, at(9), **(ORDER | changed))))
    assert (found is None) if told is None else (found is not None and found.what.startswith(told))


def test_nothing_of_who_somebody_is() -> None:
    assert doubt(call(identify("ada", at(9), name="Order Complete", total="12,50"))) is None


def test_the_doubts_of_a_file_are_told_with_their_number_and_first_line() -> None:
    found = Doubts()
    assert found.notes() == []
    sent: list[tuple[str, dict[str, Any]]] = [
        ("Order Completed", {"order_id": "1", "total": "12,50"}),
        ("Order Completed", {"total": 3}),
        ("Order Updated", {"order_id": "1", "total": "3,10"}),
        ("Order Complete", {"order_id": "2"}),
        ("Signed UP", {}),
        ("Signed UP", {}),
    ]
    for line, (event, properties) in enumerate(sent, 7):
        found.look(line, call(track("ada", event, at(9), **properties)))
    assert found.notes() == [
        "an amount that cannot be read, and so is not known: 2 events, the first in line 7, "
        "total '12,50': write a number such as 12.50",
        "an event of an order without order_id, of which no order comes: line 8, "
        "'Order Completed' without order_id",
        "'Signed UP' is no event that Loyalty Loop knows (did you mean 'Signed Up'?): "
        "2 events, the first in line 11",
        "'Order Complete' is no event that Loyalty Loop knows (did you mean 'Order Completed'?): line 10",
    ]


def test_of_many_names_those_are_told_that_come_most_often() -> None:
    found = Doubts()
    names = ("Order Complete", "Signed UP", "Cart View", "Signed IN", "Unsubscribe", "Tier Change")
    for number, name in enumerate(names):
        for _ in range(10 - number):
            found.look(1, call(track("ada", name, at(9))))
    told = found.notes()
    assert (len(told), told[-1]) == (6, "more names that are nearly known ones: 1")
    assert "'Tier Change'" not in "".join(told)
