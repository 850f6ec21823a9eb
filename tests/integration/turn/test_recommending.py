"""A `recommend` step in turns: by the ranking that is live, kept with its version, the same at each try."""

from __future__ import annotations

from datetime import timedelta
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.cli.story import story
from loyaltyloop.journey.model import Recommend
from loyaltyloop.scores.recommending import sides
from loyaltyloop.scores.recommending.learned import MODEL
from loyaltyloop.scores.recommending.recommend import Dice, Wanted, as_value, recommend
from loyaltyloop.store.database import read, trial, write
from loyaltyloop.store.live.versions import load_newest, load_shop
from loyaltyloop.store.models import Body, Customer, Enrolment, Figure, Kept, Message, Product
from loyaltyloop.store.predictions.fitted import LIVE, Made, save
from loyaltyloop.store.telling.history import load_history
from tests.integration.scores.test_learned import ranker
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.turn.test_too_few_products import MESSAGE, PICKS

JOURNEY = dedent("""
    journey: picked
    about: Products for whoever signs up.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - recommend: picks
        products: 3
        exclude: []
      - send: letter
        template: test/letter
        at: "12:00"
    """)
SHOP = f"{DAYTIME}\nrecommendations: {{explore: 40%}}\n"
GOODS = [f"g{number}" for number in range(9)]
PEOPLE = ("ada", "bob", "cyd", "dan", "eve")
product: Table = Product.__table__  # type: ignore[attr-defined]
kept: Table = Kept.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
body: Table = Body.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
figure: Table = Figure.__table__  # type: ignore[attr-defined]


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """Five people who bought nine things among them; who signs up gets three."""
    rows = [{"product_id": name, "name": name.title(), "in_stock": True} for name in GOODS]
    with write(engine) as connection:
        connection.execute(insert(product), rows)
    stage = Stage(engine, JOURNEY, shop=SHOP, templates={"test/letter.html": MESSAGE.format(PICKS)})
    stage.knows(*PEOPLE)
    for number in range(15):
        bought = [{"product_id": GOODS[(number * step) % 9]} for step in (1, 2, 4)]
        at = f"2026-{1 + number % 2:02}-{1 + number:02} 10:00"
        told: dict[str, Any] = {"order_id": f"o{number}", "total": 5, "products": bought}
        stage.did(PEOPLE[number % 5], "Order Completed", at, **told)
    sides._loaded.clear()
    return stage


def live(engine: Engine, as_of: str) -> None:
    content = ranker().pack()
    with write(engine) as connection:
        save(connection, Made(MODEL, utc(as_of), content, content, {}), utc(as_of), LIVE)


def picks(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Customer → what is kept."""
    theirs = select(customer.c.key, kept.c.value).join(enrolment, enrolment.c.customer_id == customer.c.id)
    with read(engine) as connection:
        rows = connection.execute(theirs.join(kept, kept.c.enrolment_id == enrolment.c.id))
        return {row.key: row.value for row in rows}


def test_by_the_ranking_that_is_live_then(engine: Engine, stage: Stage) -> None:
    live(engine, "03-02 00:00")
    stage.did("ada", "Signed Up", "03-01 09:00")
    stage.turn("03-01 09:15")
    stage.did("bob", "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:15")
    models = {
        who: {one["model"] for one in some if not one.get("explores")} for who, some in picks(engine).items()
    }
    assert models["ada"] <= {"counted"} and models["bob"] <= {f"{MODEL} 1"}


def test_each_try_chooses_the_same_and_so_does_whoever_asks(engine: Engine, stage: Stage) -> None:
    live(engine, "03-01 00:00")
    for who in PEOPLE:
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.run("picked", "03-02 09:15", dry_run=True)
    assert picks(engine) == {}
    stage.turn("03-02 09:15")
    found = picks(engine)
    with read(engine) as connection:
        people = connection.execute(select(enrolment)).all()
        step = load_newest(connection, "picked").journey.step("picks")
        occurrences = {row.customer_key: (row.one_per, row.occurrence) for row in people}
        ids = {row.customer_key: row.customer_id for row in people}
    assert step is not None and isinstance(step.action, Recommend)
    sides._loaded.clear()
    for who in PEOPLE:
        wanted = Wanted(ids[who], 1, None, {}, Dice(who, "picked", "picks", *occurrences[who]))
        with trial(engine) as connection:
            asked = recommend(connection, [wanted], step.action, load_shop(connection), utc("03-02 09:15"))[1]
        assert as_value(asked) == found[who] and len(asked) == 3
    assert {one.get("explores", False) for some in found.values() for one in some} == {True, False}


def test_what_is_tried_out_is_told(engine: Engine, stage: Stage) -> None:
    live(engine, "03-01 00:00")
    for who in PEOPLE:
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:15")
    with read(engine) as connection:
        ids = connection.execute(select(customer.c.key, customer.c.id)).all()
        for key, number in ids:
            told = "\n".join(story(load_history(connection, number)))
            tried = sum(one.get("explores", False) for one in picks(engine)[key])
            assert told.count("tried out") == tried


def test_what_sells_out_before_the_hand_over_is_left_out(engine: Engine, stage: Stage) -> None:
    live(engine, "03-01 00:00")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:15")
    gone, *left = [one["product_id"] for one in picks(engine)["ada"]]
    with write(engine) as connection:
        connection.execute(update(product).where(product.c.product_id == gone).values(in_stock=False))
    stage.turn("03-02 12:15")
    with read(engine) as connection:
        [text] = connection.execute(select(body.c.text)).scalars()
    assert all(one.title() in text for one in left) and gone.title() not in text


def test_a_day_is_counted_once(engine: Engine, stage: Stage) -> None:
    live(engine, "03-01 00:00")
    for who, at in zip(PEOPLE, ("03-02 09:00", "03-02 10:00", "03-03 09:00"), strict=False):
        stage.did(who, "Signed Up", at)
        stage.turn((utc(at) + timedelta(minutes=15)).strftime("%m-%d %H:%M"))
    with read(engine) as connection:
        days = select(figure.c.as_of).where(figure.c.kind == sides.KIND).order_by(figure.c.as_of)
        assert list(connection.execute(days).scalars()) == [utc("03-02 00:00"), utc("03-03 00:00")]


def test_a_message_says_which_steps_it_shows(engine: Engine, stage: Stage) -> None:
    hello = "  - send: hello\n    template: test/hello\n"
    told = JOURNEY.replace("  - send: letter", f"{hello}  - send: letter")
    stage.apply("2026-03-01 08:00", told, shop=SHOP)
    stage.did("ada", "Signed Up", "03-02 09:00")
    for at in ("03-02 09:15", "03-02 12:15"):
        stage.turn(at)
    with read(engine) as connection:
        rows = connection.execute(select(message.c.step, message.c.offers).order_by(message.c.step))
        assert [tuple(row) for row in rows] == [("hello", None), ("letter", "picks")]
