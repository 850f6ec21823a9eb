"""Names of events: Segment's spec, what it lacks for a shop, and the older names that mean the same."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

# Segment's e-commerce spec, version 2; of its other specs what begins a journey.
_SPEC = """
    Products Searched, Product List Viewed, Product List Filtered, Promotion Viewed, Promotion Clicked,
    Product Clicked, Product Viewed, Product Added, Product Removed, Cart Viewed, Checkout Started,
    Checkout Step Viewed, Checkout Step Completed, Payment Info Entered, Order Updated, Order Completed,
    Order Refunded, Order Cancelled, Coupon Entered, Coupon Applied, Coupon Denied, Coupon Removed,
    Product Added to Wishlist, Product Removed from Wishlist, Wishlist Product Added to Cart,
    Product Shared, Cart Shared, Product Reviewed,
    Signed Up, Signed In, Signed Out, Account Created, Account Deleted,
    Email Delivered, Email Opened, Email Link Clicked, Email Bounced, Email Marked as Spam, Unsubscribed
"""
# Named in the same style, since the spec has no word for them.
_OURS = """
    Order Fulfilled, Order Shipped, Order Delivered, Order Delayed, Order Returned, Product Back In Stock,
    Price Dropped, Survey Answered, Support Ticket Opened, Support Ticket Closed, Points Earned,
    Points Redeemed, Points Expired, Tier Changed, Badge Earned, Referral Sent, Referral Converted,
    Referral Reversed, Preference Updated,
    Email Replied, SMS Delivered, SMS Bounced, SMS Replied, SMS Resumed,
    Consent Granted, Consent Withdrawn, Personal Data Requested
"""
EVENTS = frozenset(" ".join(name.split()) for names in (_SPEC, _OURS) for name in names.split(","))

# Names of Segment's first e-commerce spec and of Google Analytics' enhanced e-commerce: kept by the newer.
ALIASES: Mapping[str, str] = {
    "Viewed Product Category": "Product List Viewed",
    "Viewed Product": "Product Viewed",
    "Clicked Product": "Product Clicked",
    "Added Product": "Product Added",
    "Removed Product": "Product Removed",
    "Completed Order": "Order Completed",
    "Started Order": "Checkout Started",
    "Updated Order": "Order Updated",
    "Viewed Promotion": "Promotion Viewed",
    "Clicked Promotion": "Promotion Clicked",
    "Viewed Checkout Step": "Checkout Step Viewed",
    "Completed Checkout Step": "Checkout Step Completed",
}


def meant_event(name: str) -> str | None:
    """The known event that a name nearly is, word for word; None for a known one, and for all others."""
    if name in EVENTS:
        return None
    words = re.findall(r"[^\W_]+", name.lower())
    for known in sorted(EVENTS):
        same = known.lower().split()
        if "".join(words) == "".join(same):
            return known
        if len(words) == len(same) and all(map(_nearly, words, same)):
            return known
    return None


def _nearly(word: str, known: str) -> bool:
    """The same but for a slip: a letter too few, another ending."""
    begins = word.startswith(known) or known.startswith(word)
    if begins and abs(len(word) - len(known)) <= 2:
        return True
    return difflib.SequenceMatcher(None, word, known).ratio() > 0.86
