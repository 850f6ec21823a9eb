"""Random events of baskets: few products, few baskets, so that they often meet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

PRODUCTS: tuple[dict[str, Any], ...] = (
    {"product_id": "p1", "price": 12.5, "category": "Coffee"},
    {"product_id": "p1", "variant": "large", "price": 20},
    {"product_id": "p2", "price": 0.35, "name": "A spoon"},
    {"product_id": "p3"},
)
CARTS = (None, None, "c1", "c2")
# Minutes from the beginning: often the same, sometimes later than a basket lives.
MINUTES = st.sampled_from([0, 1, 1, 2, 3, 5, 8, 60, 1440, 43200, 43201, 50000])


def lines() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(products(), max_size=3)


@st.composite
def products(draw: st.DrawFn) -> dict[str, Any]:
    """A product, mostly without a number of pieces."""
    quantity = draw(st.sampled_from([None, None, 1, 2, 3]))
    return {**draw(st.sampled_from(PRODUCTS)), **({} if quantity is None else {"quantity": quantity})}


@st.composite
def about_baskets(draw: st.DrawFn, ordered: bool = True) -> tuple[str, dict[str, Any]]:
    """The name and the properties of an event that says something of a basket."""
    names = ["Product Added"] * 4 + ["Product Removed"] * 3 + ["Cart Viewed", "Checkout Started"]
    names += ["Wishlist Product Added to Cart", *(["Order Completed"] if ordered else [])]
    name = draw(st.sampled_from(names))
    cart = draw(st.sampled_from(CARTS))
    said: dict[str, Any] = {} if cart is None else {"cart_id": cart}
    if name in ("Cart Viewed", "Checkout Started", "Order Completed"):
        if draw(st.booleans()):
            said["products"] = draw(lines())
        if draw(st.booleans()):
            said |= {"value": 40, "url": "https://shop.example/cart"}
        if name != "Cart Viewed" and draw(st.booleans()):
            said["checkout_id"] = draw(st.sampled_from(["k1", "k2"]))
        if name == "Order Completed":
            said["order_id"] = draw(st.sampled_from(["o1", "o2", "o3"]))
        return name, said
    return name, {**said, **draw(products())}


@st.composite
def moments(draw: st.DrawFn, start: datetime) -> datetime:
    return start + timedelta(minutes=draw(MINUTES))
