"""An order as it is now: a pure fold over all its events, by event time, in whatever order they came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from loyaltyloop.store.canonical import LONGEST_ID
from loyaltyloop.store.orders.amounts import LARGEST, Exchange, read_amount

PLACED = ("Order Completed", "Order Updated")
SHIPPED = ("Order Fulfilled", "Order Shipped")
# All that say something about an order that was placed; a checkout's events do not.
EVENTS = frozenset(
    (
        *PLACED,
        *SHIPPED,
        "Order Delivered",
        "Order Delayed",
        "Order Cancelled",
        "Order Refunded",
        "Order Returned",
    )
)
_MOST = (1 << 31) - 1


@dataclass(frozen=True)
class OrderEvent:
    """An event of an order, with the id of the customer whose it is."""

    name: str
    at: datetime
    arrived_at: datetime
    message_id: str
    customer_id: int | None
    properties: Mapping[str, Any]


class Line(NamedTuple):
    """A product of an order; price: minor units of the shop's currency for one piece."""

    product_id: str
    category: str | None
    quantity: int
    price: int | None
    returned: bool = False


@dataclass(frozen=True)
class OrderState:
    """An order as it is now. Money in minor units of the shop's currency; `products` speak of major units."""

    customer_id: int | None
    status: str
    total: int | None
    refunded: int
    currency: str
    products: list[dict[str, Any]]
    lines: tuple[Line, ...]
    main_category: str | None
    ordered_at: datetime
    updated_at: datetime
    arrived_at: datetime


def fold(
    events: Iterable[OrderEvent], exchange: Exchange, categories: Mapping[str, str] | None = None
) -> OrderState:
    """The order after these events. `categories`: of the catalogue, where an event names none."""
    told = sorted(events, key=lambda event: (event.at, event.message_id))
    first = next((event for event in told if event.name == "Order Completed"), told[0])
    currency = _currency(told) or exchange.currency
    products = _products(told, exchange, currency, categories or {})
    lines = _lines(products, exchange)
    total = _total(told, exchange, currency, products)
    refunded, whole = _refunded(told, exchange, currency, total, lines)
    back = {line.product_id for line in lines} if whole else _returned(told, lines)
    return OrderState(
        customer_id=first.customer_id,
        status=_status(told, refunded, total, whole),
        total=total,
        refunded=refunded,
        currency=currency,
        products=products,
        lines=tuple(_flag(line, back) for line in lines) if back else lines,
        main_category=_most(lines),
        ordered_at=first.at,
        updated_at=told[-1].at,
        arrived_at=min(event.arrived_at for event in told),
    )


def _currency(told: Sequence[OrderEvent]) -> str | None:
    for event in reversed(told):
        named = event.properties.get("currency")
        if event.name in PLACED and isinstance(named, str) and len(named.strip()) == 3:
            return named.strip().upper()
    return None


def _status(told: Sequence[OrderEvent], refunded: int, total: int | None, whole: bool) -> str:
    """As far as it came on its way; money given back says more than that, a cancellation all."""
    names = {event.name for event in told}
    if _is_cancelled(told):
        return "cancelled"
    if "Order Refunded" in names:
        return "refunded" if whole or (total is not None and 0 < total <= refunded) else "partly_refunded"
    if "Order Delivered" in names:
        return "delivered"
    return "shipped" if names.intersection(SHIPPED) else "open"


def _is_cancelled(told: Iterable[OrderEvent]) -> bool:
    """By the newest word on it: an update may say `cancelled: false` of an order that was taken up again."""
    words = [(event.at, word) for event in told if (word := _word_on_cancelling(event)) is not None]
    return bool(words) and max(words)[1]


def _word_on_cancelling(event: OrderEvent) -> bool | None:
    if event.name == "Order Cancelled":
        return True
    word = event.properties.get("cancelled")
    return word if event.name == "Order Updated" and isinstance(word, bool) else None


# ── products ────────────────────────────────────────────────────────────────


def _products(
    told: Sequence[OrderEvent], exchange: Exchange, currency: str, categories: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The newest list of products, with prices in the shop's currency."""
    for event in reversed(told):
        listed = products_of(event.properties)
        if event.name in PLACED and listed is not None:
            return [_product(item, exchange, currency, categories) for item in listed]
    return []


def products_of(properties: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The products that an event lists; None: it has no list of them."""
    listed = properties.get("products")
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else None


def _product(
    item: dict[str, Any], exchange: Exchange, currency: str, categories: Mapping[str, str]
) -> dict[str, Any]:
    made = item
    if "category" not in item and (category := categories.get(product_id_of(item) or "")):
        made = item | {"category": category}
    price = item.get("price")
    if price is None or (currency == exchange.currency and type(price) in (int, float)):
        return made
    made = {name: value for name, value in made.items() if name != "price"}
    minor = exchange.minor(price, currency)
    return made if minor is None else made | {"price": exchange.major(minor)}


def product_id_of(item: Mapping[str, Any]) -> str | None:
    """The id of a product in an event: its product_id, else its sku; numbers become text."""
    for name in ("product_id", "sku", "id"):
        value = item.get(name)
        if type(value) is str:
            value = value.strip()
            if 0 < len(value) <= LONGEST_ID:
                return value
        elif type(value) is int:
            return str(value)
    return None


def _lines(products: Iterable[Mapping[str, Any]], exchange: Exchange) -> tuple[Line, ...]:
    """One line a product, in the order in which they stand; the same product twice is added up."""
    found: dict[str, Line] = {}
    for item in products:
        product_id = product_id_of(item)
        if product_id is None:
            continue
        category = item.get("category")
        price = exchange.minor(item.get("price"), None)
        line = Line(
            product_id,
            category if isinstance(category, str) and category else None,
            quantity_of(item),
            price if price is None or price >= 0 else None,
        )
        found[product_id] = _together(found[product_id], line) if product_id in found else line
    return tuple(found.values())


def _together(one: Line, other: Line) -> Line:
    return Line(
        one.product_id,
        one.category or other.category,
        min(one.quantity + other.quantity, _MOST),
        other.price if one.price is None else one.price,
    )


def quantity_of(item: Mapping[str, Any]) -> int:
    """How many pieces; one where it does not say."""
    given = item.get("quantity")
    if type(given) is int and 1 <= given <= _MOST:
        return given
    amount = read_amount(given)
    return 1 if amount is None or amount < 1 or amount > _MOST else int(amount)


def _most(lines: Iterable[Line]) -> str | None:
    """The category with the most lines; of equals the first by name."""
    counts = Counter(line.category for line in lines if line.category is not None)
    return min(counts, key=lambda name: (-counts[name], name), default=None)


def _flag(line: Line, back: set[str]) -> Line:
    return line._replace(returned=line.product_id in back)


# ── money ───────────────────────────────────────────────────────────────────


def _total(
    told: Sequence[OrderEvent], exchange: Exchange, currency: str, products: Sequence[Mapping[str, Any]]
) -> int | None:
    """What was to pay: the newest total, else revenue or value, else the sum of the products."""
    for event in reversed(told):
        if event.name not in PLACED:
            continue
        for name in ("total", "revenue", "value"):
            if event.properties.get(name) is not None:
                minor = exchange.minor(event.properties[name], currency)
                return minor if minor is None or minor >= 0 else None
    prices = [(exchange.minor(item.get("price"), None), quantity_of(item)) for item in products]
    known = [price * quantity for price, quantity in prices if price is not None]
    total = sum(known) if known and len(known) == len(prices) else -1
    return total if 0 <= total < LARGEST else None


def _refunded(
    told: Sequence[OrderEvent], exchange: Exchange, currency: str, total: int | None, lines: Sequence[Line]
) -> tuple[int, bool]:
    """What was paid back, at most the total; and whether an event says that all was."""
    back, whole = 0, False
    for event in told:
        if event.name == "Order Refunded":
            amount = _refund(event.properties, exchange, currency, lines)
            whole |= amount is None
            back += amount or 0
    if whole:
        return total or 0, True
    return min(back, LARGEST if total is None else total), False


def _refund(
    properties: Mapping[str, Any], exchange: Exchange, currency: str, lines: Sequence[Line]
) -> int | None:
    """The amount of one refund; None: it names neither an amount nor products, so all of it."""
    named = properties.get("currency")
    spoken = named.strip().upper() if isinstance(named, str) else currency
    for name in ("total", "revenue", "value"):
        if properties.get(name) is not None:
            return max(exchange.minor(properties[name], spoken) or 0, 0)
    listed = products_of(properties)
    if not listed:
        return None
    prices = {line.product_id: line.price for line in lines}
    return sum(_piece(item, exchange, spoken, prices) for item in listed)


def _piece(
    item: Mapping[str, Any], exchange: Exchange, currency: str, prices: Mapping[str, int | None]
) -> int:
    price = exchange.minor(item.get("price"), currency)
    if price is None:
        price = prices.get(product_id_of(item) or "") or 0
    return max(price, 0) * quantity_of(item)


def _returned(told: Sequence[OrderEvent], lines: Sequence[Line]) -> set[str]:
    """The products that came back: those that a refund or return lists; of a return without a list, all."""
    back: set[str] = set()
    for event in told:
        listed = products_of(event.properties)
        if event.name == "Order Returned" and not listed:
            return {line.product_id for line in lines}
        if event.name in ("Order Returned", "Order Refunded"):
            back.update(product_id_of(item) or "" for item in listed or ())
    return back
