"""Rows of products.csv as products of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select, update

from loyaltyloop.errors import DataError
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.store import bulk
from loyaltyloop.store.canonical import LONGEST_ID, Refused
from loyaltyloop.store.database import lock_shop
from loyaltyloop.store.events import facts
from loyaltyloop.store.events.ingest import Recorded
from loyaltyloop.store.importing.columns import by_name, check_names, passed_over
from loyaltyloop.store.importing.rejects import Faults
from loyaltyloop.store.models import OrderLine, Product
from loyaltyloop.store.orders import order_book
from loyaltyloop.store.orders.amounts import read_amount

product: Table = Product.__table__  # type: ignore[attr-defined]
line: Table = OrderLine.__table__  # type: ignore[attr-defined]
COLUMNS = (
    "product_id",
    "name",
    "category",
    "price",
    "currency",
    "url",
    "image_url",
    "in_stock",
    "markets",
    "tags",
)
_CURRENCY = re.compile(r"[A-Z]{3}")
_LIST = re.compile(r"[|;,]")
_YES = ("", "true", "yes", "1")
_NO = ("false", "no", "0")
_LONGEST = 2000

ProductRow = tuple[Any, ...]  # values of COLUMNS


def check_header(path: Path, header: Sequence[str]) -> None:
    """DataError if a column is missing, or named almost as one that there is."""
    if "name" not in header:
        raise DataError(f"{path}: products need a column 'name'.")
    check_names(path, header, COLUMNS, "products")


@dataclass
class ProductRows:
    """Reads the rows of one file and records them; `now`: when they came."""

    shop: Shop
    now: datetime
    header: Sequence[str]
    _seen: set[str] = field(default_factory=set)

    def read(self, fields: Sequence[str]) -> ProductRow:
        """The product of these fields. Refused says all for which it cannot be taken."""
        given, faults = by_name(self.header, fields), Faults()
        faults.of(self._check_key, given["product_id"])
        faults.of(_check_texts, given)
        currency = faults.of(_currency, given.get("currency") or self.shop.currency)
        made = (
            given["product_id"],
            given.get("name", ""),
            given.get("category") or None,
            faults.of(_price, given.get("price", ""), currency) if currency else None,
            currency,
            faults.of(_address, given, "url"),
            faults.of(_address, given, "image_url"),
            faults.of(_in_stock, given.get("in_stock", "")),
            _list(given.get("markets", "")),
            _list(given.get("tags", "")),
        )
        faults.tell()
        self._seen.add(given["product_id"])
        return made

    def _check_key(self, product_id: str) -> None:
        if not product_id or len(product_id) > LONGEST_ID:
            raise Refused(
                "product_id is empty" if not product_id else f"product_id is longer than {LONGEST_ID}"
            )
        if product_id in self._seen:
            raise Refused(f"product_id {product_id!r} stands in an earlier row of this file")

    def notes(self) -> list[str]:
        """What a person should know beside the counts."""
        return passed_over(self.header, COLUMNS)

    def write(self, connection: Connection, rows: Sequence[ProductRow]) -> Recorded:
        """Record those products that are new or have changed; orders follow their categories."""
        lock_shop(connection)
        known = _known(connection, (row[0] for row in rows))
        changed = [row for row in rows if known.get(row[0]) != row]
        bulk.upsert_rows(connection, product, ["product_id"], COLUMNS, changed)
        self._remember(connection, [row[0] for row in changed if row[0] not in known])
        moved = [row[0] for row in changed if row[2] != (known[row[0]][2] if row[0] in known else None)]
        self._follow(connection, moved)
        return Recorded(len(changed), len(rows) - len(changed))

    def _remember(self, connection: Connection, fresh: Sequence[str]) -> None:
        """Since when these are known."""
        if fresh:
            new = bulk.fill_temporary(connection, "new_product", {"id": str}, ((one,) for one in fresh))
            theirs = product.c.product_id.in_(select(new.c.id))
            connection.execute(update(product).where(theirs).values(known_since=self.now))

    def _follow(self, connection: Connection, products: Sequence[str]) -> None:
        """Orders that named these products without a category, and their customers' facts."""
        if not products:
            return
        wanted = bulk.fill_temporary(connection, "moved_product", {"id": str}, ((one,) for one in products))
        orders = select(line.c.order_id).distinct().join(wanted, wanted.c.id == line.c.product_id)
        owners = order_book.rebuild(connection, self.shop, connection.execute(orders).scalars().all())
        if owners:
            facts.refresh(connection, owners)


def _known(connection: Connection, keys: Iterable[str]) -> dict[str, ProductRow]:
    wanted = bulk.fill_temporary(connection, "wanted_product_row", {"id": str}, ((key,) for key in keys))
    columns = (product.c[name] for name in COLUMNS)
    rows = connection.execute(select(*columns).join(wanted, wanted.c.id == product.c.product_id))
    return {row.product_id: tuple(row) for row in rows}


def _check_texts(given: Mapping[str, str]) -> None:
    if not given.get("name"):  # a shop's hook may leave it out
        raise Refused("name is empty")
    if too_long := [name for name, value in given.items() if len(value) > _LONGEST]:
        raise Refused(f"{too_long[0]} is longer than {_LONGEST} letters")


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text):
        raise Refused(f"currency {text!r} is no ISO 4217 code, such as GBP")
    return text


def _price(text: str, currency: str) -> int | None:
    """In minor units of the product's currency."""
    if not text:
        return None
    amount = read_amount(text)
    if amount is None or amount < 0:
        raise Refused(f"price {text!r} is no amount: write it as 12.50, without a currency sign")
    units = amount.scaleb(exponent(currency))
    if units != units.to_integral_value():
        raise Refused(f"price {text!r} has more decimals than {currency} has")
    return int(Decimal(units))


def _address(given: Mapping[str, str], name: str) -> str | None:
    address = given.get(name) or None
    if address is not None and not address.startswith(("https://", "http://")):
        raise Refused(f"{name} {address[:60]!r}: write the whole address, beginning with https://")
    return address


def _in_stock(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise Refused(f"in_stock is {text!r}: write true or false")


def _list(text: str) -> list[str] | None:
    return [part.strip() for part in _LIST.split(text) if part.strip()] or None
