from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, select

from loyaltyloop.errors import TurnRefused, UserError
from loyaltyloop.store.database import read, write
from loyaltyloop.store.inside.entries import Queued, entry, queue_by_hand
from loyaltyloop.store.live import changes
from loyaltyloop.store.people.lookup import find_customer, identity
from tests.integration.store.shops import NOW, WELCOME, new_customer, reading


@pytest.fixture
def ids(engine: Engine) -> list[int]:
    """`ada` is known by a user id and an anonymous one, `bob` shares `eve`'s address."""
    with write(engine) as connection:
        found = [new_customer(connection, key, email=f"{key}@example.com") for key in ("ada", "bob")]
        found.append(new_customer(connection, "eve", email="bob@example.com"))
        for kind, value in (("user", "ada"), ("anonymous", "cookie-1")):
            row = {"kind": kind, "value": value, "customer_id": found[0]}
            connection.execute(insert(identity).values(row))
    changes.apply(engine, reading(), NOW)
    return found


@pytest.mark.parametrize("named", ["ada", "cookie-1", "ada@example.com", "ADA@example.com"])
def test_a_customer_is_found_by_id_and_address(engine: Engine, ids: list[int], named: str) -> None:
    with read(engine) as connection:
        assert find_customer(connection, named) == ids[0]


def test_customers_that_cannot_be_told_apart_or_are_not_there(engine: Engine, ids: list[int]) -> None:
    with read(engine) as connection:
        with pytest.raises(UserError, match=r"2 customers have the address 'bob@example.com': bob, eve"):
            find_customer(connection, "bob@example.com")
        with pytest.raises(UserError, match="There is no customer 'zoe'"):
            find_customer(connection, "zoe")


def test_started_by_hand_once_for_the_same_id(engine: Engine, ids: list[int]) -> None:
    with write(engine) as connection:
        first = queue_by_hand(connection, "welcome", ["ada", "bob", "ada"], "spring", NOW)
        again = queue_by_hand(connection, "welcome", ["ada", "eve"], "spring", NOW)
        other = queue_by_hand(connection, "welcome", ["ada"], "summer", NOW)
        rows = connection.execute(select(entry).order_by(entry.c.id)).all()
    assert first == Queued(("ada", "bob"), ())
    assert again == Queued(("eve",), ("ada",))
    assert other == Queued(("ada",), ())
    assert {(row.cause, row.state, row.at) for row in rows} == {("hand", "queued", NOW)}
    assert [row.occurrence for row in rows] == ["spring", "spring", "spring", "summer"]


def test_nobody_is_queued_if_one_is_unknown(engine: Engine, ids: list[int]) -> None:
    with write(engine) as connection:
        with pytest.raises(UserError, match="'zoe'"):
            queue_by_hand(connection, "welcome", ["ada", "zoe"], "spring", NOW)
        assert connection.execute(select(entry)).all() == []
        with pytest.raises(TurnRefused, match="never applied"):
            queue_by_hand(connection, "winback", ["ada"], "spring", NOW)


def test_one_for_each_order_needs_the_order(engine: Engine, ids: list[int]) -> None:
    changes.apply(engine, reading(WELCOME.replace("Signed Up}", "Signed Up, one_per: order_id}")), NOW)
    with write(engine) as connection:
        with pytest.raises(UserError, match="takes one for each order_id: say which"):
            queue_by_hand(connection, "welcome", ["ada"], "x", NOW)
        queue_by_hand(connection, "welcome", ["ada"], "x", NOW, {"order_id": 1001})
        assert connection.execute(select(entry.c.one_per)).scalar() == "1001"


def test_a_retired_journey_takes_nobody(engine: Engine, ids: list[int]) -> None:
    changes.apply(engine, reading(extra={"journeys/welcome.yaml": None}), NOW)
    with write(engine) as connection, pytest.raises(UserError, match="nobody enters it any more"):
        queue_by_hand(connection, "welcome", ["ada"], "x", NOW)
