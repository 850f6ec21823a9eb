"""The names that a template may print, for a chunk of messages at once: few queries, little work for each.

What was decided is read as it was kept (trigger, products, scores); the customer, the order and the
products' names, pictures and prices as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Table, select

from loyaltyloop.channels.formats import money_of
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.models import Customer, Enrolment, Identity, Kept, Order, Product

Names = dict[str, object]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
kept_value: Table = Kept.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]

CHUNK = 5000  # ids in one query
# fmt: off
_OF_CUSTOMER = (
    "key", "email", "phone", "first_name", "last_name", "birthday", "country", "city", "locale",
    "created_at", "tags", "zone", "often", "orders", "lifetime_value", "average_order",
    "first_order_at", "last_order_at", "last_seen_at", "favourite_category", "tier", "points",
    "open_cases", "attributes",
)
# fmt: on
_OF_ORDER = ("order_id", "status", "total", "products", "main_category", "ordered_at", "updated_at")
_OF_PRODUCT = ("product_id", "name", "category", "price", "currency", "url", "image_url", "in_stock")
_MONEY = ("lifetime_value", "average_order")


class About(Protocol):
    """What must be known of a message: a row of the table `message` has it."""

    @property
    def key(self) -> str: ...
    @property
    def enrolment_id(self) -> int: ...
    @property
    def journey(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def purpose(self) -> str: ...


def load_names(connection: Connection, messages: Sequence[About], shop: Shop) -> dict[str, Names]:
    """Message key → its names: `customer`, `trigger`, `order`, `message`, and each step that kept a value."""
    enrolments = [message.enrolment_id for message in messages]
    people = _people(connection, enrolments)
    kept = _load_kept(connection, enrolments)
    orders = _orders(connection, {row.order_id for row in people.values() if row.order_id}, shop)
    shelf = _Shelf(connection, _product_ids(kept.values()), shop)
    found: dict[str, Names] = {}
    for message in messages:
        person = people.get(message.enrolment_id)
        if person is None:
            continue
        names = _names(person, message, shop)
        if (its := orders.get(person.order_id)) is not None:
            names["order"] = its
        for step, value in kept.get(message.enrolment_id, ()):
            names[step] = shelf.filled(value, person.locale)
        found[message.key] = names
    return found


def names_of_customer(row: Any, shop: Shop) -> Names:
    """A customer's attributes and facts, by a row that holds the columns of the table."""
    return _customer_names(tuple(getattr(row, name) for name in _OF_CUSTOMER), shop)


def order_names(row: Any, shop: Shop) -> Names:
    """An order, by a row that holds the columns of the table."""
    names: Names = {name: getattr(row, name) for name in _OF_ORDER}
    if row.total is not None:
        names["total"] = money_of(row.total, shop.currency)
    return {**names, "currency": shop.currency}


def product_names(row: Any, shop: Shop, locale: str | None) -> Names:
    """A product, by a row that holds the columns of the table; its price as that locale writes it."""
    names: Names = {name: getattr(row, name) for name in _OF_PRODUCT}
    if row.price is not None:
        names["price"] = money_of(row.price, row.currency or shop.currency, locale)
    return names


def _names(person: Any, message: About, shop: Shop) -> Names:
    return {
        "customer": _customer_names(person[: len(_OF_CUSTOMER)], shop),
        "trigger": person.trigger,
        "message": {
            "key": message.key,
            "journey": message.journey,
            "step": message.step,
            "purpose": message.purpose,
        },
    }


def _customer_names(values: Sequence[Any], shop: Shop) -> Names:
    own = dict(zip(_OF_CUSTOMER, values, strict=True))
    attributes = own.pop("attributes")
    for name in _MONEY:
        if own[name] is not None:
            own[name] = money_of(own[name], shop.currency, own["locale"])
    return {**attributes, **own} if attributes else own


def _people(connection: Connection, enrolments: Sequence[int]) -> dict[int, Any]:
    columns = [customer.c[name] for name in _OF_CUSTOMER]
    whole = select(*columns, enrolment.c.trigger, enrolment.c.order_id, enrolment.c.id.label("enrolment"))
    whole = whole.select_from(enrolment.join(customer, customer.c.id == enrolment.c.customer_id))
    rows = (
        row
        for some in _chunks(enrolments)
        for row in connection.execute(whole.where(enrolment.c.id.in_(some)))
    )
    return {row.enrolment: row for row in rows}


def _load_kept(connection: Connection, enrolments: Sequence[int]) -> dict[int, list[tuple[str, Any]]]:
    """Enrolment → (step, value) by the step's name."""
    found: dict[int, list[tuple[str, Any]]] = {}
    whole = select(kept_value.c.enrolment_id, kept_value.c.step, kept_value.c.value).order_by(
        kept_value.c.step
    )
    for some in _chunks(enrolments):
        for owner, step, value in connection.execute(whole.where(kept_value.c.enrolment_id.in_(some))):
            found.setdefault(owner, []).append((step, value))
    return found


def _orders(connection: Connection, ids: Iterable[str], shop: Shop) -> dict[str | None, Names]:
    found: dict[str | None, Names] = {}
    whole = select(*(order.c[name] for name in _OF_ORDER))
    for some in _chunks(sorted(ids)):
        for row in connection.execute(whole.where(order.c.order_id.in_(some))):
            found[row.order_id] = order_names(row, shop)
    return found


def _product_ids(kept: Iterable[Sequence[tuple[str, Any]]]) -> set[str]:
    return {item["product_id"] for values in kept for _, value in values for item in _picks(value)}


def _picks(value: Any) -> Iterator[Mapping[str, Any]]:
    """The products in a kept value; none in that of a step which keeps something else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict) and "product_id" in item)


class _Shelf:
    """Products by their ids, as they are now; prices as each language writes them."""

    def __init__(self, connection: Connection, ids: Iterable[str], shop: Shop) -> None:
        self._shop = shop
        self._rows: dict[str, Any] = {}
        self._shown: dict[tuple[str, str | None], Names] = {}
        whole = select(*(product.c[name] for name in _OF_PRODUCT))
        for some in _chunks(sorted(ids)):
            for row in connection.execute(whole.where(product.c.product_id.in_(some))):
                self._rows[row.product_id] = row

    def filled(self, value: Any, locale: str | None) -> Any:
        """A kept value as templates see it: products with all that is shown of them, those in stock."""
        if not any(True for _ in _picks(value)):
            return value
        shown = ((self._product(item["product_id"], locale), item) for item in _picks(value))
        return [{**its, **item} for its, item in shown if its.get("in_stock")]

    def _product(self, product_id: str, locale: str | None) -> Names:
        found = self._shown.get((product_id, locale))
        if found is None:
            row = self._rows.get(product_id)
            found = {} if row is None else product_names(row, self._shop, locale)
            self._shown[product_id, locale] = found
        return found


def _chunks(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
