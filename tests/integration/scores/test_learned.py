"""`best` by the learned ranking: its order past what is never shown, the same however often it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from sqlalchemy import Engine, delete, func, insert, select, update

from loyaltyloop.journey.conditions.condition import Compare, Where
from loyaltyloop.journey.model import Recommend, Recommending
from loyaltyloop.scores.purchases.reading import read_looks, read_past
from loyaltyloop.scores.ranking.features import FEATURES
from loyaltyloop.scores.ranking.net import Net
from loyaltyloop.scores.ranking.order import rank
from loyaltyloop.scores.ranking.ranker import Ranker
from loyaltyloop.scores.recommending import learned, sides
from loyaltyloop.scores.recommending import recommend as recommending
from loyaltyloop.scores.recommending.learned import MODEL
from loyaltyloop.scores.recommending.recommend import Dice, PassedOver, Pick, Wanted, recommend
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Figure, FittedModel, OrderLine
from loyaltyloop.store.predictions.fitted import LIVE, Made, live_version, save
from tests.integration.scores.conftest import DAY, NOW, SHOP, customer, line, view

pytestmark = pytest.mark.parametrize("little", [0], indirect=True)
Ask = Callable[..., dict[int, list[Pick]]]
ALL = Recommend(products=8, exclude=())
DAY_LONG = timedelta(days=1)


def ranker() -> Ranker:
    """One that goes by a few features alone."""
    likes = {"orders_with": 1.0, "goes": 2.0, "together": 1.0, "of_trend_14": 0.5, "viewed": 0.7}
    weights = np.array([[likes.get(name, 0.0)] for name in FEATURES], np.float32)
    number = np.zeros(len(FEATURES), np.float32), np.ones(len(FEATURES), np.float32)
    return Ranker(DAY, (Net(*number, (weights,), (np.zeros(1, np.float32),)),), 60)


@pytest.fixture
def fitted(little: Any, engine: Engine) -> Any:
    """The little shop; a ranking is live since the day before yesterday. Customer 20 bought nothing."""
    for one in little.lines:
        one["arrived_at"] = min(one["arrived_at"], NOW - timedelta(minutes=1))
    little.customers[20] = customer(20, "DE")
    little.write(engine)
    content = ranker().pack()
    with write(engine) as connection:
        made = Made(MODEL, DAY - timedelta(days=2), content, content, {})
        save(connection, made, DAY, LIVE)
    sides._loaded.clear()
    return little


def people(little: Any) -> list[Wanted]:
    return [
        Wanted(one, 100 + one, row["country"], {}, Dice(row["key"], "welcome", "picks"))
        for one, row in little.customers.items()
    ]


def test_it_is_the_order_of_the_ranking(fitted: Any, engine: Engine, ask: Ask) -> None:
    found = ask(people(fitted), ALL)
    with read(engine) as connection:
        past = read_past(connection, NOW, "GBP")
        side = sides.side_of(connection, NOW, "GBP")
        ranking = rank(ranker(), side, past, read_looks(connection, past), 8)
    for row, one in enumerate(past.customers.tolist()):
        ranked = [ranking.products[place] for place in ranking.what[row] if place >= 0]
        picks = [pick for pick in found[100 + one] if pick.model == f"{MODEL} 1"]
        assert [pick.product_id for pick in picks] == ranked and len(picks) > 3
        scores = [pick.score or 0.0 for pick in picks]
        assert scores == sorted(scores, reverse=True)


def test_who_bought_nothing_is_left_to_the_counted_lists(fitted: Any, ask: Ask) -> None:
    picks = ask(people(fitted), ALL)[120]
    assert picks and {pick.model for pick in picks} == {"counted"}


def test_what_is_heard_of_later_is_no_reason(fitted: Any, engine: Engine, ask: Ask) -> None:
    before = ask(people(fitted), ALL)
    with write(engine) as connection:
        told = [line(f"late{who}", "p01", who, DAY - 3 * DAY_LONG, NOW + DAY_LONG) for who in (3, 20)]
        connection.execute(insert(OrderLine), told)
    assert ask(people(fitted), ALL) == before
    later = ask(people(fitted), ALL, now=NOW + 2 * DAY_LONG)
    assert f"{MODEL} 1" in {pick.model for pick in later[120]}


def test_one_alone_gets_what_one_among_many_gets(fitted: Any, ask: Ask) -> None:
    together = ask(people(fitted), ALL)
    assert {who.enrolment_id: ask([who], ALL)[who.enrolment_id] for who in people(fitted)} == together


def test_what_is_counted_of_products_is_counted_once_a_day(fitted: Any, engine: Engine, ask: Ask) -> None:
    """A worker that starts again reads what the first choices were made by, whatever came meanwhile."""
    before = ask(people(fitted), ALL)
    stranger = [line("late", f"p{number:02}", 12, DAY - timedelta(days=3), NOW) for number in range(9)]
    with write(engine) as connection:
        connection.execute(insert(OrderLine), stranger)
    sides._loaded.clear()
    mine = [who for who in people(fitted) if who.customer_id != 12]
    assert ask(mine, ALL) == {key: picks for key, picks in before.items() if key != 112}
    with write(engine) as connection:
        kept = select(func.count()).where(Figure.kind == sides.KIND)  # type: ignore[arg-type]
        assert connection.execute(kept).scalar() == 1
        connection.execute(delete(Figure).where(Figure.kind == sides.KIND))  # type: ignore[arg-type]
    sides._loaded.clear()
    assert ask(mine, ALL) == {key: picks for key, picks in before.items() if key != 112}


def test_what_another_version_counted_is_counted_once_more(fitted: Any, engine: Engine, ask: Ask) -> None:
    before = ask(people(fitted), ALL)
    with write(engine) as connection:
        spoiled = update(Figure).where(Figure.kind == sides.KIND)  # type: ignore[arg-type]
        connection.execute(spoiled.values(content=b"other", value={"digest": "other"}))
    sides._loaded.clear()
    assert ask(people(fitted), ALL) == before
    assert ask(people(fitted), ALL) == before


def test_what_is_old_is_forgotten(fitted: Any, engine: Engine, ask: Ask) -> None:
    for days in (0, 1, 8):
        ask(people(fitted), ALL, now=NOW + timedelta(days=days))
    with read(engine) as connection:
        of_side = select(Figure.as_of).where(Figure.kind == sides.KIND)  # type: ignore[call-overload]
        assert sorted(connection.execute(of_side).scalars()) == [
            DAY + timedelta(days=1),
            DAY + timedelta(days=8),
        ]


@pytest.mark.parametrize(
    ("now", "spoiled"), [(NOW - timedelta(days=3), False), (NOW, True)], ids=["before it knew", "unreadable"]
)
def test_where_none_is_live_the_mix_serves(
    fitted: Any, engine: Engine, ask: Ask, now: datetime, spoiled: bool
) -> None:
    if spoiled:
        with write(engine) as connection:
            connection.execute(update(FittedModel).values(content=b"spoiled", digest="other"))
    picks = [pick for some in ask(people(fitted), ALL, now=now).values() for pick in some]
    assert picks and {pick.model for pick in picks} == {"counted"}
    assert "best" not in {pick.source for pick in picks}


def test_reasons_are_true(fitted: Any, ask: Ask) -> None:
    told: set[str] = set()
    everything = Recommend(products=24, exclude=())
    for who in people(fitted):
        days: dict[str, set[Any]] = {}
        for one in fitted.lines:
            if one["customer_id"] == who.customer_id:
                days.setdefault(one["product_id"], set()).add(one["ordered_at"].date())
        names = {fitted.products[one]["name"] for one in days}
        for pick in ask([who], everything)[who.enrolment_id]:
            times = len(days.get(pick.product_id, ()))
            told.add(pick.source)
            match pick.source:
                case "repeat":
                    assert times > 1 and pick.reason in (
                        "You have bought this twice",
                        f"You have bought this {times} times",
                    )
                case "best":
                    assert times == 1 and pick.reason == "You have bought this before"
                case "bought_together":
                    assert pick.reason.removeprefix("Goes with your ") in names
    assert {"repeat", "best", "bought_together"} <= told


def test_what_is_never_shown_is_not_shown_by_the_ranking(fitted: Any, ask: Ask) -> None:
    lately = NOW - timedelta(days=90)
    for who in people(fitted):
        own = [one for one in fitted.lines if one["customer_id"] == who.customer_id]
        bought = {one["product_id"] for one in own if one["ordered_at"] >= lately}
        picks = ask([who], Recommend(products=8))[who.enrolment_id]
        assert not bought & {pick.product_id for pick in picks if pick.source != "repeat"}


def test_what_they_ever_bought_can_be_left_out(fitted: Any, ask: Ask) -> None:
    for who in people(fitted):
        own = {one["product_id"] for one in fitted.lines if one["customer_id"] == who.customer_id}
        picks = ask([who], Recommend(products=8, exclude=("owned",)))[who.enrolment_id]
        assert picks and not own & {pick.product_id for pick in picks}


def test_where_is_asked_before_the_ranking_ends(
    fitted: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though all that it puts first may be of another category."""
    monkeypatch.setattr(recommending, "LONGEST", 3)
    mugs = Where((("category", (Compare("is", "Mugs"),)),))
    found = ask(people(fitted), Recommend(products=3, exclude=(), where=mugs))
    assert all(
        fitted.products[pick.product_id]["category"] == "Mugs" for some in found.values() for pick in some
    )
    models = [[pick.model for pick in some] for key, some in found.items() if key != 120]
    assert sum(some == [f"{MODEL} 1"] * 3 for some in models) > len(models) / 2


def test_looks_count(fitted: Any, engine: Engine, ask: Ask) -> None:
    from loyaltyloop.store.models import Event

    [who] = [who for who in people(fitted) if who.customer_id == 3]
    before = ask([who], ALL)[103]
    least = before[-1].product_id
    looks = [view(1000 + number, 3, least, NOW - timedelta(hours=number + 1)) for number in range(9)]
    with write(engine) as connection:
        connection.execute(insert(Event), looks)
    after = [pick.product_id for pick in ask([who], ALL)[103]]
    assert after.index(least) < len(before) - 1


def test_a_share_is_tried_out(fitted: Any, engine: Engine) -> None:
    shop = replace(SHOP, recommending=Recommending(explore=Decimal("0.5")))
    with write(engine) as connection:
        found = recommend(connection, people(fitted), Recommend(products=4), shop, NOW)
    picks = [pick for some in found.values() for pick in some]
    assert {pick.model for pick in picks if not pick.explores} == {f"{MODEL} 1", "counted"}
    assert any(pick.explores for pick in picks)


def test_other_sources_ask_no_model(fitted: Any, ask: Ask) -> None:
    found = ask(people(fitted), Recommend(products=4, sources=("bestsellers",)))
    assert {(pick.model, pick.score) for picks in found.values() for pick in picks} == {("counted", None)}


def test_a_shop_without_orders_has_nothing_to_rank(little: Any, engine: Engine, ask: Ask) -> None:
    content = ranker().pack()
    little.lines, little.orders = [], []
    little.write(engine)
    with write(engine) as connection:
        save(connection, Made(MODEL, DAY, content, content, {}), DAY, LIVE)
    assert not [
        pick for some in ask(people(little), ALL).values() for pick in some if pick.model != "counted"
    ]


@pytest.mark.parametrize("kept", ["one line", "one product", "one day", "unknown products"])
def test_hardly_anything_to_rank(little: Any, engine: Engine, ask: Ask, kept: str) -> None:
    """Whatever comes of it, it is a list that names each product once."""
    match kept:
        case "one line":
            little.lines = little.lines[:1]
        case "one product":
            little.lines = [one for one in little.lines if one["product_id"] == "p00"]
        case "one day":
            for one in little.lines:
                one["ordered_at"] = one["arrived_at"] = DAY - timedelta(days=5)
        case _:
            little.lines = [
                {**one, "product_id": f"x{number}"} for number, one in enumerate(little.lines[:40])
            ]
    little.write(engine)
    content = ranker().pack()
    with write(engine) as connection:
        save(connection, Made(MODEL, DAY, content, content, {}), DAY, LIVE)
    sides._loaded.clear()
    for picks in ask(people(little), ALL).values():
        names = [pick.product_id for pick in picks]
        assert len(set(names)) == len(names) and set(names) <= set(little.products)


def test_a_ranking_that_breaks_leaves_all_to_the_counted_lists(
    fitted: Any, engine: Engine, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned, "rank", Mock(side_effect=IndexError))
    passed: list[PassedOver] = []
    with read(engine) as connection:
        shown = recommend(connection, people(fitted), ALL, SHOP, NOW, passed, on_record=False)
        before = live_version(connection, MODEL, NOW)
    with write(engine) as connection:
        found = recommend(connection, people(fitted), ALL, SHOP, NOW)
        after = live_version(connection, MODEL, NOW)
    assert (before and before.broke, after and after.broke) == (None, "IndexError")
    assert {pick.model for picks in found.values() for pick in picks} == {"counted"}
    assert found == shown == ask(people(fitted), ALL)


def test_a_machine_without_memory_sets_no_ranking_aside(
    fitted: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned, "rank", Mock(side_effect=MemoryError))
    with write(engine) as connection:
        with pytest.raises(MemoryError):
            recommend(connection, people(fitted), ALL, SHOP, NOW)
        live = live_version(connection, MODEL, NOW)
    assert live and live.broke is None
