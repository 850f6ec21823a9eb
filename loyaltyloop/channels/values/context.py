"""The names that a template may print, for a chunk of messages at once: few queries, little work for each.

What was decided is read as it was kept (trigger, products, scores); the customer, the order and the
products' names, pictures and prices as they are now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, cast

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    any_,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from loyaltyloop.channels.values.asked import Names as Names
from loyaltyloop.channels.values.formats import money_of
from loyaltyloop.channels.values.offered import Offers, Reader, Shelf
from loyaltyloop.channels.values.offered import product as product
from loyaltyloop.channels.values.offered import product_names as product_names
from loyaltyloop.journey.model import CALLS, Shop
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.events.wordless import entered_by_anybody, wordless
from loyaltyloop.store.inside.kept import kept, shown
from loyaltyloop.store.models import Consent, Customer, Enrolment, Identity, Order
from loyaltyloop.store.orders.basket_lines import host_of

customer: Table = Customer.__table__  # type: ignore[attr-defined]
consent: Table = Consent.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]

# fmt: off
OF_CUSTOMER = (
    "key", "email", "phone", "first_name", "last_name", "birthday", "country", "city", "locale",
    "created_at", "tags", "zone", "often", "orders", "lifetime_value", "average_order",
    "first_order_at", "last_order_at", "last_seen_at", "favourite_category", "tier", "points",
    "badges", "referral_code", "open_cases", "attributes",
)
# fmt: on
_OF_ORDER = ("order_id", "status", "total", "products", "main_category", "ordered_at", "updated_at")
ALWAYS = frozenset(("country", "locale", "zone"))  # what is sold to them, how amounts and dates are written
LINK = "referral_link"  # where friends come by
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
    @property
    def channel(self) -> str: ...


def load_names(
    connection: Connection, messages: Sequence[About], shop: Shop, uses: Collection[str] | None = None
) -> dict[str, Names]:
    """Message key → its names: `customer`, `trigger`, `order`, `message`, and each step that kept a value.

    `uses`: the names that the templates use, as `Renderer.uses` tells them; no others need be there.
    """
    fields = fields_of(uses)
    chosen = select(enrolment.c.id.label("enrolment_id"), *columns_of(fields)).select_from(
        enrolment.join(customer, customer.c.id == enrolment.c.customer_id)
    )
    ids = [message.enrolment_id for message in messages]
    rows = connection.execute(chosen.where(among(connection, enrolment.c.id, ids)))
    people = People(shop, fields, {row.enrolment_id: row for row in rows})
    return names_for(connection, messages, people, shop)


def names_for(
    connection: Connection,
    messages: Sequence[About],
    people: People,
    shop: Shop,
    offers: Offers | None = None,
) -> dict[str, Names]:
    """The same, for these messages' people who were read already.

    `offers`: the `recommend` steps that their template names. What the customer has bought or sent back by
    now is left out of them, and where fewer than `at_least` of the products can still be had there are
    none: an empty list where a message goes without them, else None.
    """
    enrolments = [message.enrolment_id for message in messages]
    values = _load_kept(connection, enrolments)
    orders = _orders(connection, enrolments, shop) if people.orders else {}
    anybody, host = entered_by_anybody(connection, enrolments), host_of(shop.url)
    shelf = Shelf(connection, shop, values, offers)
    silent = unasked(connection, messages)
    found: dict[str, Names] = {}
    for message in messages:
        person = people.rows.get(message.enrolment_id)
        if person is None:
            continue
        names = found[message.key] = people.names(person, message)
        if message.enrolment_id in anybody:
            names["trigger"] = wordless(person.trigger, host)
        if (its := orders.get(message.enrolment_id)) is not None:
            names["order"] = its
        for step, value in values.get(message.enrolment_id, ()):
            hidden = message.enrolment_id in silent and shelf.fills(step, value)
            reader = people.reader(person)
            names[step] = [] if hidden else shelf.filled(step, value, reader, message.enrolment_id)
    return found


def names_of_customer(row: Any, shop: Shop) -> Names:
    """A customer's attributes and facts, by a row that holds the columns of the table."""
    return _customer_names({name: getattr(row, name) for name in OF_CUSTOMER}, shop)


def order_names(row: Any, shop: Shop) -> Names:
    """An order, by a row that holds the columns of the table."""
    names: Names = {name: getattr(row, name) for name in _OF_ORDER}
    if row.total is not None:
        names["total"] = money_of(row.total, shop.currency)
    return {**names, "currency": shop.currency}


def fields_of(uses: Collection[str] | None) -> list[str]:
    """The columns of a customer that hold these names; all, where a template uses the customer as a whole."""
    if uses is None or "customer" in uses:
        return [*OF_CUSTOMER]
    wanted = {path.split(".")[1] for path in uses if path.startswith("customer.")} | ALWAYS
    if LINK in wanted:
        wanted = wanted - {LINK} | {"referral_code"}
    own = [name for name in OF_CUSTOMER if name in wanted]
    return own if wanted <= set(own) else [*own, "attributes"]


def _customer_names(own: Names, shop: Shop) -> Names:
    for name in _MONEY:
        if isinstance(minor := own.get(name), int):
            own[name] = money_of(minor, shop.currency, cast("str | None", own["locale"]))
    if own.get("badges", ()) is None:
        own["badges"] = []
    if own.get("referral_code") and shop.referral is not None:
        own[LINK] = f"{shop.referral.link}{own['referral_code']}"
    attributes = own.pop("attributes", None)
    return {**attributes, **own} if isinstance(attributes, dict) and attributes else own


def columns_of(fields: Sequence[str]) -> list[ColumnElement[Any]]:
    """What `People` reads of an enrolment and its customer: the last columns of a row."""
    own = [customer.c[name].label(f"customer_{name}") for name in fields]
    return [enrolment.c.trigger, enrolment.c.order_id, *own]


class People:
    """The customers of enrolments, with what they entered by: rows that end with `columns_of(fields)`."""

    def __init__(self, shop: Shop, fields: list[str], rows: Mapping[int, Any]) -> None:
        self._shop, self._fields = shop, fields
        self._locale, self._country = (fields.index(name) - len(fields) for name in ("locale", "country"))
        self.rows = rows
        self.orders = {row.order_id for row in rows.values() if row.order_id}

    def locale(self, person: Any) -> str | None:
        """The language in which the customer reads."""
        return cast("str | None", person[self._locale])

    def reader(self, person: Any) -> Reader:
        """The language in which the customer reads, and the country to which things are sold."""
        return person[self._locale], person[self._country]

    def names(self, person: Any, message: About) -> Names:
        """The names that every message has."""
        own: Names = dict(zip(self._fields, person[-len(self._fields) :], strict=True))
        return {
            "customer": _customer_names(own, self._shop),
            "trigger": person.trigger,
            "message": {
                "key": message.key,
                "journey": message.journey,
                "step": message.step,
                "purpose": message.purpose,
            },
        }


def _load_kept(connection: Connection, enrolments: Sequence[int]) -> dict[int, list[tuple[str, Any]]]:
    """Enrolment → (step, value) by the step's name; a score that is not known has none."""
    found: dict[int, list[tuple[str, Any]]] = {}
    whole = select(kept.c.enrolment_id, kept.c.step, kept.c.value).order_by(kept.c.step)
    for owner, step, value in connection.execute(
        whole.where(among(connection, kept.c.enrolment_id, enrolments))
    ):
        if (told := shown(value)) is not None:
            found.setdefault(owner, []).append((step, told))
    return found


def unasked(connection: Connection, messages: Sequence[About]) -> set[int]:
    """Enrolments whose message is transactional and whose customer did not ask for marketing by its channel.

    Products in such a message would be marketing: it goes without them. What a call tells another system is
    asked of all channels: one is enough.
    """
    asked: dict[str, list[int]] = {}
    for message in messages:
        if message.purpose == "transactional":
            asked.setdefault(message.channel, []).append(message.enrolment_id)
    found: set[int] = set()
    for channel, ids in asked.items():
        wanted = _agreed() if channel == CALLS else _agreed(consent.c.channel == channel)
        chosen = select(enrolment.c.id).where(among(connection, enrolment.c.id, ids), ~wanted)
        found.update(connection.execute(chosen).scalars())
    return found


def _agreed(*by: ColumnElement[bool]) -> ColumnElement[bool]:
    """Has the enrolment's customer agreed to marketing?"""
    owner = consent.c.customer_id == enrolment.c.customer_id
    return exists().where(owner, consent.c.purpose == "marketing", consent.c.given, *by)


def _orders(connection: Connection, enrolments: Sequence[int], shop: Shop) -> dict[int, Names]:
    """Enrolment → the order that it speaks of; of its own customer, whatever number an event names."""
    theirs = and_(order.c.order_id == enrolment.c.order_id, order.c.customer_id == enrolment.c.customer_id)
    columns = (enrolment.c.id.label("enrolment_id"), *(order.c[name] for name in _OF_ORDER))
    chosen = select(*columns).select_from(enrolment.join(order, theirs))
    rows = connection.execute(chosen.where(among(connection, enrolment.c.id, enrolments)))
    return {row.enrolment_id: order_names(row, shop) for row in rows}


def among(connection: Connection, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """The column is one of these, as one parameter: thousands of parameters cost more than the query."""
    if is_postgres(connection):
        return column == any_(literal(list(values), ARRAY(column.type)))
    each = func.json_each(literal(list(values), JSON)).table_valued("value")
    return column.in_(select(each.c.value))
