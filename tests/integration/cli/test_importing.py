"""`loop import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Event, Product
from tests.integration.cli.conftest import Loop
from tests.integration.store.shops import SHOP, customer

PRODUCTS = "product_id,name,price\n1,Tea,4.50\n2,Mug,cheap\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of the three kinds of file."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "customers.csv").write_text("user_id,first_name,created_at\nada,Ada,2020-01-01\n")
    (folder / "products.csv").write_text(PRODUCTS)
    call = {"type": "track", "event": "Signed Up", "userId": "ada", "timestamp": "2026-03-01T09:00:00Z"}
    (folder / "events.jsonl").write_text(json.dumps(call) + "\n")
    return folder


def test_an_import_needs_nothing_live_and_tells_what_became_of_each_file(
    loop: Loop, engine: Engine, files: Path
) -> None:
    ran = loop("import", str(files), "--json", "--now", "2026-03-02")
    assert ran.code == 0
    told = [
        [Path(file["path"]).name, *(file[key] for key in ("kind", "read", "taken", "duplicates", "rejected"))]
        for file in ran.data["files"]
    ]
    assert told == [
        ["customers.csv", "customers", 1, 1, 0, 0],
        ["products.csv", "products", 2, 1, 0, 1],
        ["events.jsonl", "events", 1, 1, 0, 0],
    ]
    with read(engine) as connection:
        found = connection.execute(select(Product.__table__.c.price, Product.__table__.c.currency))  # type: ignore[attr-defined]
        assert [tuple(row) for row in found] == [(450, "GBP")]


def test_what_is_printed_for_people(loop: Loop, files: Path) -> None:
    loop("import", str(files / "products.csv"))
    ran = loop("import", str(files / "products.csv"))
    rejected = files / "products.rejected.csv"
    assert ran.out == (
        f"{files / 'products.csv'}: 2 products read, 0 taken, 1 there already, 1 rejected, see {rejected}.\n"
    )


def test_columns_that_became_attributes_are_named(loop: Loop, files: Path) -> None:
    path = files / "customers.csv"
    path.write_text("user_id,first_name,shoe size,orders,vip\nada,Ada,38,2,true\n")
    ran = loop("import", str(path))
    assert ran.out.splitlines()[1:] == [
        "  attributes of your own: shoe size, vip.",
        "  column 'orders' is kept by the shop's own events and was passed over.",
    ]
    [told] = loop("import", str(path), "--json").data["files"]
    assert (told["attributes"], told["duplicates"]) == (["shoe size", "vip"], 1)
    assert loop("import", str(files / "events.jsonl"), "--json").data["files"][0]["attributes"] == []


def test_a_column_called_nearly_as_a_known_one_stops_the_file(
    loop: Loop, engine: Engine, files: Path
) -> None:
    (files / "customers.csv").write_text("user_id,e-mail\nada,ada@example.com\n")
    ran = loop("import", str(files))
    assert (ran.code, ran.out) == (1, "")
    assert "'e-mail' is probably 'email'" in ran.err
    with read(engine) as connection:
        assert connection.execute(select(Event.__table__)).all() == []  # type: ignore[attr-defined]


def test_a_file_at_fault_is_exit_1_and_one_clear_word(
    loop: Loop, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "customers.csv").write_bytes("user_id,city\n1,Málaga\n".encode("latin-1"))
    ran = loop("import", str(files))
    assert ran.code == 1
    assert "customers.csv, line 2: not UTF-8" in ran.err
    assert "Traceback" not in ran.err
    assert loop("import").code == 2


def test_without_a_shop_nothing_can_be_imported(loop: Loop, project: Path, files: Path) -> None:
    (project / "journeys" / "shop.yaml").unlink()
    ran = loop("import", str(files))
    assert (ran.code, "There is no journeys/shop.yaml" in ran.err) == (1, True)


def test_customers_without_a_zone_follow_the_shops(
    loop: Loop, engine: Engine, project: Path, files: Path
) -> None:
    from loyaltyloop.journey.reading.reader import read_shop
    from loyaltyloop.store.events.apply import apply_events
    from tests.integration.store.shops import NOW

    (files / "customers.csv").write_text("user_id,country\nada,\nben,US\n")
    loop("import", str(files / "customers.csv"))
    loop("apply", "--yes")
    apply_events(engine, NOW, read_shop(SHOP))
    (project / "journeys" / "shop.yaml").write_text(SHOP.replace("Europe/London", "Asia/Tokyo"))
    assert loop("apply", "--yes").code == 0
    with read(engine) as connection:
        zones = connection.execute(select(customer.c.key, customer.c.zone).order_by("key"))
        assert [tuple(row) for row in zones] == [("ada", "Asia/Tokyo"), ("ben", "America/New_York")]


def test_damaged_orders_are_taken_and_told(loop: Loop, engine: Engine, files: Path) -> None:
    """Nothing is lost, and nobody believes that all is well."""
    sent = [
        ("Order Completed", {"order_id": "1", "total": "12,50"}),
        ("Order Completed", {"total": 12.5}),
        ("Order Complete", {"order_id": "3", "total": 12.5}),
        ("Order Completed", {"order_id": "4", "total": 12.5}),
    ]
    lines = [
        {"type": "track", "event": name, "userId": "ada", "timestamp": f"2026-03-0{day}", "properties": told}
        for day, (name, told) in enumerate(sent, 1)
    ]
    (files / "events.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    ran = loop("import", str(files / "events.jsonl"))
    assert ran.out.splitlines() == [
        f"{files / 'events.jsonl'}: 4 events read, 4 taken.",
        "  an amount that cannot be read, and so is not known: line 1, "
        "total '12,50': write a number such as 12.50.",
        "  an event of an order without order_id, of which no order comes: line 2, "
        "'Order Completed' without order_id.",
        "  'Order Complete' is no event that Loyalty Loop knows (did you mean 'Order Completed'?): line 3.",
    ]
