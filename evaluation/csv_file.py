"""Any shop's orders from a CSV: customer_id, order_id, product_id, ordered_at, and what else it holds."""

from __future__ import annotations

import csv
import gzip
import lzma
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TextIO

import numpy as np

from evaluation.shop import Shop, Told, numbered, shop_of
from loyaltyloop.scores.purchases.past import Lines

NEEDED = ("customer_id", "order_id", "product_id", "ordered_at")
_OPENERS = {".gz": gzip.open, ".xz": lzma.open}

Row = Mapping[str, str]


class CannotRead(ValueError):
    """The file is not what is told in docs/evaluation.md; says where and what."""


def read_csv(path: Path) -> Shop:
    """The shop of a file (.csv, .csv.gz or .csv.xz). Lines taken back (quantity or price not above 0) are
    left out: they are no purchases. Times without a zone are taken as UTC.
    """
    rows = list(_readable(path))
    customers = numbered([row["customer_id"] for row in rows])
    at = [_seconds(row["ordered_at"]) for row in rows]
    lines = Lines(
        order=[row["order_id"] for row in rows],
        product=[row["product_id"] for row in rows],
        customer=customers,
        at=at,
        arrived=at,
        quantity=[_pieces(row) for row in rows],
        price=[_number(row, "price", np.nan) for row in rows],
    )
    return shop_of(path.name, lines, _told(rows, customers))


def _readable(path: Path) -> Iterator[Row]:
    """The purchases. CannotRead says in plain words what is wrong with the file."""
    try:
        yield from _purchases(path)
    except UnicodeDecodeError:
        raise CannotRead(f"{path} is no text in UTF-8: save it as UTF-8") from None
    except (gzip.BadGzipFile, lzma.LZMAError, EOFError, zlib.error):
        raise CannotRead(f"{path} cannot be read: its compression is damaged, or another") from None
    except csv.Error as error:
        raise CannotRead(f"{path} cannot be read as CSV: {error}") from None


def _purchases(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        reader = csv.DictReader(file)
        if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
            raise CannotRead(f"{path}: no column {', '.join(missing)}")
        for row in reader:
            try:
                if _number(row, "quantity", 1) > 0 and _number(row, "price", 1) > 0:
                    _seconds(row["ordered_at"])
                    yield row
            except CannotRead as error:
                raise CannotRead(f"{path}, line {reader.line_num}: {error}") from None


def _opened(path: Path) -> TextIO:
    opened = _OPENERS.get(path.suffix, open)
    return opened(path, "rt", encoding="utf-8", newline="")  # type: ignore[operator, no-any-return]


@cache
def _seconds(text: str) -> int:
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):  # a short line has no text there
        told = f"{text or ''!r} is no time; write for example 2026-03-01T14:30:00Z"
        raise CannotRead(f"ordered_at: {told}") from None
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() // 1)


def _number(row: Row, name: str, without: float) -> float:
    text = (row.get(name) or "").strip()
    try:
        number = float(text) if text else without
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise CannotRead(f"{name}: {text!r} is no number; write for example 12.50")
    return number


def _pieces(row: Row) -> int:
    return max(1, min(int(_number(row, "quantity", 1)), (1 << 31) - 1))


def _told(rows: Sequence[Row], customers: Sequence[int]) -> Told:
    """What the last row of each says."""
    return Told(
        {who: row["country"] for who, row in zip(customers, rows, strict=True) if row.get("country")},
        {row["product_id"]: name for row in rows if (name := row.get("name") or row.get("description"))},
        {row["product_id"]: row["category"] for row in rows if row.get("category")},
    )
