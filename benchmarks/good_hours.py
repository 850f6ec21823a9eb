"""What `at: best` costs for many customers at once: python -m benchmarks.good_hours

Made customers in three countries, each with some orders, looks and answers of the last year. Measured are the
count of the week for the shop, and then the choice for all customers in one call. Seconds are of the CPU, of
this process and of the database's; each database is measured in a process of its own for its memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.databases import KINDS, server
from loyaltyloop.journey.clock.openings import Openings
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.scores.hours.serving import People, choose_alike
from loyaltyloop.scores.recommending.figures import read_figures
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer, Engagement, Event, Message

NOW = datetime(2024, 6, 5, 9, 30, tzinfo=UTC)
PLACES = (("GB", "Europe/London"), ("DE", "Europe/Berlin"), ("US", "America/New_York"))
SHOP = read_shop(
    "shop: Bench\nurl: https://shop.example\ntimezone: Europe/London\ncurrency: GBP\ncountry: GB\n"
    'sender: {name: Bench, email: hello@shop.example, postal_address: "1 Street"}\n'
    'quiet_hours: {from: "21:00", to: "08:00"}\n'
)
_EVENT = (
    "id",
    "source",
    "message_id",
    "type",
    "name",
    "at",
    "arrived_at",
    "properties",
    "seq",
    "customer_id",
)
_CUSTOMER = (
    *("id", "key", "country", "zone", "zone_from", "attributes", "stamps", "tags"),
    *("often", "orders", "lifetime_value", "points", "open_cases"),
)
_MESSAGE = (
    *("id", "key", "enrolment_id", "customer_id", "journey", "version", "step", "channel", "purpose"),
    *("template", "priority", "entered_at", "decided_at", "due_at", "state", "reason", "handed_over_at"),
)
_ENGAGEMENT = (
    *("event_id", "message_key", "customer_id", "journey", "step", "kind"),
    *("at", "arrived_at", "machine"),
)


def main() -> None:
    """Measure and print, on each database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.good_hours", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--happenings", type=int, default=3, help="orders, looks and answers of each")
    parser.add_argument("--only", choices=KINDS, help="one database instead of both")
    options = parser.parse_args()
    table = Table("database", "count of the week, s", "each of many, µs", "of it the server, µs", "peak, MiB")
    for kind in [options.only] if options.only else KINDS:
        call = f"told({kind!r}, {options.customers}, {options.happenings})"
        code = f"from benchmarks.good_hours import told; {call}"
        done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
        table.add_row(kind, *orjson.loads(done.stdout))
    Console(width=100).print(table)


def told(kind: str, customers: int, happenings: int) -> None:
    """Print what it costs on this database."""
    with server(kind) as running, running.database() as engine:
        with write(engine) as connection:
            fill(connection, customers, happenings)
        people = People(
            range(1, customers + 1),
            [PLACES[who % 3][1] for who in range(customers)],
            [PLACES[who % 3][0] for who in range(customers)],
            ["email"] * customers,
        )
        openings = Openings(NOW, (), tuple(SHOP.quiet_hours), "email")
        with write(engine) as connection:
            began = running.cpu()
            read_figures(connection, "hours", NOW)
            counted = running.cpu() - began
            began, at_server = running.cpu(), running.cpu_of_server()
            choose_alike(connection, people, "order", NOW, lambda *_: openings, "GB")
            each = (running.cpu() - began) / customers * 1e6
            there = (running.cpu_of_server() - at_server) / customers * 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(orjson.dumps([f"{counted:.1f}", f"{each:.2f}", f"{there:.2f}", f"{peak:.0f}"]).decode())


def fill(connection: Any, customers: int, happenings: int) -> None:
    """So many orders, looks and answers of each customer."""
    dice = np.random.default_rng(0)
    insert_rows(connection, _table(Customer), _CUSTOMER, (_customer(who) for who in range(1, customers + 1)))
    insert_rows(connection, _table(Message), _MESSAGE, (_message(who) for who in range(1, customers + 1)))
    insert_rows(connection, _table(Event), _EVENT, _events(customers, happenings, dice))
    insert_rows(connection, _table(Engagement), _ENGAGEMENT, _answers(customers, happenings, dice))


def _table(model: Any) -> Any:
    return model.__table__


def _customer(who: int) -> tuple[Any, ...]:
    country, zone = PLACES[(who - 1) % 3]
    return who, f"user:{who}", country, zone, "country", {}, {}, [], "normal", 0, 0, 0, 0


def _message(who: int) -> tuple[Any, ...]:
    sent = NOW - timedelta(days=300)
    about = ("hello", "email", "marketing", "test/hello", 50)
    return who, f"m{who}", who, who, "welcome", 1, *about, sent, sent, sent, "handed_over", "", sent


def _moments(number: int, dice: np.random.Generator) -> Iterator[datetime]:
    for day, hour, minute in zip(
        dice.integers(1, 250, number).tolist(),
        dice.normal(16, 4, number).astype(int).tolist(),
        dice.integers(0, 60, number).tolist(),
        strict=True,
    ):
        yield (NOW - timedelta(days=day)).replace(hour=hour % 24, minute=minute)


def _events(customers: int, happenings: int, dice: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    number = 2 * customers * happenings
    for place, at in enumerate(_moments(number, dice), start=1):
        name = ("Order Completed", "Product Viewed")[place % 2]
        yield place, "b", f"e{place}", "track", name, at, at, {}, place, 1 + place // 2 % customers


def _answers(customers: int, happenings: int, dice: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    for place, at in enumerate(_moments(customers * happenings, dice)):
        who = 1 + place % customers
        yield 10_000_000 + place, f"m{who}", who, "welcome", "hello", "clicked", at, at, False


if __name__ == "__main__":
    main()
