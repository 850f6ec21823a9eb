"""What the shop's data does not have, made up: each thing from a hash of the number it belongs to.

Names, addresses, birthdays, consent, sign-ups, parcels and clicks. No random state: the same customer gets
the same birthday whatever else is made. Events carry the property `made`, customers the attribute `made_up`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from loyaltyloop.demo.invoices import Invoice, TakenBack
from loyaltyloop.demo.naming import DATA, countries
from loyaltyloop.journey.clock.times import to_instant

SEED = "sample-1"
MADE_UP = "first_name email birthday created_at consent_email"
CUSTOMER_COLUMNS = ["user_id", "email", "first_name", "birthday", "country"]
CUSTOMER_COLUMNS += ["locale", "created_at", "consent_email", "made_up"]
DOMAINS = ("example.com", "example.org", "example.net", "mail.example")
_LOCALES = {"GB": "en-GB", "IE": "en-IE", "DE": "de-DE", "FR": "fr-FR", "AU": "en-AU", "US": "en-US"}
# Whoever bought in the data's first weeks was a customer long before: no sign-up is made for them.
_FIRST_SIGN_UP = datetime(2010, 1, 15, tzinfo=UTC)
_ZONE = "Europe/London"


def dice(*names: str) -> float:
    """A number in [0, 1) that hangs on these names alone."""
    digest = sha256("/".join((SEED, *names)).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


# ── people ──────────────────────────────────────────────────────────────────


def people(orders: list[Invoice]) -> Iterator[list[str]]:
    """A row of customers.csv for each customer, by number."""
    first = _first_orders(orders)
    for customer in sorted(first):
        order = first[customer]
        country = countries()[order.country][0]
        created = signed_up(order) or order.at
        name = first_name(customer)
        yield [
            customer,
            _email(customer, name),
            name,
            _birthday(customer),
            country,
            _LOCALES.get(country, ""),
            f"{created:%Y-%m-%dT%H:%M:%SZ}",
            _consent(customer),
            MADE_UP,
        ]


def _first_orders(orders: list[Invoice]) -> dict[str, Invoice]:
    first: dict[str, Invoice] = {}
    for order in orders:
        first.setdefault(order.customer, order)
    return first


def first_name(customer: str) -> str:
    """A given name; one in twenty has told none."""
    if dice("nameless", customer) < 0.05:
        return ""
    names = _first_names()
    return names[int(dice("name", customer) * len(names))]


@lru_cache(maxsize=1)
def _first_names() -> list[str]:
    return DATA.joinpath("first_names.txt").read_text(encoding="utf-8").split()


def _email(customer: str, name: str) -> str:
    """One in fifty has given no address."""
    if dice("no address", customer) < 0.02:
        return ""
    domain = DOMAINS[int(dice("domain", customer) * len(DOMAINS))]
    return f"{name.lower() or 'customer'}.{customer}@{domain}"


def _birthday(customer: str) -> str:
    if dice("no birthday", customer) < 0.25:
        return ""
    days = (date(1992, 12, 31) - date(1945, 1, 1)).days
    return str(date(1945, 1, 1) + timedelta(days=int(dice("birthday", customer) * days)))


def _consent(customer: str) -> str:
    thrown = dice("consent", customer)
    return "true" if thrown < 0.84 else "false" if thrown < 0.94 else ""


def signed_up(first: Invoice) -> datetime | None:
    """When six in ten signed up: up to 40 days before the first order, most of them a few days before."""
    if first.at < _FIRST_SIGN_UP or dice("signs up", first.customer) >= 0.6:
        return None
    days = 40 * dice("sign-up", first.customer) ** 2
    return (first.at - timedelta(hours=1, days=days)).replace(second=0, microsecond=0)


# ── events ──────────────────────────────────────────────────────────────────


def events(orders: list[Invoice], taken_back: list[TakenBack]) -> Iterator[dict[str, Any]]:
    """Sign-ups and parcels; none for an order that was called off before it left."""
    called_off = {back.order.number: back.at for back in taken_back if back.whole}
    yield from _sign_ups(orders)
    yield from _parcels(orders, called_off)


def _sign_ups(orders: list[Invoice]) -> Iterator[dict[str, Any]]:
    for customer, order in _first_orders(orders).items():
        if at := signed_up(order):
            properties = {"method": "email", "country": countries()[order.country][0]}
            yield made_event(customer, f"signed-up-{customer}", "Signed Up", at, properties)


def _parcels(orders: list[Invoice], called_off: dict[str, datetime]) -> Iterator[dict[str, Any]]:
    for order in orders:
        shipped = _shipped(order)
        if order.number in called_off and called_off[order.number] <= shipped:
            continue
        properties = {"order_id": order.number}
        yield made_event(order.customer, f"shipped-{order.number}", "Order Shipped", shipped, properties)
        delivered = _delivered(order, shipped)
        yield made_event(
            order.customer, f"delivered-{order.number}", "Order Delivered", delivered, properties
        )


def _shipped(order: Invoice) -> datetime:
    """In the afternoon of the first or second working day after the order."""
    day = order.at.date() + timedelta(days=1 + int(dice("shipped", order.number) * 2))
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return _moment(day, 15, "shipped at", order.number)


def _delivered(order: Invoice, shipped: datetime) -> datetime:
    _, first, last = countries()[order.country]
    days = first + int(dice("delivered", order.number) * (last - first + 1))
    return _moment(shipped.date() + timedelta(days=days), 9, "delivered at", order.number)


def _moment(day: date, hour: int, *names: str) -> datetime:
    minutes = int(dice(*names) * 180)
    return to_instant(datetime.combine(day, time(hour)), _ZONE) + timedelta(minutes=minutes)


def made_event(
    customer: str, message_id: str, name: str, at: datetime, properties: dict[str, Any]
) -> dict[str, Any]:
    """One call of the Segment API, marked as made."""
    return {
        "type": "track",
        "messageId": message_id,
        "userId": customer,
        "event": name,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "properties": {**properties, "made": True},
    }
