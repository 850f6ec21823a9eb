"""The sample shop as files: from the tenth of the year that the tests carry."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from loyaltyloop.demo import made, sample

TENTH = Path(__file__).parents[2] / "data" / "online_retail_year1_tenth.csv.gz"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return sample.write_files(tmp_path_factory.mktemp("sample"), source=TENTH)


@pytest.fixture(scope="module")
def events(files: list[Path]) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in files[2].read_bytes().splitlines()]


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def test_the_same_bytes_each_time(files: list[Path], tmp_path: Path) -> None:
    again = sample.write_files(tmp_path, source=TENTH)
    assert [digest(path) for path in again] == [digest(path) for path in files]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_customer_with_an_order_and_only_those_have_a_row(
    files: list[Path], events: list[dict[str, Any]]
) -> None:
    buyers = {event["userId"] for event in named(events, "Order Completed")}
    assert {row["user_id"] for row in rows(files[1])} == buyers
    assert len(buyers) > 390


def test_every_product_of_an_order_is_in_the_list(files: list[Path], events: list[dict[str, Any]]) -> None:
    sold = {line["product_id"] for event in named(events, "Order Completed") for line in products(event)}
    listed = {row["product_id"]: row for row in rows(files[0])}
    assert sold == set(listed)
    assert all(row["name"] and row["category"] and float(row["price"]) > 0 for row in listed.values())
    assert not any(row["image_url"] for row in listed.values())  # the data has no pictures; none are made


def products(event: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = event["properties"]["products"]
    return found


def test_an_order_is_the_invoice(events: list[dict[str, Any]]) -> None:
    for event in named(events, "Order Completed"):
        lines = sum(line["price"] * line["quantity"] for line in products(event))
        assert event["properties"]["total"] == pytest.approx(
            lines + event["properties"].get("shipping", 0), abs=0.011
        )
        assert all(line["quantity"] > 0 for line in products(event))


def test_nothing_is_taken_back_that_was_not_bought_before(events: list[dict[str, Any]]) -> None:
    orders = {event["properties"]["order_id"]: event for event in named(events, "Order Completed")}
    left = {
        number: Counter({line["product_id"]: 0 for line in products(event)})
        for number, event in orders.items()
    }
    for number, event in orders.items():
        for line in products(event):
            left[number][line["product_id"]] += line["quantity"]
    backs = named(events, "Order Refunded") + named(events, "Order Cancelled")
    assert len(backs) > 100
    for back in backs:
        number = back["properties"]["order_id"]
        assert back["timestamp"] >= orders[number]["timestamp"]
        assert back["userId"] == orders[number]["userId"]
        for line in products(back):
            left[number][line["product_id"]] -= line["quantity"]
    assert all(count >= 0 for counts in left.values() for count in counts.values())
    for back in named(events, "Order Cancelled"):
        assert not any(left[back["properties"]["order_id"]].values())


def test_what_is_made_up_says_so(files: list[Path], events: list[dict[str, Any]]) -> None:
    made_names = {"Signed Up", "Order Shipped", "Order Delivered", "Product Viewed", "Product Added"}
    assert {event["event"] for event in events if event["properties"].get("made") is True} == made_names
    assert not any("made" in event["properties"] for event in events if event["event"] not in made_names)
    people = list(rows(files[1]))
    assert all(row["made_up"] == made.MADE_UP for row in people)
    assert all(not row["email"] or row["email"].split("@")[1] in made.DOMAINS for row in people)
    assert {row["consent_email"] for row in people} == {"true", "false", ""}


def test_signing_up_comes_before_the_first_order_and_parcels_after_it(events: list[dict[str, Any]]) -> None:
    first: dict[str, str] = {}
    ordered: dict[str, str] = {}
    for event in named(events, "Order Completed"):
        first.setdefault(event["userId"], event["timestamp"])
        ordered[event["properties"]["order_id"]] = event["timestamp"]
    sign_ups = named(events, "Signed Up")
    assert len(sign_ups) > 100
    assert all(event["timestamp"] < first[event["userId"]] for event in sign_ups)
    shipped = {e["properties"]["order_id"]: e["timestamp"] for e in named(events, "Order Shipped")}
    for event in named(events, "Order Delivered"):
        number = event["properties"]["order_id"]
        assert ordered[number] < shipped[number] < event["timestamp"]


def test_visits_are_about_products_of_the_shop_and_some_baskets_become_orders(
    events: list[dict[str, Any]],
) -> None:
    sold = {line["product_id"] for event in named(events, "Order Completed") for line in products(event)}
    views, baskets = named(events, "Product Viewed"), named(events, "Product Added")
    assert len(views) > 200 and len(baskets) > 60
    assert {event["properties"]["product_id"] for event in (*views, *baskets)} <= sold
    assert min(event["timestamp"] for event in views) > "2010-07-30"
    put = {(event["userId"], event["properties"]["product_id"]): event["timestamp"] for event in baskets}
    bought = [
        event["timestamp"]
        for event in named(events, "Order Completed")
        for line in products(event)
        if event["timestamp"] > put.get((event["userId"], line["product_id"]), "2011")
    ]
    assert 20 < len(bought) < len(baskets)


def test_events_stand_in_order_of_time_with_ids_of_their_own(events: list[dict[str, Any]]) -> None:
    order = [(event["timestamp"], event["messageId"]) for event in events]
    assert order == sorted(order)
    assert len({event["messageId"] for event in events}) == len(events)


def test_until_ends_the_files(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    end = datetime(2010, 3, 1, tzinfo=UTC)
    written = sample.write_files(tmp_path, until=end, source=TENTH)[2].read_bytes().splitlines()
    expected = [event for event in named(events, "Order Completed") if event["timestamp"] < "2010-03-01"]
    read = [orjson.loads(line) for line in written]
    assert named(read, "Order Completed") == expected
    assert max(event["timestamp"] for event in read) < "2010-03-01"


def test_local_times_become_utc() -> None:
    """The file says 10:23 on a day in July, 07:45 on one in December."""
    orders = {order.number: order for order in sample.read_sample(TENTH).orders}
    assert orders["515345"].at == datetime(2010, 7, 12, 9, 23, tzinfo=UTC)
    assert orders["489434"].at == datetime(2009, 12, 1, 7, 45, tzinfo=UTC)
