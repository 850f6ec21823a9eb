"""Shopify's privacy topics are acted upon: a file for the shop, an erasure; one waits for a person."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from loyaltyloop.channels.people_data import Files, erase_all
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Customer, Event, PrivacyRequest
from loyaltyloop.store.privacy.requests import Request
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage
from tests.integration.web.conftest import served
from tests.integration.web.shops import NOW, send, taken, ticking
from tests.unit.web import shopify

EMAIL = shopify.order()["customer"]["email"]


@pytest.fixture
def shop(service: Service) -> Iterator[tuple[Service, httpx.Client]]:
    """A shop in which Ada has ordered, and a turn has seen it."""
    service = ticking(service)
    Stage(service.engine)
    with served(service) as url, httpx.Client(base_url=url, timeout=30) as web:
        assert taken(send(web, "shopify", "orders/create", shopify.order()))
        looked(service)
        yield service, web


def looked(service: Service) -> None:
    """All that has arrived is applied."""
    apply_events(service.engine, NOW.replace(hour=23), service.shop())


def about(**more: Any) -> dict[str, Any]:
    """What Shopify says of Ada in such a request."""
    known = {"id": shopify.order()["customer"]["id"], "email": EMAIL, "phone": None}
    return {"shop_domain": "sample.myshopify.com", "customer": known} | more


def outcome(service: Service) -> Any:
    """The only request, once it is carried out."""
    for _ in range(200):
        [found] = rows(service.engine, PrivacyRequest)
        if found.state != "due":
            break
        time.sleep(0.05)
    return found


def there(service: Service) -> list[str | None]:
    return [row.email for row in rows(service.engine, Customer) if row.erased_at is None]


def test_redact_erases_and_what_the_shop_tells_again_changes_nothing(
    shop: tuple[Service, httpx.Client],
) -> None:
    service, web = shop
    assert there(service) == [EMAIL]
    assert taken(send(web, "shopify", "customers/redact", about(orders_to_redact=[1]), event="redact"))
    done = outcome(service)
    assert (done.state, done.user_id, done.anonymous_id, done.shop) == (
        "done",
        None,
        None,
        "sample.myshopify.com",
    )
    assert there(service) == []
    for topic in ("orders/create", "orders/updated", "orders/fulfilled"):
        send(web, "shopify", topic, shopify.order(), event=topic)
    send(web, "shopify", "customers/update", shopify.order()["customer"], event="again")
    looked(service)
    assert there(service) == []
    assert {row.source for row in rows(service.engine, Event)} == {"erased"}


def test_a_request_for_data_becomes_a_file_for_the_shops_owner_alone(
    shop: tuple[Service, httpx.Client], caplog: pytest.LogCaptureFixture
) -> None:
    service, web = shop
    assert taken(send(web, "shopify", "customers/data_request", about(data_request={"id": 7}), event="data"))
    done = outcome(service)
    path = service.settings.var / "privacy" / f"{done.key}.json"
    assert json.loads(path.read_bytes())["customer"][0]["email"] == EMAIL
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert EMAIL not in caplog.text
    send(web, "shopify", "customers/redact", about(), event="redact")
    for _ in range(100):
        if not there(service):
            break
        time.sleep(0.05)
    assert not there(service)


def test_the_same_delivery_again_is_one_request(shop: tuple[Service, httpx.Client]) -> None:
    service, web = shop
    for _ in range(2):
        send(web, "shopify", "customers/data_request", about(), event="data")
    assert outcome(service).state == "done"


def test_of_whom_nothing_is_known(shop: tuple[Service, httpx.Client]) -> None:
    service, web = shop
    unknown = {"customer": {"id": 999, "email": "nobody@example.com"}}
    send(web, "shopify", "customers/redact", about(**unknown), event="redact")
    done = outcome(service)
    assert (done.state, done.reason) == ("done", "nobody was known by these ids")
    assert there(service) == [EMAIL]


def test_that_a_whole_shop_is_erased_waits_for_a_person(shop: tuple[Service, httpx.Client]) -> None:
    """An app of several shops has one secret: whose customers these are only a person can tell."""
    service, web = shop
    whole = {"shop_id": 1, "shop_domain": "trial.myshopify.com"}
    assert taken(send(web, "shopify", "shop/redact", whole, event="all"))
    time.sleep(0.3)
    [waits] = rows(service.engine, PrivacyRequest)
    assert (waits.kind, waits.state, waits.shop) == ("erase_shop", "due", "trial.myshopify.com")
    assert there(service) == [EMAIL]
    files = Files.of(service.settings)
    [asked] = [Request(**row._mapping) for row in rows(service.engine, PrivacyRequest)]
    assert erase_all(service.engine, files, asked, NOW.replace(hour=23)) == 1
    assert there(service) == []
    assert outcome(service).state == "done"
