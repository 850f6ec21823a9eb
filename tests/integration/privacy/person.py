"""Ada, of whom everything is on record that can be: unmistakable texts in every place, and Bob beside her."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select
from sqlmodel import SQLModel

from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.events.ingest import Recorded, record
from loyaltyloop.store.importing.imports import import_paths
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.privacy.erasing import Erased, erase
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.turn.runner import tick
from loyaltyloop.turn.world import World
from tests.integration.store.shop import call
from tests.integration.turn.stage import DAYTIME, utc

MARK = "xyzzy"  # stands in each text about Ada, and nowhere else
EMAIL = f"{MARK}.ada@shopper.example"
PHONE = "+44 7400 123 777"
DEVICE = f"{MARK}-device"
ORDER = f"{MARK}-order-1"
JOURNEY = """\
journey: letters
about: A letter, a look at who answers, and another letter.
enter: {event: [Signed Up, Order Completed], again: always, while_inside: alongside}
steps:
  - send: hello
    template: test/hello
  - wait_for: look
    up_to: 30 days
    paths:
      curious: {when: {clicked: hello}}
      quiet: {}
  - send: later
    template: test/hello
    at: "10:00"
"""
LOYAL = """
points: {earn: 1, for_each: 1}
tiers: {silver: {points: 5}}
badges: {first: {about: A first order, when: {did: Order Completed}}}
referral: {link: "https://shop.example/?ref="}
"""
TEMPLATE = """\
{% block subject %}Hello {{ customer.first_name | default("you") }}{% endblock %}
{% block body %}<html><body><p>{{ customer.email }}</p><p><a href="{{ links.unsubscribe }}">Unsubscribe</a>
<a href="https://shop.example/tea">Tea</a></p></body></html>{% endblock %}
"""
CSV = f"""\
user_id,email,phone,first_name,last_name,birthday,country,city,timezone,locale,created_at,consent_email,{MARK}_column
{MARK}-user,{EMAIL},{PHONE},{MARK}-first,{MARK}-last,1981-03-07,GB,{MARK}-city,Europe/London,en,2025-01-01,true,{MARK}-value
bob,bob@shopper.example,,Bob,,,,,,,2025-01-01,true,
"""
USER = f"{MARK}-user"


def calls(
    who: str = USER, device: str = DEVICE, order: str = ORDER, email: str = EMAIL
) -> list[dict[str, Any]]:
    """What Ada did in May 2026, as calls of the Segment API."""
    products = [{"product_id": "tea", "name": f"{MARK} tea", "price": 5, "quantity": 2, "category": "Hot"}]
    bought = {"order_id": order, "total": 10, "currency": "GBP", "products": products, "email": email}
    context = {
        "timezone": "Europe/London",
        "locale": "en",
        "page": {"url": f"https://shop.example/?{MARK}=1"},
        "device": {"type": "ios", "token": f"{MARK}-token", "name": f"{MARK}-phone"},
    }
    return [
        {"type": "page", "anonymousId": device, "timestamp": "2026-05-01T09:00:00Z", "name": f"{MARK}-page",
         "context": context, "messageId": f"{MARK}-m0"},
        {"type": "identify", "userId": who, "anonymousId": device, "timestamp": "2026-05-01T09:10:00Z",
         "traits": {"email": email, "phone": PHONE, "lastName": f"{MARK}-last", "wish": f"{MARK}-wish",
                    "anniversary": "2019-05-06", "tags": [f"{MARK}-tag"]}, "messageId": f"{MARK}-m1"},
        {"type": "alias", "userId": who, "previousId": f"{MARK}-former", "timestamp": "2026-05-01T09:11:00Z"},
        {"type": "track", "event": "Signed Up", "userId": who, "timestamp": "2026-05-01T09:12:00Z",
         "properties": {"from": f"{MARK}-campaign"}, "messageId": f"{MARK}-m2"},
        {"type": "track", "event": "Consent Granted", "userId": who, "timestamp": "2026-05-01T09:12:30Z",
         "properties": {"channel": "sms", "wording": f"{MARK}-wording"}},
        {"type": "track", "event": "Product Added", "userId": who, "timestamp": "2026-05-01T09:30:00Z",
         "properties": {"cart_id": f"{MARK}-cart", "product_id": "tea", "name": f"{MARK} tea"}},
        {"type": "track", "event": "Order Completed", "userId": who, "timestamp": "2026-05-01T09:20:00Z",
         "properties": bought, "messageId": f"{MARK}-m3"},
        {"type": "track", "event": "Preference Updated", "userId": who, "timestamp": "2026-05-01T09:21:00Z",
         "properties": {"often": "less", "paused_until": None, "topics_off": [f"{MARK}-topic"]}},
    ]  # fmt: skip


class Scene:
    """A shop that knows Ada and Bob, and has written to both; `world` puts mails into `folder`."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.world = World(
            engine, {"email": EmlFiles(folder / "outbox")}, b"a secret for tests", "https://l.example"
        )
        files: dict[str, str | bytes] = {
            "journeys/shop.yaml": DAYTIME + LOYAL,
            "journeys/letters.yaml": JOURNEY,
            "templates/test/hello.html": TEMPLATE,
        }
        apply(engine, read_project(files), utc("2024-01-01 00:00"))
        self.path = folder / "customers.csv"
        self.path.write_text(CSV, encoding="utf-8")

    def live(self) -> None:
        """All of it happens, and two turns look at it."""
        self.imports("05-01 08:00")
        self.told(
            [{"type": "track", "event": "Signed Up", "userId": "bob", "timestamp": "2026-05-01T09:00:00Z"}]
        )
        self.told(calls())
        self.turn("05-01 10:00")
        [key] = [row["key"] for row in self.rows("message") if row["to"] == EMAIL][:1]
        about = {"email_id": key, "comment": f"{MARK}-comment", "link_url": f"https://shop.example/?{MARK}"}
        self.told(
            [{"type": "track", "event": "Email Opened", "userId": USER, "timestamp": "2026-05-01T10:30:00Z",
              "properties": about}]
        )  # fmt: skip
        self.turn("05-01 11:00")

    def imports(self, at: str) -> Any:
        """The file of customers, read at that time."""
        with read(self.engine) as connection:
            shop = load_shop(connection)
        return import_paths(self.engine, [self.path], utc(at), shop)[0]

    def told(self, raws: list[dict[str, Any]], source: str = "segment") -> Recorded:
        """Calls, recorded."""
        with write_shop(self.engine) as connection:
            return record(connection, [replace(call(raw), source=source) for raw in raws])

    def turn(self, at: str) -> None:
        """A turn of all journeys and a delivery."""
        tick(self.world, utc(at))

    def erase(self, at: str, who: str = USER) -> Erased:
        """Erase that customer at that time."""
        with write_shop(self.engine) as connection:
            return erase(connection, subject_named(connection, who), self.at(at))

    @staticmethod
    def at(text: str) -> datetime:
        return utc(text)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        with read(self.engine) as connection:
            found = connection.execute(select(SQLModel.metadata.tables[table]))
            return [dict(row._mapping) for row in found]

    def places(self, *words: str) -> set[tuple[str, str]]:
        """Each table and column in which one of these words stands."""
        found = set()
        for table in SQLModel.metadata.sorted_tables:
            for row in self.rows(table.name):
                for name, value in row.items():
                    if any(word.lower() in str(value).lower() for word in words):
                        found.add((table.name, name))
        return found


def table_of(model: Any) -> Table:
    """The table of a model."""
    found: Table = model.__table__
    return found
