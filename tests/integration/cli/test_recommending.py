"""`loop recommend`: a person's products with their reasons, and what was passed over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Customer, Enrolment, Figure, Kept, Order, OrderLine, Product
from tests.integration.cli.conftest import Loop
from tests.integration.scores.conftest import NOW, customer, line, order, product

AS_OF = NOW.isoformat()
PICKING = """\
journey: picking
about: Products.
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
steps:
  - {recommend: picks, products: 1, from: [trending]}
  - {wait: 2 days}
"""


@pytest.fixture
def shop(loop: Loop, engine: Engine, project: Path) -> None:
    """Two customers, four products; one of them is sold out."""
    (project / "journeys" / "picking.yaml").write_text(PICKING)
    assert loop("apply", "--yes", "--now", AS_OF).code == 0
    goods = [product(one, one.title(), "Mugs", price=1250) for one in ("ant", "bee", "cat", "dog")]
    goods[3]["in_stock"] = False
    at, lately = NOW - timedelta(days=30), NOW - timedelta(days=4)
    orders = [order("o1", 2, at), order("o2", 2, lately), order("o3", 2, lately), order("o4", 1, lately)]
    lines = [line("o1", one, 2, at) for one in ("ant", "bee", "dog")]
    lines += [line("o2", "dog", 2, lately), line("o3", "bee", 2, lately), line("o4", "cat", 1, lately)]
    with write(engine) as connection:
        connection.execute(insert(Customer), [customer(1, "GB"), customer(2, "GB")])
        connection.execute(insert(Product), goods)
        connection.execute(insert(Order), orders)
        connection.execute(insert(OrderLine), lines)


@pytest.mark.usefixtures("shop")
def test_products_with_reasons(loop: Loop) -> None:
    told = loop("recommend", "c1", "--now", AS_OF)
    assert told.code == 0
    rows = [[cell.strip() for cell in row.split("│")[1:-1]] for row in told.out.splitlines() if "│" in row]
    assert rows == [
        ["1", "bee", "Bee", "12.50 GBP", "In demand right now", "trending"],
        ["2", "ant", "Ant", "12.50 GBP", "Popular in the United Kingdom this season", "popular_here"],
    ]
    assert "Chosen by: counted, as of 2010-09-16 10:30 UTC." in told.out
    assert "passed over" not in told.out


@pytest.mark.usefixtures("shop")
def test_what_was_passed_over_and_why(loop: Loop) -> None:
    document = loop("recommend", "c1", "--now", AS_OF, "--why", "--json").data
    assert document["customer"] == "c1" and document["now"] == AS_OF and document["model"] == "counted"
    assert {one["product_id"]: one["why"] for one in document["passed_over"]} == {
        "cat": "bought lately",
        "dog": "out of stock",
    }
    assert "out of stock" in loop("recommend", "c1", "--now", AS_OF, "--why").out


@pytest.mark.usefixtures("shop")
def test_of_so_many_products_and_as_a_step_chooses(loop: Loop) -> None:
    one = loop("recommend", "c1", "--now", AS_OF, "--products", "1", "--json").data["products"]
    assert [each["product_id"] for each in one] == ["bee"]
    step = loop("recommend", "c1", "--now", AS_OF, "--step", "picking.picks", "--json").data["products"]
    assert [(each["product_id"], each["source"]) for each in step] == [("bee", "trending")]
    assert step[0] | {"score": None, "explores": False, "model": "counted"} == step[0]


@pytest.mark.usefixtures("shop")
def test_nothing_remains_of_it(loop: Loop, engine: Engine) -> None:
    loop("recommend", "c1", "--now", AS_OF)
    with read(engine) as connection:
        for model in (Figure, Kept, Enrolment):
            assert connection.execute(select(func.count()).select_from(model)).scalar() == 0


@pytest.mark.usefixtures("shop")
def test_what_is_tried_out_is_marked(loop: Loop, engine: Engine, project: Path) -> None:
    path = project / "journeys" / "shop.yaml"
    path.write_text(f"{path.read_text()}\nrecommendations: {{explore: 100%}}\n")
    assert loop("apply", "--yes", "--now", AS_OF).code == 0
    goods = [product(f"p{number}", f"P{number}", "Mugs", price=1250) for number in range(9)]
    with write(engine) as connection:
        connection.execute(insert(Product), goods)
        lines = [line("o5", one["product_id"], 2, NOW - timedelta(days=5)) for one in goods]
        connection.execute(insert(Order), [order("o5", 2, NOW - timedelta(days=5))])
        connection.execute(insert(OrderLine), lines)
    found = loop("recommend", "c1", "--now", AS_OF, "--json").data["products"]
    assert [one["explores"] for one in found] == [True] * 4
    assert "tried out" in loop("recommend", "c1", "--now", AS_OF).out


@pytest.mark.usefixtures("shop")
def test_it_waits_for_no_writer_and_none_for_it(loop: Loop, engine: Engine) -> None:
    with write(engine):
        told = loop("recommend", "c1", "--now", AS_OF)
    assert told.code == 0 and "In demand right now" in told.out


@pytest.mark.usefixtures("shop")
def test_a_step_that_was_renamed_tries_out_the_same(loop: Loop, engine: Engine, project: Path) -> None:
    path, goods = project / "journeys" / "shop.yaml", [f"p{number}" for number in range(9)]
    path.write_text(f"{path.read_text()}\nrecommendations: {{explore: 50%}}\n")
    with write(engine) as connection:
        connection.execute(insert(Product), [product(one, one, "Mugs") for one in goods])
        connection.execute(insert(OrderLine), [line("o1", one, 2, NOW - timedelta(days=4)) for one in goods])
    found = []
    for name in ("picks", "choice, was: picks"):
        steps = f"  - {{recommend: {name}, products: 9, exclude: []}}\n  - {{wait: 2 days}}\n"
        (project / "journeys" / "picking.yaml").write_text(PICKING.partition("  - {rec")[0] + steps)
        assert loop("apply", "--yes", "--now", AS_OF).code == 0
        step = f"picking.{name.partition(',')[0]}"
        found.append(loop("recommend", "c1", "--step", step, "--now", AS_OF, "--json").data["products"])
    assert found[0] == found[1] and {one["explores"] for one in found[0]} == {True, False}


@pytest.mark.usefixtures("shop")
def test_what_a_step_would_do_otherwise_is_said(loop: Loop, project: Path) -> None:
    step = "{recommend: picks, products: 9, at_least: 3, from: [with_trigger, trending]}"
    text = PICKING.replace("{recommend: picks, products: 1, from: [trending]}", step)
    (project / "journeys" / "picking.yaml").write_text(text)
    assert loop("apply", "--yes", "--now", AS_OF).code == 0
    notes = [
        "with_trigger: says nothing here, as nobody has entered by anything.",
        "The step wants 3 products at least, and would keep none.",
    ]
    asked = ("recommend", "c1", "--step", "picking.picks", "--now", AS_OF)
    assert loop(*asked, "--json").data["notes"] == notes
    assert loop(*asked).out.splitlines()[-2:] == [f"Note: {note}" for note in notes]
    assert loop("recommend", "c1", "--now", AS_OF, "--json").data["notes"] == []


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nobody"], 1, "There is no customer 'nobody'"),
        (["c1", "--products", "25"], 2, "25 is not in the range"),
        (["c1", "--step", "picks"], 2, "write the journey and its step, as in 'welcome.picks'"),
        (
            ["c1", "--step", "picking.pics"],
            2,
            "'pics' of 'picking' recommends nothing. Did you mean 'picks'?",
        ),
        (["c1", "--step", "nothing.picks"], 2, "No journey 'nothing' was ever applied."),
    ],
)
def test_mistakes_are_told(loop: Loop, arguments: list[str], code: int, said: str) -> None:
    told = loop("recommend", *arguments, "--now", AS_OF)
    assert told.code == code and said in told.err


def test_a_shop_without_anything(loop: Loop, engine: Engine) -> None:
    loop("apply", "--yes", "--now", AS_OF)
    with write(engine) as connection:
        connection.execute(insert(Customer), [customer(1, None)])
    told = loop("recommend", "c1", "--now", AS_OF, "--why")
    assert told.code == 0 and told.out.splitlines() == [
        "Nothing to recommend to c1.",
        "Nothing was passed over.",
    ]
