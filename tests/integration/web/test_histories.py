"""A history by HTTP comes to the same however it was delivered: twice, late, in any order and batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, delete

from loyaltyloop.store.database import write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Basket, Identity
from loyaltyloop.web.service import Service
from tests.integration.store.shop import SHOP, rows
from tests.integration.store.test_facts import calls, empty, picture
from tests.integration.web.conftest import WRITE_KEY, served
from tests.integration.web.histories import Raw, as_delivered, history

BASKET: Table = Basket.__table__  # type: ignore[attr-defined]
END = datetime(2026, 6, 1, tzinfo=UTC)
BATCH = 100
COUNT = 6_000  # calls: more than are applied at once


class _Sender:
    """Posts to a service whose clock it holds."""

    def __init__(self, service: Service) -> None:
        self.now = END
        self.engine = service.engine
        self.service = replace(service, clock=lambda: self.now)

    @contextmanager
    def connected(self) -> Iterator[_Sender]:
        with served(self.service) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, "")) as self.client:
            yield self

    def post(self, raws: list[Raw], size: int = BATCH) -> None:
        for begin in range(0, len(raws), size):
            answer = self.client.post("/v1/batch", json={"batch": raws[begin : begin + size]}).json()
            assert answer["success"], answer

    def comes_to(self, parts: Iterable[list[Raw]], size: int = BATCH) -> dict[str, Any]:
        """All that is known when the parts have arrived, an hour apart, each applied before the next."""
        with write(self.engine) as connection:
            connection.execute(delete(BASKET))
        empty(self.engine)
        self.now = END
        for part in parts:
            self.post(part, size)
            apply_events(self.engine, self.now, SHOP)
            self.now += timedelta(hours=1)
        return picture(self.engine) | {"baskets": _baskets(self.engine)}


def _baskets(engine: Engine) -> list[str]:
    """As they are, whoever's row it is: a customer is the set of ids."""
    who: dict[int, list[str]] = {}
    for row in rows(engine, Identity, "kind", "value"):
        who.setdefault(row.customer_id, []).append(f"{row.kind} {row.value}")
    found = [dict(row._mapping) for row in rows(engine, Basket)]
    return sorted(repr({**row, "customer_id": who[row["customer_id"]]}) for row in found)


def test_a_third_twice_and_many_late(service: Service) -> None:
    clean = history(COUNT, people=COUNT // 25, end=END)
    delivered = list(as_delivered(clean))
    assert sum(map(len, delivered)) == COUNT + COUNT // 3
    with _Sender(service).connected() as sender:
        expected = sender.comes_to([clean])
        found = sender.comes_to(delivered)
    assert {name: len(each) for name, each in found.items()} == {
        name: len(each) for name, each in expected.items()
    }
    assert found == expected
    assert len(found["events"]) == COUNT
    assert min(map(len, found.values())) > 100


@st.composite
def _delivered(draw: st.DrawFn) -> tuple[list[Raw], list[list[Raw]], int]:
    """A few calls as they happened; in any order, some twice, in parts; and the size of batches."""
    made = draw(st.lists(calls(), min_size=2, max_size=12))
    clean = [raw | {"messageId": f"m{number:02}"} for number, raw in enumerate(made)]
    again = draw(st.lists(st.sampled_from(clean), max_size=4))
    mixed = draw(st.permutations([*clean, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=2)))
    parts = [mixed[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    return clean, parts, draw(st.integers(1, 5))


def test_any_order_of_any_few_calls(service: Service) -> None:
    with _Sender(service).connected() as sender:

        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
        @given(_delivered())
        def same(drawn: tuple[list[Raw], list[list[Raw]], int]) -> None:
            clean, parts, size = drawn
            assert sender.comes_to(parts, size) == sender.comes_to([clean])

        same()
