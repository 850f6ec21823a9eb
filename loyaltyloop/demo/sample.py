"""The real shop's year as ordinary files: customers.csv, products.csv and events.jsonl.

Orders, what was in them and what was sent back are real. Names of products are tidied and categories
derived from them. What is made up comes from `made.py` and `visits.py` and carries a mark.
"""

from __future__ import annotations

import csv
import gzip
import lzma
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from statistics import median_low
from typing import Any

import orjson

from loyaltyloop.demo import made
from loyaltyloop.demo.invoices import Invoice, Line, TakenBack
from loyaltyloop.demo.naming import DATA, category_of, tidy_name
from loyaltyloop.demo.visits import visits
from loyaltyloop.journey.clock.times import to_instant

YEAR = Path(str(DATA.joinpath("online_retail_year1.csv.xz")))
ZONE = "Europe/London"
CURRENCY = "GBP"
SHOP_URL = "https://shop.example"

_PRODUCT = re.compile(r"\d{5}[A-Z]{0,2}")
_POSTAGE = frozenset({"POST", "C2"})
_CENT = Decimal("0.01")
_PRODUCT_COLUMNS = ["product_id", "name", "category", "price", "currency"]
_PRODUCT_COLUMNS += ["url", "image_url", "in_stock", "markets", "tags"]


@dataclass(frozen=True)
class Sample:
    """The shop's year, read."""

    orders: list[Invoice]
    taken_back: list[TakenBack]
    descriptions: dict[str, str]
    unmatched: int  # lines taken back from orders that are older than the data


def write_files(folder: Path, until: datetime | None = None, source: Path = YEAR) -> list[Path]:
    """Write customers.csv, products.csv and events.jsonl into `folder`; the same bytes each time.

    `until`: nothing from then on (a UTC instant). Returns the three paths in the order to import them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sample = read_sample(source, until)
    paths = [folder / name for name in ("products.csv", "customers.csv", "events.jsonl")]
    _write_csv(paths[0], _PRODUCT_COLUMNS, _products(sample))
    _write_csv(paths[1], made.CUSTOMER_COLUMNS, made.people(sample.orders))
    made_up = [
        *made.events(sample.orders, sample.taken_back),
        *visits(sample.orders, sample.descriptions),
    ]
    end = f"{until:%Y-%m-%dT%H:%M:%SZ}" if until else "9999"
    events = [*_shop_events(sample), *(event for event in made_up if event["timestamp"] < end)]
    events.sort(key=lambda event: (event["timestamp"], event["messageId"]))
    paths[2].write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    return paths


# ── reading ─────────────────────────────────────────────────────────────────


def read_sample(source: Path = YEAR, until: datetime | None = None) -> Sample:
    """The invoices of the file, in order of time, with each return matched to its order."""
    descriptions: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    invoices: dict[str, Invoice] = {}
    for row in _distinct_rows(source):
        _take(row, invoices, descriptions)
    kept = [one for one in invoices.values() if one.lines and (until is None or one.at < until)]
    kept.sort(key=lambda one: (one.at, one.number))
    orders = [one for one in kept if not one.number.startswith("C")]
    taken_back, unmatched = _match_returns(kept)
    names = {code: max(seen, key=lambda name: (seen[name], name)) for code, seen in descriptions.items()}
    return Sample(orders, taken_back, names, unmatched)


def _distinct_rows(source: Path) -> Iterator[list[str]]:
    """The rows without their header and without exact repetitions, which are slips of the till."""
    opened = lzma.open if source.suffix == ".xz" else gzip.open
    with opened(source, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from map(list, dict.fromkeys(map(tuple, rows)))


def _take(row: list[str], invoices: dict[str, Invoice], descriptions: dict[str, dict[str, int]]) -> None:
    number, code, description, quantity, local, price, customer, country = row
    invoice = invoices.get(number)
    if invoice is None:
        invoice = invoices[number] = Invoice(number, customer, _instant(local), country)
    count, unit = int(quantity), Decimal(price)
    if unit <= 0 or (count < 0) != number.startswith("C"):
        return
    if _PRODUCT.fullmatch(code):
        invoice.lines.append(Line(code, abs(count), unit))
        descriptions[code][description] += 1
    elif code in _POSTAGE and count > 0:
        invoice.postage += count * unit


@cache
def _instant(local: str) -> datetime:
    return to_instant(datetime.fromisoformat(local), ZONE)


# ── returns ─────────────────────────────────────────────────────────────────


def _match_returns(invoices: list[Invoice]) -> tuple[list[TakenBack], int]:
    """Each line taken back, from the customer's most recent orders that still hold the product."""
    left: dict[str, dict[str, int]] = {}
    holding: dict[tuple[str, str], list[Invoice]] = defaultdict(list)
    taken_back: list[TakenBack] = []
    unmatched = 0
    for invoice in invoices:
        if not invoice.number.startswith("C"):
            left[invoice.number] = _counts(invoice.lines)
            for code in left[invoice.number]:
                holding[invoice.customer, code].append(invoice)
            continue
        found, missing = _spread(invoice, holding, left)
        unmatched += missing
        taken_back.extend(found)
    return taken_back, unmatched


def _counts(lines: Iterable[Line]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        counts[line.product_id] += line.quantity
    return counts


def _spread(
    invoice: Invoice, holding: dict[tuple[str, str], list[Invoice]], left: dict[str, dict[str, int]]
) -> tuple[list[TakenBack], int]:
    """One cancellation by the orders that it takes from, and how many of its lines found none."""
    by_order: dict[str, TakenBack] = {}
    missing = 0
    for line in invoice.lines:
        rest = line.quantity
        for order in reversed(holding[invoice.customer, line.product_id]):
            count = min(rest, left[order.number][line.product_id])
            if count:
                rest -= count
                left[order.number][line.product_id] -= count
                back = by_order.setdefault(
                    order.number, TakenBack(invoice.number, order, invoice.at, [], False)
                )
                back.lines.append(Line(line.product_id, count, line.price))
        missing += rest == line.quantity
    for number, back in by_order.items():
        everything = _counts(back.lines) == _counts(back.order.lines)
        back.whole = everything and not any(left[number].values())
    return list(by_order.values()), missing


# ── writing ─────────────────────────────────────────────────────────────────


def _write_csv(path: Path, columns: list[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _products(sample: Sample) -> Iterator[list[str]]:
    """No pictures (the data has none), all in stock, sold everywhere; prices are medians of the year's."""
    prices: dict[str, list[Decimal]] = defaultdict(list)
    for order in sample.orders:
        for line in order.lines:
            prices[line.product_id].append(line.price)
    for code in sorted(prices):
        description = sample.descriptions[code]
        price = str(median_low(prices[code]).quantize(_CENT))
        yield [
            code,
            tidy_name(description),
            category_of(description),
            price,
            CURRENCY,
            f"{SHOP_URL}/p/{code}",
            "",
            "true",
            "",
            "",
        ]


def _shop_events(sample: Sample) -> Iterator[dict[str, Any]]:
    describe = cache(
        lambda code: (tidy_name(sample.descriptions[code]), category_of(sample.descriptions[code]))
    )
    for order in sample.orders:
        properties = {
            "order_id": order.number,
            "total": _money(_total(order.lines) + order.postage),
            "currency": CURRENCY,
            "products": [_product(line, *describe(line.product_id)) for line in _merged(order.lines)],
        }
        if order.postage:
            properties["shipping"] = _money(order.postage)
        yield track(order, order.number, "Order Completed", order.at, properties)
    for back in sample.taken_back:
        properties = {
            "order_id": back.order.number,
            "total": _money(_total(back.lines)),
            "currency": CURRENCY,
            "products": [_product(line, *describe(line.product_id)) for line in _merged(back.lines)],
        }
        name = "Order Cancelled" if back.whole else "Order Refunded"
        yield track(back.order, f"{back.number}-{back.order.number}", name, back.at, properties)


def track(
    order: Invoice, message_id: str, name: str, at: datetime, properties: dict[str, Any]
) -> dict[str, Any]:
    """One line of events.jsonl."""
    return {
        "type": "track",
        "messageId": message_id,
        "userId": order.customer,
        "event": name,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "properties": properties,
    }


def _merged(lines: list[Line]) -> list[Line]:
    counts: dict[tuple[str, Decimal], int] = defaultdict(int)
    for line in lines:
        counts[line.product_id, line.price] += line.quantity
    return [Line(code, count, price) for (code, price), count in counts.items()]


def _product(line: Line, name: str, category: str) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "name": name,
        "category": category,
        "price": _money(line.price),
        "quantity": line.quantity,
    }


def _total(lines: Iterable[Line]) -> Decimal:
    return sum((line.quantity * line.price for line in lines), Decimal(0))


def _money(amount: Decimal) -> float:
    return float(amount.quantize(_CENT, ROUND_HALF_UP))
