"""Whatever a step asks for that is counted over all customers is there when it was counted ahead."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from loyaltyloop.journey.model import Recommend, Source
from loyaltyloop.scores.recommending.figures import Lists
from loyaltyloop.scores.recommending.once import Rows
from loyaltyloop.scores.recommending.recommend import Wanted, counted_over_all, recommend
from loyaltyloop.scores.recommending.sources import SOURCES
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Figure
from tests.integration.scores.conftest import NOW, SHOP

pytestmark = pytest.mark.parametrize("little", [0], indirect=True)
TRIGGER = {"products": [{"product_id": "p01"}]}


def people(little: Any) -> list[Wanted]:
    return [Wanted(one, 100 + one, row["country"], TRIGGER) for one, row in little.customers.items()]


def test_nothing_else_is_counted(little: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    little.write(engine)
    words: tuple[Source, ...] = tuple(SOURCES)
    specs = [Recommend(products=24, sources=(word,)) for word in words] + [Recommend(products=24)]
    with read(engine) as connection:
        counts = {one: 0 for spec in specs for one in counted_over_all(connection, spec, SHOP, NOW)}
    for one in counts:
        one.ahead(partial(read, engine), partial(write, engine))
    ahead = number(engine)
    monkeypatch.setattr(Lists, "rows", _never)
    for spec in specs:
        with write(engine) as connection:
            assert recommend(connection, people(little), spec, SHOP, NOW)
    assert number(engine) == ahead > len(counts)


def test_who_only_reads_sees_the_same_and_keeps_nothing(little: Any, engine: Engine) -> None:
    little.write(engine)
    spec = Recommend(products=8)
    with read(engine) as connection:
        found = recommend(connection, people(little), spec, SHOP, NOW)
    assert number(engine) == 0
    with write(engine) as connection:
        assert recommend(connection, people(little), spec, SHOP, NOW) == found


def test_two_at_a_time_keep_what_the_first_has_put_there(little: Any, engine: Engine) -> None:
    little.write(engine)
    (once,) = _counts(engine, Recommend(sources=("bestsellers",)))
    with read(engine) as connection:
        late = once.rows(connection)
    once.ahead(partial(read, engine), partial(write, engine))
    with write(engine) as connection:
        once.keep(connection, late)
    assert number(engine) == len(late)


def _counts(engine: Engine, spec: Recommend) -> list[Any]:
    with read(engine) as connection:
        return list(counted_over_all(connection, spec, SHOP, NOW))


def _never(self: Lists, _connection: Connection) -> Rows:
    raise AssertionError(f"{self.kind} is counted by a step")


def number(engine: Engine) -> int:
    """Of rows that are kept."""
    with read(engine) as connection:
        return connection.execute(select(func.count()).select_from(Figure)).scalar_one()
