"""Values made up for the body of a call, so that `loop check` can make it: no customer and no database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from loyaltyloop.channels.templates.used import Kind, Used
from loyaltyloop.channels.values.asked import Names
from loyaltyloop.journey.conditions.facts import LINE, PRODUCT
from loyaltyloop.journey.templates import Names as Path

# A key that no message has: a preview's links lead nowhere.
NOBODY = str(uuid5(NAMESPACE_URL, "loyaltyloop:preview"))

_DAY = "2030-12-31T09:00:00Z"
_NUMBERS = frozenset(
    ("total", "revenue", "subtotal", "price", "value", "orders", "points", "open_cases", "quantity", "tax")
)
_ITEM = {name: f"Sample {name}" for name in (*PRODUCT, *LINE, "reason", "url", "text", "sku", "variant")}
_WHOLE = frozenset(("customer", "trigger", "order", "cart", "enrolment", "message", "shop"))


def sample_names(used: Used) -> Iterator[Names]:
    """Names for two customers: of one all is known that the template names, of the other what it needs."""
    for full in (True, False):
        names: Names = {}
        for use in used.uses:
            if use.path[0] != "shop" and (full or (use.printed and not use.guarded)):
                _put(names, use.path, _value(use.path, used.kinds.get(use.path), 2 if full else 1))
        yield names


def _value(path: Path, kind: Kind | None, count: int) -> Any:
    name = path[-1]
    if kind == "list" or name in ("products", "tags"):
        return [{**_ITEM, "quantity": 1, "price": 12.5} for _ in range(count)]
    if kind == "number" or name in _NUMBERS:
        return 12
    if kind == "date" or name.endswith(("_at", "date")):
        return _DAY
    return {} if path[0] in _WHOLE and len(path) == 1 else f"Sample {name}"


def _put(names: Names, path: Path, value: Any) -> None:
    """Write it at the end of the path, unless something is there."""
    *way, last = path
    inner: Any = names
    for name in way:
        if not isinstance(inner.get(name), dict):
            inner[name] = {}
        inner = inner[name]
    if not isinstance(inner.get(last), dict) and last not in inner:
        inner[last] = value
