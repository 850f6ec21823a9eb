"""What is believed of a call that came with the public key, which anybody can read in the shop's pages.

It says what somebody does, not who they are: nobody changes a customer's address or name with it, joins two
customers, places an order, or answers in a customer's stead. Nor does it say whose a device is: whoever has
had a letter as a guest would else become any customer whose id can be guessed, and open their data by it.
What it tells has a source of its own: it never stands in the way of a message with the same id from the
shop's server.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from loyaltyloop.journey.conditions.events import EVENTS
from loyaltyloop.store.segment import PUBLIC, Call, Rejected

SOURCE = PUBLIC
# What happens in a page or an app. Names that nobody gave a meaning here are the shop's own.
_SEEN = """
    Products Searched, Product List Viewed, Product List Filtered, Promotion Viewed, Promotion Clicked,
    Product Clicked, Product Viewed, Product Added, Product Removed, Cart Viewed, Checkout Started,
    Checkout Step Viewed, Checkout Step Completed, Payment Info Entered, Coupon Entered, Coupon Applied,
    Coupon Denied, Coupon Removed, Product Added to Wishlist, Product Removed from Wishlist,
    Wishlist Product Added to Cart, Product Shared, Cart Shared, Product Reviewed,
    Signed Up, Signed In, Signed Out
"""
SEEN = frozenset(" ".join(name.split()) for name in _SEEN.split(","))
NOTE = "traits, and whose a device is, are not taken with the public key: send them from your server"

# How ids begin that are made of an address, an order or a basket (shops/delivery.py): they can be guessed,
# and whoever spoke under one would speak as that customer.
_MADE = ("email:", "shopify:", "woocommerce:")


def as_public(call: Call) -> Call | Rejected:
    """The call as far as it is believed, or why it is not."""
    if call.anonymous_id is not None and call.anonymous_id.startswith(_MADE):
        return Rejected(
            "an anonymousId of this form is not taken with the public key: only the shop gives it"
        )
    if call.type == "alias":
        return Rejected("an alias is not taken with the public key: send it from your server")
    if call.type == "track" and call.name in EVENTS and call.name not in SEEN:
        return Rejected(f"{call.name!r} is not taken with the public key: send it from your server")
    if call.type in ("identify", "group"):
        kept = {name: call.properties[name] for name in ("groupId",) if name in call.properties}
        device = call.anonymous_id if call.user_id is None else None
        return replace(call, source=SOURCE, properties=kept, anonymous_id=device, context=_context(call))
    return replace(call, source=SOURCE, context=_context(call))


def _context(call: Call) -> dict[str, Any] | None:
    """Without the device, where a customer is named: anybody could read by it what is pushed to them."""
    if call.user_id is None or call.context is None:
        return call.context
    return {name: value for name, value in call.context.items() if name != "device"} or None


def left_out(call: Call, believed: Call) -> bool:
    """Was something of it not taken?"""
    return replace(call, source=believed.source) != believed
