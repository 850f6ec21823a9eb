"""Segment's own library for Python; a service killed while it sends loses nothing, repeats nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from segment.analytics import request
from segment.analytics.client import Client
from sqlalchemy import Engine, Table, func, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Event
from tests.integration.web.sending import Told, batches, post
from tests.integration.web.serving import WRITE_KEY, serving

EVENT: Table = Event.__table__  # type: ignore[attr-defined]
PEOPLE = 100


@contextmanager
def library(url: str, **options: Any) -> Iterator[tuple[Client, list[Exception]]]:
    """A client of the library, and what it gave up."""
    failed: list[Exception] = []
    client = Client(WRITE_KEY, host=url, on_error=lambda error, _calls: failed.append(error), **options)
    try:
        yield client, failed
    finally:
        client.shutdown()
        request._session.close()


def all_kinds(client: Client, who: str) -> Iterator[tuple[bool, dict[str, Any]]]:
    """One call of each kind, as the library made it, and whether it will be sent."""
    product = {"product_id": "7", "name": "Cake stand", "price": 12.75}
    yield client.identify(who, {"email": f"{who}@example.com", "firstName": "Ada"}, anonymous_id=f"d-{who}")
    yield client.track(who, "Product Viewed", product)
    yield client.page(who, "Shop", "Product", {"url": "https://shop.example/7"})
    yield client.screen(who, "Shop", "Basket")
    yield client.group(who, "club", {"plan": "gold"})
    yield client.alias(f"old-{who}", who)


def test_killed_while_they_send_nothing_is_lost_and_nothing_twice(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    sent, told = [], Told()
    with (
        serving(database_url, tmp_path) as web,
        library(web.url, gzip=True, upload_size=20, upload_interval=0.05) as (client, failed),
    ):

        def by_hand() -> None:
            nonlocal told
            told = post(web.url, batches(60, 20), again=False)

        beside = Thread(target=by_hand)
        beside.start()
        for number in range(PEOPLE):
            sent += [call["messageId"] for taken, call in all_kinds(client, f"u{number}") if taken]
            if number == PEOPLE // 2:
                _wait_for_some(engine)
                web.kill()
                web.start()
        client.flush()
        beside.join()
    assert not failed
    found = _ids(engine)
    assert len(sent) == 6 * PEOPLE
    assert set(sent) | told.acknowledged <= set(found) <= set(sent) | told.acknowledged | told.unanswered
    assert len(found) == len(set(found))
    assert told.acknowledged


def _wait_for_some(engine: Engine) -> None:
    for _ in range(600):
        with read(engine) as connection:
            if connection.execute(select(func.count()).select_from(EVENT)).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nothing arrives")


def _ids(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return list(connection.execute(select(EVENT.c.message_id)).scalars())


def test_what_each_kind_of_call_comes_to(engine: Engine, service_url: str) -> None:
    with library(service_url) as (client, _):
        list(all_kinds(client, "ada"))
        client.flush()
    with read(engine) as connection:
        rows = connection.execute(select(EVENT).order_by(EVENT.c.id)).all()
    assert [(row.type, row.name, row.user_id, row.anonymous_id, row.previous_id) for row in rows] == [
        ("identify", "", "ada", "d-ada", None),
        ("track", "Product Viewed", "ada", None, None),
        ("page", "", "ada", None, None),
        ("screen", "", "ada", None, None),
        ("group", "", "ada", None, None),
        ("alias", "", "ada", None, "old-ada"),
    ]
    assert rows[0].properties == {"email": "ada@example.com", "firstName": "Ada"}
    assert rows[2].properties == {"name": "Product", "url": "https://shop.example/7"}


@pytest.fixture
def service_url(web: Any) -> str:
    """Where the service of this process listens."""
    return str(web.base_url)
