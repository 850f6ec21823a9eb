"""The shops' hooks: what is signed and understood is committed, and nothing else."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from loyaltyloop.store.models import Event, Product
from loyaltyloop.web.service import Service
from loyaltyloop.web.shops import taking
from loyaltyloop.web.shops.routes import LARGEST
from tests.integration.store.shop import rows
from tests.integration.web.conftest import served
from tests.integration.web.shops import HEADERS, send, send_once, sign, taken
from tests.unit.web import shopify, woocommerce

SHOPS = pytest.mark.parametrize("source", ["shopify", "woocommerce"])
TOPIC = {"shopify": "orders/create", "woocommerce": "order.created"}
ORDER = {"shopify": shopify.order(), "woocommerce": woocommerce.order()}


def names(service: Service) -> list[str]:
    return [row.name or row.type for row in rows(service.engine, Event, "id")]


@SHOPS
def test_an_order_is_committed_when_it_is_answered(service: Service, web: httpx.Client, source: str) -> None:
    began = time.monotonic()
    assert taken(send(web, source, TOPIC[source], ORDER[source]))
    assert time.monotonic() - began < 5
    assert "Order Completed" in names(service)
    assert {row.source for row in rows(service.engine, Event)} == {source}
    assert service.counts["hook", source, TOPIC[source], "taken"] == 1


@SHOPS
def test_the_same_delivery_again_adds_nothing(service: Service, web: httpx.Client, source: str) -> None:
    for _ in range(3):
        assert taken(send(web, source, TOPIC[source], ORDER[source]))
    found = rows(service.engine, Event)
    assert taken(send(web, source, TOPIC[source], ORDER[source], event="made anew"))
    assert rows(service.engine, Event) == found
    assert len({row.message_id for row in found}) == len(found)


# What its payload does not date is told apart by the id of the delivery alone.
UNDATED = [
    ("shopify", "customers/delete", {"id": 7}, 4),
    ("shopify", "customers/data_request", {"shop_domain": "a.example", "customer": {"id": 7}}, 1),
    ("shopify", "shop/redact", {"shop_id": 1, "shop_domain": "a.example"}, 1),
    ("woocommerce", "order.deleted", {"id": 7}, 1),
    ("woocommerce", "order.restored", woocommerce.order(), 4),
    ("woocommerce", "customer.deleted", {"id": 7}, 4),
]


@pytest.mark.parametrize(("source", "topic", "payload", "made"), UNDATED)
def test_what_has_no_date_is_known_by_its_delivery(
    service: Service, web: httpx.Client, source: str, topic: str, payload: Any, made: int
) -> None:
    for _ in range(2):
        assert taken(send(web, source, topic, payload, event="one"))
    assert len(rows(service.engine, Event)) == made
    assert taken(send(web, source, topic, payload, event="two"))
    assert len(rows(service.engine, Event)) > made


def test_without_an_id_of_the_delivery_its_body_is_one(service: Service, web: httpx.Client) -> None:
    for number in (7, 7, 8):
        assert taken(send(web, "shopify", "customers/delete", {"id": number}, event=""))
    assert names(service).count("Account Deleted") == 2


# ── signatures ──────────────────────────────────────────────────────────────


def _wrong(source: str) -> dict[str, dict[str, str]]:
    right = sign(source, b"{}")
    other = "woocommerce" if source == "shopify" else "shopify"
    name = HEADERS[source][0]
    return {
        "missing": {},
        "empty": {name: ""},
        "no base64": {name: "é not base64 at all"},
        "another body's": {name: sign(source, b"{ }")},
        "another secret's": {name: sign(other, b"{}")},
        "in hexadecimal": {name: "ab" * 32},
        "cut short": {name: right[:-4]},
        "with more behind it": {name: right + "AAAA"},
        "in the other shop's header": {HEADERS[other][0]: right},
    }


@SHOPS
def test_a_wrong_signature(service: Service, web: httpx.Client, source: str) -> None:
    for number, (wrong, headers) in enumerate(_wrong(source).items(), 1):
        sent = {name.encode(): value.encode() for name, value in headers.items()}
        sent[HEADERS[source][1].encode()] = TOPIC[source].encode()
        answer = web.post(f"/hooks/{source}", content=b"{}", headers=sent)
        assert (answer.status_code, answer.json()["success"]) == (401, False), wrong
        assert service.counts["hook", source, "", "wrong signature"] == number
    assert not rows(service.engine, Event)


@SHOPS
def test_nothing_is_parsed_before_the_signature(web: httpx.Client, source: str) -> None:
    body = b"[" * 100_000
    assert web.post(f"/hooks/{source}", content=body).status_code == 401
    assert send(web, source, TOPIC[source], body).status_code == 400


@SHOPS
def test_a_swapped_body(web: httpx.Client, source: str) -> None:
    name, topic, _ = HEADERS[source]
    headers = {name: sign(source, b'{"id": 1}'), topic: TOPIC[source]}
    assert web.post(f"/hooks/{source}", content=b'{"id": 2}', headers=headers).status_code == 401
    assert web.post(f"/hooks/{source}", content=b'{"id":1}', headers=headers).status_code == 401
    assert web.post(f"/hooks/{source}", content=b'{"id": 1}', headers=headers).status_code == 200


@SHOPS
@pytest.mark.parametrize("secret", ["", "  "])
def test_without_a_secret_there_is_no_hook(service: Service, source: str, secret: str) -> None:
    service.settings.shopify_secret = service.settings.woocommerce_secret = SecretStr(secret)
    with served(service) as url, httpx.Client(base_url=url) as web:
        for headers in ({}, {HEADERS[source][0]: "ABlJWOcNtiq1FJlWrTYfXqONuCOlbh1MW+dPKpr+sDo="}):
            answer = web.post(f"/hooks/{source}", content=b"{}", headers=headers)
            assert answer.status_code == 404
            assert f"LOOP_{source.upper()}_SECRET is not set" in answer.json()["error"]
        ping = web.post(f"/hooks/{source}", content=b"webhook_id=3")
        assert ping.status_code == 404


# ── what is not taken ───────────────────────────────────────────────────────


@SHOPS
def test_an_unknown_topic_is_counted_and_nothing_more(
    service: Service, web: httpx.Client, source: str
) -> None:
    for number, topic in enumerate(["app/uninstalled", "coupon.created", "", "ORDERS/CREATE"], 1):
        answer = send(web, source, topic, b"not even JSON")
        assert (answer.status_code, answer.json()["outcome"]) == (200, "unknown topic"), topic
        assert service.counts["hook", source, "", "unknown topic"] == number
    assert not rows(service.engine, Event)


@SHOPS
def test_what_is_no_json_object(service: Service, web: httpx.Client, source: str) -> None:
    for body in (b"", b"{", b"[]", b"null", b"7", b'{"id": 1e999}', b"\xff", b'{"id":1}{}'):
        answer = send(web, source, TOPIC[source], body)
        assert (answer.status_code, answer.json()) == (400, {"success": False, "error": "no JSON object"})
    assert not rows(service.engine, Event)


@SHOPS
def test_a_shape_that_is_not_documented_does_not_cost_the_hook(
    service: Service, web: httpx.Client, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = send(web, source, TOPIC[source], {"email": "ada@example.com", "id": "\0"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "not taken")
    assert f"{source}: {TOPIC[source]} was not taken: no id" in caplog.text
    assert "example.com" not in caplog.text
    assert not rows(service.engine, Event)


def test_the_ping_of_woocommerce(service: Service, web: httpx.Client) -> None:
    answer = web.post("/hooks/woocommerce", content=b"webhook_id=12")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "ping")
    assert not rows(service.engine, Event)
    for body in (b"webhook_id=", b"webhook_id=12&a=1", b"x"):
        assert web.post("/hooks/woocommerce", content=body).status_code == 401
    assert web.post("/hooks/shopify", content=b"webhook_id=12").status_code == 401


def test_a_test_of_shopifys_is_not_taken(service: Service, web: httpx.Client) -> None:
    answer = send(web, "shopify", "orders/create", shopify.order(), **{"X-Shopify-Test": "true"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "test")
    answer = send(web, "shopify", "orders/create", shopify.order(test=True))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "nothing to take")
    assert not rows(service.engine, Event)


@SHOPS
def test_how_large_a_delivery_may_be(web: httpx.Client, source: str) -> None:
    whole = b'{"id": 1, "note": "' + b"x" * (LARGEST - 21) + b'"}'
    assert len(whole) == LARGEST
    assert send(web, source, TOPIC[source], whole).status_code == 200
    with suppress(httpx.WriteError):  # it hung up before all of it was sent
        assert send(web, source, TOPIC[source], whole + b" ").status_code == 413


@SHOPS
def test_other_methods(web: httpx.Client, source: str) -> None:
    assert web.get(f"/hooks/{source}").status_code == 405


# ── when the database does not keep up ──────────────────────────────────────


def test_a_commit_that_takes_too_long_is_asked_for_again(
    service: Service, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "PATIENCE", 0.2)
    slow: Future[None] = Future()
    with monkeypatch.context() as patched:
        patched.setattr(service.writer, "put", lambda _calls: slow)
        answer = send_once(web, "shopify", "orders/create", shopify.order())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert not slow.cancelled()  # the writer may still commit it
    slow.set_result(None)
    monkeypatch.setattr(taking, "PATIENCE", 4.0)
    assert taken(send(web, "shopify", "orders/create", shopify.order()))


def test_a_database_that_fails(service: Service, web: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    def fails(*_: Any) -> None:
        raise OperationalError("INSERT", {"email": "ada@example.com"}, Exception("gone"))

    event.listen(service.engine, "commit", fails)
    try:
        answer = send_once(web, "shopify", "orders/create", shopify.order())
    finally:
        event.remove(service.engine, "commit", fails)
    assert answer.status_code == 503
    assert "OperationalError" in caplog.text and "example.com" not in caplog.text
    assert not rows(service.engine, Event)
    assert taken(send(web, "shopify", "orders/create", shopify.order()))
    assert "Order Completed" in names(service)


def test_a_closed_service_is_busy(service: Service, web: httpx.Client) -> None:
    service.writer.close()
    assert send_once(web, "shopify", "orders/create", shopify.order()).status_code == 503


def test_without_a_shop_that_was_applied_products_are_not_taken(service: Service, web: httpx.Client) -> None:
    answer = send(web, "shopify", "products/update", shopify.product())
    assert (answer.status_code, answer.json()["outcome"]) == (200, "not taken")
    assert not rows(service.engine, Product)
