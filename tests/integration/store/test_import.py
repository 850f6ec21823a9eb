"""Files come in whole, in part with reasons, or not at all; twice is the same as once."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.errors import DataError
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.importing.imports import FileReport, import_paths
from loyaltyloop.store.models import Consent, Customer, Event, Imported, Order, OrderLine, Product
from tests.integration.store.shop import NOW, SHOP, at, feed, one, rows, track

CUSTOMERS = "user_id,email,first_name,birthday,country,created_at,consent_email,shoe,zip,vip\n"
PRODUCTS = "product_id,name,category,price,currency,url,in_stock,tags\n"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def bring(engine: Engine, *paths: Path, now: datetime = NOW) -> list[FileReport]:
    return import_paths(engine, paths, now, SHOP)


def counts(report: FileReport) -> tuple[str, int, int, int, int]:
    return report.kind, report.read, report.taken, report.duplicates, report.rejected


def test_customers_become_known_with_their_attributes(engine: Engine, tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "customers.csv",
        CUSTOMERS
        + "1,ada@example.com,Ada,1990-02-28,gb,2010-01-01,true,38,02134,true\n"
        + "2,,,1900-01-01,,,no,38.5,,\n",
    )
    (report,) = bring(engine, path)
    assert counts(report) == ("customers", 2, 2, 0, 0)
    assert report.notes == ("left out as placeholders, such as 1900-01-01: 1 date",)
    apply_events(engine, NOW, SHOP)
    ada, bob = rows(engine, Customer, "key")
    assert (ada.email, ada.first_name, ada.birthday, ada.country, ada.zone_from) == (
        "ada@example.com",
        "Ada",
        date(1990, 2, 28),
        "GB",
        "country",
    )
    assert ada.attributes == {"shoe": 38, "zip": "02134", "vip": True}
    assert (ada.created_at, ada.last_seen_at) == (datetime(2010, 1, 1, tzinfo=UTC), None)
    assert (bob.email, bob.birthday, bob.attributes) == (None, None, {"shoe": 38.5})
    assert {row.customer_id: row.given for row in rows(engine, Consent)} == {ada.id: True, bob.id: False}
    arrivals = [row.arrived_at for row in rows(engine, Event, "id")]
    assert arrivals == [datetime(2010, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]


def test_importing_again_adds_nothing_and_a_changed_row_is_news(engine: Engine, tmp_path: Path) -> None:
    path = put(tmp_path, "customers.csv", "user_id,city\n1,Paris\n2,Rome\n")
    bring(engine, path)
    assert counts(bring(engine, path)[0]) == ("customers", 2, 0, 2, 0)
    for number, city in enumerate(("Athens", "Paris", "Oslo")):
        put(tmp_path, "customers.csv", f"user_id,city\n1,{city}\n2,Rome\n")
        later = NOW + timedelta(days=number)
        assert counts(bring(engine, path, now=later)[0]) == ("customers", 2, 1, 1, 0)
        apply_events(engine, later, SHOP)
        assert [row.city for row in rows(engine, Customer, "key")] == [city, "Rome"]
    assert len(rows(engine, Imported)) == 2


def test_rows_that_cannot_be_taken_are_written_with_their_reason(engine: Engine, tmp_path: Path) -> None:
    bad = {
        "2,x,,,,,,,,": "email 'x' is no e-mail address",
        "3,,,31/12/1990,,,,,,": "birthday '31/12/1990' is no date: write it as 1990-12-31",
        "4,,,,United Kingdom,,,,,": "country 'United Kingdom' is no ISO 3166 code: write GB",
        "5,,,,Narnia,,,,,": "country 'Narnia' is no ISO 3166 code, such as GB",
        "6,,,,,soon,,,,": "created_at 'soon' is no instant: write 2026-01-31T10:00:00Z, or 2026-01-31",
        "7,,,,,2031-01-01,,,,": "created_at '2031-01-01' lies in the future",
        "8,,,,,,maybe,,,": "consent_email is 'maybe': write true, false, or nothing where it is not known",
        ",a@example.com,,,,,,,,": "user_id is empty",
        "1,,,,,,,,,": "user_id '1' stands in an earlier row of this file",
        "9,half": "2 fields where the header has 10",
        "1,y,,,Narnia,,,,,": (
            "user_id '1' stands in an earlier row of this file; email 'y' is no e-mail address; "
            "country 'Narnia' is no ISO 3166 code, such as GB"
        ),
    }
    path = put(tmp_path, "customers.csv", CUSTOMERS + "1,,Ada,,,,,,,\n" + "".join(f"{row}\n" for row in bad))
    assert counts(bring(engine, path)[0]) == ("customers", 12, 1, 0, 11)
    rejected = (tmp_path / "customers.rejected.csv").read_text().splitlines()
    assert rejected[0] == CUSTOMERS.strip() + ",reason"
    for line, (row, reason) in zip(rejected[1:], bad.items(), strict=True):
        assert line.startswith(row)
        assert line.replace('"', "").endswith(reason)


def test_rejected_rows_are_mended_and_imported_from_where_they_were_written(
    engine: Engine, tmp_path: Path
) -> None:
    path = put(tmp_path, "customers.csv", "user_id,country\n1,GB\n2,England\n")
    bring(engine, path)
    rejected = tmp_path / "customers.rejected.csv"
    put(tmp_path, rejected.name, rejected.read_text().replace("2,England", "2,GB"))
    assert counts(bring(engine, rejected)[0]) == ("customers", 1, 1, 0, 0)
    assert not rejected.exists()
    apply_events(engine, NOW, SHOP)
    assert [row.attributes for row in rows(engine, Customer)] == [{}, {}]


def test_a_clean_file_leaves_no_rejects_behind(engine: Engine, tmp_path: Path) -> None:
    path = put(tmp_path, "customers.csv", "user_id,country\n2,England\n")
    bring(engine, path)
    put(tmp_path, "customers.csv", "user_id,country\n2,GB\n")
    bring(engine, path)
    assert [found.name for found in tmp_path.glob("*.csv")] == ["customers.csv"]


def test_products_and_their_changes(engine: Engine, tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "products.csv",
        PRODUCTS
        + "tea,Green tea,Tea,4.50,,https://shop.example/tea,,green|loose\n"
        + "mug,Mug,,1200,JPY,,no,\n",
    )
    assert counts(bring(engine, path)[0]) == ("products", 2, 2, 0, 0)
    mug, tea = rows(engine, Product, "product_id")
    assert (tea.price, tea.currency, tea.in_stock, tea.tags) == (450, "GBP", True, ["green", "loose"])
    assert (mug.price, mug.currency, mug.in_stock, mug.category) == (1200, "JPY", False, None)
    assert counts(bring(engine, path)[0]) == ("products", 2, 0, 2, 0)
    put(tmp_path, "products.csv", path.read_text().replace("4.50", "5"))
    assert counts(bring(engine, path)[0]) == ("products", 2, 1, 1, 0)
    assert {row.product_id: row.price for row in rows(engine, Product)} == {"tea": 500, "mug": 1200}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Tea,,,,,,", "product_id is empty"),
        ("1,,,,,,,", "name is empty"),
        ("1,Tea,,£4,,,,", "price '£4' is no amount: write it as 12.50, without a currency sign"),
        ("1,Tea,,-4,,,,", "price '-4' is no amount: write it as 12.50, without a currency sign"),
        ("1,Tea,,4.505,,,,", "price '4.505' has more decimals than GBP has"),
        ("1,Tea,,4,pounds,,,", "currency 'pounds' is no ISO 4217 code, such as GBP"),
        ("1,Tea,,,,/tea,,", "url '/tea': write the whole address, beginning with https://"),
        ("1,Tea,,,,,few,", "in_stock is 'few': write true or false"),
        (
            ",,,£4,,/tea,,",
            "product_id is empty; name is empty; price '£4' is no amount: write it as 12.50, without a "
            "currency sign; url '/tea': write the whole address, beginning with https://",
        ),
    ],
)
def test_products_that_cannot_be_taken(engine: Engine, tmp_path: Path, row: str, reason: str) -> None:
    bring(engine, put(tmp_path, "products.csv", PRODUCTS + row + "\n"))
    assert reason in (tmp_path / "products.rejected.csv").read_text().replace('"', "")
    assert rows(engine, Product) == []


def test_orders_follow_the_catalogue_where_they_name_no_category(engine: Engine, tmp_path: Path) -> None:
    products = [{"product_id": "tea"}, {"product_id": "mug", "category": "Gifts"}]
    feed(engine, [track("ada", "Order Completed", at(9), order_id="1", products=products)])
    apply_events(engine, NOW, SHOP)
    assert one(engine, Customer).favourite_category == "Gifts"
    path = put(tmp_path, "products.csv", "product_id,name,category\ntea,Tea,Drinks\nmug,Mug,Ware\n")
    bring(engine, path)
    assert one(engine, Customer).favourite_category == one(engine, Order).main_category == "Drinks"
    assert {row.category for row in rows(engine, OrderLine)} == {"Drinks", "Gifts"}


def line(**change: Any) -> str:
    raw: Mapping[str, Any] = {
        "type": "track",
        "event": "A",
        "userId": "1",
        "timestamp": "2010-05-01T09:00:00Z",
    }
    return json.dumps({**raw, **change}) + "\n"


def test_lines_of_events(engine: Engine, tmp_path: Path) -> None:
    text = "\ufeff" + line() + "\n" + line() + line(timestamp="1970-01-01T00:00:00Z") + '{"type": "track"\n'
    text += line(timestamp="2027-01-01T00:00:00Z") + line(userId="2").strip()
    path = put(tmp_path, "events.jsonl.gz", gzip.compress(text.encode()))
    assert counts(bring(engine, path)[0]) == ("events", 6, 2, 1, 3)
    rejected = [json.loads(row) for row in (tmp_path / "events.rejected.jsonl").read_text().splitlines()]
    assert [(row["line"], row["reason"]) for row in rejected] == [
        (4, "1970-01-01T00:00:00Z is before 1995: a placeholder, not the time it happened"),
        (5, "no JSON: unexpected end of data"),
        (6, "2027-01-01T00:00:00Z lies in the future"),
    ]
    assert rejected[0]["userId"] == "1"
    assert rejected[1]["text"] == '{"type": "track"'
    assert counts(bring(engine, path)[0]) == ("events", 6, 0, 3, 3)


def test_a_folder_is_imported_people_first_and_without_rejects(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", line())
    put(tmp_path, "b.csv", "product_id,name\n1,Tea\n")
    put(tmp_path, "c.csv", "user_id\n1\n")
    put(tmp_path, "c.rejected.csv", "user_id,reason\n1,x\n")
    put(tmp_path, "readme.txt", "hello")
    assert [report.path.name for report in bring(engine, tmp_path)] == ["c.csv", "b.csv", "a.jsonl"]


def test_one_bad_file_stops_the_import_before_the_first(engine: Engine, tmp_path: Path) -> None:
    good = put(tmp_path, "good.csv", "user_id\n1\n")
    for bad in (b"user_id\n\xff\n", b"product_id,name,prise\n1,a,2\n", b"product_id,price\n1,2\n"):
        with pytest.raises(DataError, match=r"bad\.csv"):
            bring(engine, good, put(tmp_path, "bad.csv", bad))
    assert rows(engine, Event) == rows(engine, Product) == []
    with pytest.raises(DataError, match="no such file or folder"):
        bring(engine, tmp_path / "missing.csv")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match=r"no \.csv, \.jsonl files here"):
        bring(engine, tmp_path / "nothing")


_ENDLESS = """
import os, signal, sys
from pathlib import Path
from datetime import datetime, UTC
from loyaltyloop.store.database import open_engine
from loyaltyloop.store.importing.imports import import_paths
from tests.integration.store.shop import SHOP, NOW

def tell(path, done):
    if done >= 4000:
        os.kill(os.getpid(), signal.SIGKILL)

import_paths(open_engine(sys.argv[1]), [Path(sys.argv[2])], NOW, SHOP, tell)
"""


def test_an_import_that_was_killed_is_completed_by_the_next(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    path = put(tmp_path, "customers.csv", "user_id,n\n" + "".join(f"{n},{n}\n" for n in range(5000)))
    killed = subprocess.run([sys.executable, "-c", _ENDLESS, database_url, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert counts(bring(engine, path)[0]) == ("customers", 5000, 1000, 4000, 0)
    assert len(rows(engine, Event)) == len(rows(engine, Imported)) == 5000
