"""Whose doing an event is: the customer's own, or somebody else's who speaks of the customer."""

from __future__ import annotations

from typing import Any

from loyaltyloop.store.consents.consent import CSV
from loyaltyloop.store.events import facts

_NOT_OWN_SOURCES = (CSV, "journey", "loyalty", "by hand")
_SHOPS = ("shopify", "woocommerce")  # whose clerks write in the records, too


def is_own(source: str, kind: str, name: str, properties: dict[str, Any]) -> bool:
    """Did the customer do this, and not the shop, a mail server, a machine, a list or a journey?"""
    if source in _NOT_OWN_SOURCES or (source in _SHOPS and kind != "track"):
        return False
    return kind != "track" or (
        name not in facts.NOT_OWN and not (name in facts.BY_MACHINES and properties.get("machine") is True)
    )
