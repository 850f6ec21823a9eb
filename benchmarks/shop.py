"""A sample shop for measuring: one journey, one mail of about 6 kB with four products, made-up customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.segment import Call

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
PRODUCTS = 2_000
SHOP = """\
shop: Sample Outfitters
url: https://shop.example
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample Outfitters, email: hello@shop.example, postal_address: 1 Sample Street}
"""
JOURNEY = """\
journey: measured
about: Two mails, two days apart.
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
steps:
  - send: hello
    template: measured/mail
  - wait: 2 days
  - branch: member
    paths:
      yes: {when: {customer: {vip: true}}, steps: [{send: early, template: measured/mail}]}
      no: {steps: [{send: later, template: measured/mail}]}
"""
MAIL = (Path(__file__).parent / "mail.html").read_text("utf-8")
SUBJECT = "Picked for you"
_BLURBS = (
    "Light, quick to dry and made for long days outside; the seams are taped and the hood rolls away.",
    "A softer sole and a wider last than the previous model: our testers walked 40 km in them, happily.",
    "Brushed on the inside and wind-proof on the outside, with two deep pockets and a two-way zip.",
    "Holds a laptop, a lunch and a rain coat; the lid doubles as a hip bag on the way to the summit.",
)
FILES: dict[str, str | bytes] = {
    "journeys/shop.yaml": SHOP,
    "journeys/measured.yaml": JOURNEY,
    "templates/measured/mail.html": MAIL.replace(SUBJECT, f"{{% block subject %}}{SUBJECT}{{% endblock %}}"),
}


def customer(number: int) -> dict[str, Any]:
    """The attributes of a made-up customer."""
    return {
        "first_name": f"Name{number % 997}",
        "email": f"customer{number}@mail.example",
        "city": f"City {number % 113}",
        "category": ("boots", "jackets", "packs", "tents")[number % 4],
        "vip": number % 10 < 3,
        "coupon": f"GOLD{number % 9973:04d}",
        "last_order": f"2026-02-{1 + number % 28:02d}",
        "saved_points": number % 500,
        "opted_in": f"2025-05-{1 + number % 28:02d}",
        "picks": [_product((number * 31 + place * 7) % PRODUCTS) for place in range(4)],
    }


def _product(number: int) -> dict[str, str]:
    return {
        "name": f"Trail item {number} & more",
        "blurb": _BLURBS[number % 4],
        "was": f"{60 + number % 90}.00" if number % 3 == 0 else "",
        "price": f"{20 + number % 80}.00",
        "url": f"https://shop.example/products/item-{number:05d}",
        "image_url": f"https://cdn.example/images/item-{number:05d}_320.jpg",
    }


def open_shop(engine: Engine) -> None:
    """The shop, applied at START."""
    apply(engine, read_project(FILES), START)


def sign_up(engine: Engine, count: int) -> None:
    """So many customers with consent, who have signed up; applied already."""
    with write(engine) as connection:
        record(connection, _calls(range(count)))
    with read(engine) as connection:
        shop = load_shop(connection)
    apply_events(engine, START, shop)


def _calls(numbers: range) -> Iterator[Call]:
    """Nobody signs up at the same instant as another: a few milliseconds lie between them."""
    for number in numbers:
        at = START - timedelta(milliseconds=5 * (numbers.stop - number))
        yield _call(number, "identify", "", customer(number), at)
        yield _call(number, "track", "Consent Granted", {"channel": "email"}, at)
        yield _call(number, "track", "Signed Up", {}, at)


def _call(number: int, kind: str, name: str, properties: dict[str, Any], at: datetime) -> Call:
    said = f"{kind}-{name}-{number}"
    return Call("benchmark", said, kind, name, f"u{number:07d}", None, None, at, at, properties)
