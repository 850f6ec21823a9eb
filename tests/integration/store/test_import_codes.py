"""codes.csv fills the pools of shop.yaml: once, in order, and what cannot be taken is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from loyaltyloop.doctor.pools import look
from loyaltyloop.errors import DataError
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.database import read, write
from loyaltyloop.store.importing.imports import FileReport, import_paths
from loyaltyloop.store.models import Voucher
from loyaltyloop.store.vouchers.left import alerts, pools
from loyaltyloop.store.vouchers.stock import give_back, take
from tests.integration.store.shop import NOW, rows
from tests.reference.reading import SHOP_TEXT

POOLS = "{spring: {value: 10% off, codes: spring.csv, low: 2}, made: {value: 5, pattern: MADE}}"
SHOP = read_shop(f"{SHOP_TEXT}vouchers: {POOLS}\n")
NEXT_YEAR = f"{NOW.year + 1}-01-31"


def bring(engine: Engine, folder: Path, text: str) -> FileReport:
    path = folder / "codes.csv"
    path.write_text(text, encoding="utf-8")
    (report,) = import_paths(engine, [path], NOW, SHOP)
    return report


def codes(engine: Engine) -> list[tuple[str, str, datetime | None]]:
    return [(row.code, row.state, row.ends_at) for row in rows(engine, Voucher, "id")]


def test_twice_is_once_and_order_is_kept(engine: Engine, tmp_path: Path) -> None:
    text = f"pool,code,expires\nspring,Zoo-1,\nspring,ABC 1,{NEXT_YEAR}\n"
    assert bring(engine, tmp_path, text).taken == 2
    again = bring(engine, tmp_path, text + "spring,NEW-1,\n")
    assert (again.kind, again.read, again.taken, again.duplicates, again.rejected) == ("codes", 3, 1, 2, 0)
    ends = datetime(NOW.year + 1, 2, 1, tzinfo=UTC)
    assert codes(engine) == [("Zoo-1", "free", None), ("ABC 1", "free", ends), ("NEW-1", "free", None)]


def test_what_is_given_stays_given(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, "pool,code\nspring,A-1\nspring,B-1\n")
    with write(engine) as connection:
        assert [one.code for one in take(connection, "spring", [7], NOW).values()] == ["A-1"]
    assert bring(engine, tmp_path, "pool,code\nspring,a-1\nspring,B-1\n").duplicates == 2
    assert codes(engine) == [("A-1", "taken", None), ("B-1", "free", None)]
    with write(engine) as connection:
        give_back(connection, ["A1"])
        assert take(connection, "spring", [8, 9, 10], NOW).keys() == {8, 9}


def test_rows_that_cannot_be_taken_are_told(engine: Engine, tmp_path: Path) -> None:
    report = bring(
        engine,
        tmp_path,
        "pool,code,expires\nspring,,\nspring,A 1,\nspring,a1,\nsummer,B-1,\nmade,C-1,\n"
        f"spring,D-1,soon\nspring,E-1,2020-01-01\nspring,{'F' * 65},\n"
        "nowhere,,soon\n",
    )
    assert (report.taken, report.rejected) == (1, 8)
    told = (tmp_path / "codes.rejected.csv").read_text(encoding="utf-8")
    for reason in (
        "code is empty",
        "the same code stands in an earlier row of this file",
        "shop.yaml has no pool 'summer'; it has spring",
        "the codes of 'made' are made by a pattern, and not imported",
        "expires 'soon' is no date: write it as 2026-12-31",
        "it has expired already",
        "code is longer than 64 letters",
        "shop.yaml has no pool 'nowhere'; it has spring; code is empty; expires 'soon' is no date",
    ):
        assert reason in told


def test_columns_that_are_missing_or_nearly_known(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="codes need a column 'pool'"):
        bring(engine, tmp_path, "code\nA-1\n")
    with pytest.raises(DataError, match="is it 'expires'"):
        bring(engine, tmp_path, "pool,code,expire\nspring,A-1,\n")


def test_what_is_left_and_when_it_is_time_for_more(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, f"pool,code,expires\nspring,A-1,\nspring,B-1,{NEXT_YEAR}\n")
    later = datetime(NOW.year + 1, 3, 1, tzinfo=UTC)
    with read(engine) as connection:
        now, then = pools(connection, SHOP, NOW), pools(connection, SHOP, later)
        assert alerts(connection, SHOP, NOW, ["spring", "made"]) == []
        told = alerts(connection, SHOP, later, ["spring", "made"])
        found = [(one.level, one.what) for one in look(connection, SHOP, later)]
    assert [(one.name, one.left, one.run_out, one.is_low) for one in now] == [
        ("spring", 2, 0, False),
        ("made", None, 0, False),
    ]
    assert [(one.left, one.run_out) for one in then] == [(1, 1), (None, 0)]
    assert found == [("note", "the pool spring has 1 code left")]
    assert told == ["vouchers spring: 1 code is left; take in more with `loop import`"]


def test_each_turn_asks_for_a_few_codes_and_for_no_gifts(engine: Engine, tmp_path: Path) -> None:
    bring(engine, tmp_path, "pool,code\n" + "".join(f"spring,C-{number}\n" for number in range(5)))
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    with read(engine) as connection:
        assert alerts(connection, SHOP, NOW, ["spring", "made"]) == []
    event.remove(engine, "before_cursor_execute", note)
    [statement] = [one for one in asked if "voucher" in one]
    assert "LIMIT" in statement
    assert not [one for one in asked if "gift" in one]
