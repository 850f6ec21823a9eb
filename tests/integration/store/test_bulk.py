"""Rows written in bulk read back as rows written one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from loyaltyloop.store import bulk
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Customer, Event, Identity, Product

customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]

AT = datetime(2026, 3, 1, 9, 30, 0, 120, UTC)
CUSTOMER = {
    "key": "ada",
    "email": "ada@example.com",
    "birthday": date(1815, 12, 10),
    "created_at": AT,
    "attributes": {"b": 1.5, "a": [None, "ü", True]},
    "stamps": {},
    "tags": ["vip"],
    "zone": "Europe/London",
    "zone_from": "shop",
    "often": "normal",
    "orders": 2,
    "lifetime_value": 1 << 40,
    "points": 0,
    "open_cases": 0,
}


def _all(engine: Engine, table: Table, *order: str) -> list[dict[str, Any]]:
    with read(engine) as connection:
        found = connection.execute(select(table).order_by(*(table.c[name] for name in order)))
        return [dict(row._mapping) for row in found]


def test_bulk_rows_equal_rows_inserted_one_by_one(engine: Engine) -> None:
    with write(engine) as connection:
        connection.execute(insert(customer).values(CUSTOMER | {"key": "one"}))
        columns = list(reversed(CUSTOMER))
        rows = [[CUSTOMER[name] if name != "key" else "two" for name in columns]]
        assert bulk.insert_rows(connection, customer, columns, rows) == 1
    one, two = _all(engine, customer, "key")
    del one["id"], two["id"]
    assert one | {"key": "two"} == two


def test_instants_of_any_zone_are_stored_in_utc(engine: Engine) -> None:
    there = AT.astimezone(timezone(timedelta(hours=-9)))
    with write(engine) as connection:
        bulk.insert_rows(
            connection,
            event,
            ["source", "message_id", "type", "name", "at", "arrived_at", "properties"],
            [("test", "1", "track", "X", there, AT, {})],
        )
    with read(engine) as connection:
        same = select(event.c.at).where(event.c.at == event.c.arrived_at)
        assert connection.execute(same).scalars().all() == [AT]


def test_upsert_replaces_by_key(engine: Engine) -> None:
    columns = ["product_id", "name", "in_stock", "tags"]
    with write(engine) as connection:
        bulk.insert_rows(connection, product, columns, [("1", "tea", True, ["a"]), ("2", "mug", True, None)])
        bulk.upsert_rows(
            connection, product, ["product_id"], columns, [("2", "cup", False, ["b"]), ("3", "jar", True, [])]
        )
    found = [(row["product_id"], row["name"], row["tags"]) for row in _all(engine, product, "product_id")]
    assert found == [("1", "tea", ["a"]), ("2", "cup", ["b"]), ("3", "jar", [])]


def test_insert_new_keeps_what_is_there_and_the_order(engine: Engine) -> None:
    columns = ["source", "message_id", "type", "name", "at", "arrived_at", "properties"]

    def row(message: str, name: str) -> tuple[Any, ...]:
        return ("test", message, "track", name, AT, AT, {})

    with write(engine) as connection:
        key = ["source", "message_id"]
        assert bulk.insert_new(connection, event, key, columns, [row("b", "1"), row("a", "2")]) == 2
        assert bulk.insert_new(connection, event, key, columns, [row("a", "3"), row("c", "4")]) == 1
    assert [(row["message_id"], row["name"]) for row in _all(engine, event, "id")] == [
        ("b", "1"),
        ("a", "2"),
        ("c", "4"),
    ]


@pytest.mark.parametrize("most", [bulk.MOST_JSON, 1])
def test_new_rows_equal_rows_inserted_one_by_one(
    engine: Engine, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_JSON", most)
    said = {"ü": ["\U0001f600", 1.5, None, True, -(1 << 63)], "a": {"'\\\"": "%s {} \x1f"}}
    there = AT.astimezone(timezone(timedelta(hours=-9)))
    values = {"source": "test", "type": "track", "name": "%s", "at": there, "arrived_at": AT, "context": None}
    columns = ["message_id", *values, "properties"]
    with write(engine) as connection:
        one = values | {"message_id": "0", "properties": said}
        connection.execute(insert(event).values(one))
        rows = [(number, *values.values(), said) for number in ("2", "1", "2", "0")]
        assert bulk.insert_new(connection, event, ["source", "message_id"], columns, rows) == 2
    first, *others = _all(engine, event, "id")
    assert [row["message_id"] for row in others] == ["2", "1"]
    for row in others:
        assert row | {"id": first["id"], "message_id": "0"} == first
    with read(engine) as connection:
        assert connection.execute(select(func.count()).where(event.c.context.is_(None))).scalar() == 3


def test_update_sets_columns_of_the_rows_named(engine: Engine) -> None:
    with write(engine) as connection:
        bulk.insert_rows(
            connection, product, ["product_id", "name", "in_stock"], [("1", "tea", True), ("2", "mug", True)]
        )
        bulk.update_rows(connection, product, "product_id", ["name", "tags"], [("2", "cup", ["x"])])
    assert [(row["name"], row["tags"]) for row in _all(engine, product, "product_id")] == [
        ("tea", None),
        ("cup", ["x"]),
    ]


def test_a_temporary_table_holds_only_the_last_rows_and_no_longer_than_its_use(engine: Engine) -> None:
    columns = {"n": int, "word": str, "at": datetime}
    for words in (["a", "b"], ["c"]):
        with write(engine) as connection:
            bulk.fill_temporary(connection, "wanted", columns, [(0, "old", None)])
            table = bulk.fill_temporary(connection, "wanted", columns, [(1, word, AT) for word in words])
            assert connection.execute(select(table.c.word).order_by("word")).scalars().all() == words
            assert connection.execute(select(func.max(table.c.at))).scalar() == AT


def test_no_rows_are_no_work(engine: Engine) -> None:
    with write(engine) as connection:
        assert bulk.insert_rows(connection, identity, ["kind", "value", "customer_id"], []) == 0


def test_a_rolled_back_transaction_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(RuntimeError), write(engine) as connection:
        bulk.insert_rows(connection, product, ["product_id", "name", "in_stock"], [("1", "tea", True)])
        raise RuntimeError
    assert _all(engine, product, "product_id") == []
