"""Senders that keep posting batches while the service dies now and then, and note what was acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.integration.web.serving import WRITE_KEY

SENDERS = 4
Batch = list[dict[str, Any]]


@dataclass
class Told:
    """Ids of messages: acknowledged, and sent at least once without an answer. Seconds: how long it took."""

    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    seconds: float = 0.0


def batches(count: int, size: int, begin: str = "m") -> Iterator[Batch]:
    """Batches of calls, each with an id of its own."""
    for batch in range(count):
        yield [
            {
                "type": "track",
                "event": "Product Viewed",
                "userId": f"u{(batch * size + place) % 977}",
                "messageId": f"{begin}-{batch}-{place}",
                "properties": {"product_id": str(place), "name": f"Item {place}", "price": place + 0.5},
            }
            for place in range(size)
        ]


def post(url: str, waiting: Iterable[Batch], again: bool) -> Told:
    """Post all batches from some threads; `again`: those that were not answered, too, until they are.

    While nobody listens, all wait.
    """
    told, lock, source = Told(), threading.Lock(), iter(waiting)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with httpx.Client(base_url=url, auth=(WRITE_KEY, ""), timeout=30) as client:
                while (batch := _next(source, lock)) is not None:
                    while not _posted(client, batch, told, lock) and again:
                        pass
        except BaseException as error:
            failed.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    told.seconds = time.perf_counter() - began
    if failed:
        raise failed[0]
    return told


def _next(source: Iterator[Batch], lock: threading.Lock) -> Batch | None:
    with lock:
        return next(source, None)


def _posted(client: httpx.Client, batch: Batch, told: Told, lock: threading.Lock) -> bool:
    """Was it acknowledged? A service that dies answers nothing, or half of an answer."""
    ids = {call["messageId"] for call in batch}
    try:
        answer = _answer(client, batch)
    except httpx.TransportError:
        with lock:
            told.unanswered |= ids
        return False
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    with lock:
        told.acknowledged |= {item["messageId"] for item in items if item["status"] == "accepted"}
    return True


def _answer(client: httpx.Client, batch: Batch) -> httpx.Response:
    while True:
        try:
            return client.post("/v1/batch", content=orjson.dumps({"batch": batch}))
        except httpx.ConnectError:  # nothing was sent
            time.sleep(0.05)
