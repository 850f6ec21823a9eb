"""One event that cannot be applied stops nobody else's; what is not its fault is not taken for it."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, exc

from loyaltyloop.store.consents.withdrawals import withdrawn_meanwhile
from loyaltyloop.store.database import read
from loyaltyloop.store.events import apply, setting_aside
from loyaltyloop.store.events.apply import apply_events, apply_on
from loyaltyloop.store.models import Customer, Event, SetAside
from tests.integration.store.shop import NOW, SHOP, at, feed, one, rows, track


def spoil(monkeypatch: pytest.MonkeyPatch, error: Exception, name: str = "Bad") -> None:
    """From now on events of this name cannot be applied: when one is written, this is raised."""
    real = apply._write

    def write(connection: Any, now: Any, shop: Any, chunk: Any, folk: Any) -> None:
        real(connection, now, shop, chunk, folk)
        if {number for number, _, _ in chunk.whose} & bad:
            raise error

    bad: set[int] = set()
    monkeypatch.setattr(apply, "_write", write)
    real_take = apply._take

    def take(chunk: Any, folk: Any, row: Any) -> None:
        if row.name == name:
            bad.add(row.id)
        real_take(chunk, folk, row)

    monkeypatch.setattr(apply, "_take", take)


def arrive(engine: Engine, *names: str) -> None:
    feed(engine, [track(f"c{number}", name, at(9 + number / 60)) for number, name in enumerate(names)])


NAMES = ["Good", "Good", "Bad", "Good", "Bad", "Good", "Good"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5000])
def test_one_that_cannot_be_applied_stands_aside(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    arrive(engine, *NAMES)
    with monkeypatch.context() as patched:
        spoil(patched, OverflowError("cannot convert"))
        told: list[str] = []
        assert apply_events(engine, NOW, SHOP, chunk, told.append) == 5
        assert apply_events(engine, NOW, SHOP, chunk, told.append) == 0
    assert told == ["OverflowError", "OverflowError"]
    assert {row.error for row in rows(engine, SetAside)} == {"OverflowError"}
    assert [row.seq for row in rows(engine, Event, "id")] == [1, 2, None, 3, None, 4, 5]
    assert [row.key for row in rows(engine, Customer, "id")] == ["c0", "c1", "c3", "c5", "c6"]


def test_a_newer_version_tries_it_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(engine, "Bad")
    with monkeypatch.context() as patched:
        spoil(patched, ValueError("no"))
        assert apply_events(engine, NOW, SHOP) == 0
    assert apply_events(engine, NOW, SHOP) == 0
    monkeypatch.setattr(setting_aside, "__version__", "a newer one")
    assert apply_events(engine, NOW, SHOP) == 1
    assert one(engine, Event).seq == 1


def test_a_look_ahead_sets_nothing_aside_for_good(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(engine, *NAMES)
    spoil(monkeypatch, ValueError("no"))
    with engine.connect() as connection, connection.begin() as transaction:
        assert apply_on(connection, NOW, SHOP) == 5
        transaction.rollback()
    assert rows(engine, SetAside) == rows(engine, Customer) == []


@pytest.mark.parametrize(
    "error",
    [
        exc.OperationalError("SELECT 1", {}, Exception("the connection was lost")),
        psycopg.OperationalError("the connection was lost"),
        sqlite3.OperationalError("database is locked"),
        psycopg.errors.InFailedSqlTransaction("aborted"),
        OSError("no space left"),
        MemoryError(),
    ],
    ids=repr,
)
def test_what_lies_in_the_database_or_the_machine_is_raised(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    arrive(engine, "Bad")
    spoil(monkeypatch, error)
    with pytest.raises(type(error)):
        apply_events(engine, NOW, SHOP)
    assert rows(engine, SetAside) == []


def test_a_value_that_the_database_cannot_hold_is_the_events(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(engine, "Good", "Bad")
    real = apply._number_events

    def number(connection: Any, chunk: Any) -> None:
        real(connection, chunk)
        if any(person.key == "c1" for _, _, person in chunk.whose):
            connection.exec_driver_sql("INSERT INTO touch (seq, customer_id, cause) SELECT 0, 0, NULL")

    monkeypatch.setattr(apply, "_number_events", number)
    assert apply_events(engine, NOW, SHOP) == 1
    assert one(engine, SetAside).error == "IntegrityError"


def test_of_too_many_the_fault_is_not_theirs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting_aside, "MOST", 2)
    arrive(engine, "Bad", "Good", "Bad", "Bad", "Good")
    spoil(monkeypatch, KeyError("x"))
    with pytest.raises(KeyError):
        apply_events(engine, NOW, SHOP)
    assert len(rows(engine, SetAside)) == 2


def test_a_withdrawal_that_cannot_be_applied_is_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(engine, "Signed Up")
    apply_events(engine, NOW, SHOP)
    arrive(engine, "Unsubscribed")
    spoil(monkeypatch, ValueError("no"), "Unsubscribed")
    assert apply_events(engine, NOW, SHOP) == 0
    ada = one(engine, Customer).id
    with read(engine) as connection:
        assert withdrawn_meanwhile(connection, [ada], 0) == {(ada, "email", "marketing")}
