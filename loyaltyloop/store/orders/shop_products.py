"""What a shop's hooks say of its products, in whatever order it comes: the newest by the shop's own time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.database import lock_shop
from loyaltyloop.store.importing.product_rows import COLUMNS, ProductRows
from loyaltyloop.store.models import Imported, Product
from loyaltyloop.store.people.customers import stamp_of

imported: Table = Imported.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class ProductNews:
    """A product as the shop tells it at an instant, in the words of products.csv.

    What is not `told` stands as it was imported: markets, for one. A `url` that begins with a slash is a path
    in the shop. `items`: the shop's ids of its stock → is it on sale.
    """

    source: str
    product_id: str
    at: datetime
    told: Mapping[str, str]
    host: str = ""
    items: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class StockNews:
    """There is some of a product, or it is sold no more; by its id, or by that of an item of its stock."""

    source: str
    at: datetime
    in_stock: bool
    product_id: str = ""
    item: str = ""


News = ProductNews | StockNews


def take(connection: Connection, shop: Shop, news: Iterable[News]) -> int:
    """Bring the catalogue up to date; how many products changed. Takes the shop-wide lock.

    Refused, where a product cannot be taken.
    """
    lock_shop(connection)
    return sum(
        _take_product(connection, shop, each)
        if isinstance(each, ProductNews)
        else _take_stock(connection, each)
        for each in news
    )


def _take_product(connection: Connection, shop: Shop, news: ProductNews) -> int:
    notes = _Notes(connection, news.source)
    stamp = stamp_of(news.at)
    if notes.read("product", news.product_id) > stamp:
        return 0
    told = {"product_id": news.product_id, **news.told}
    if told.get("url", "").startswith("/"):
        told["url"] = (shop.url.rstrip("/") or f"https://{news.host}") + told["url"]
    stock = notes.read("stock", news.product_id)
    if stock[:-2] > stamp:  # something newer is known
        told["in_stock"] = "true" if stock.endswith("1") else "false"
    rows = ProductRows(shop, news.at, list(told))
    row = dict(zip(COLUMNS, rows.read(list(told.values())), strict=True))
    known = connection.execute(select(product).where(product.c.product_id == news.product_id)).first()
    if known is not None:
        silent = set(COLUMNS).difference(told, {"currency"} if "price" in told else ())
        row |= {name: known._mapping[name] for name in silent}
    notes.write("product", {news.product_id: stamp})
    notes.write("item", {item: news.product_id if sold else "" for item, sold in news.items.items()})
    return rows.write(connection, [tuple(row[name] for name in COLUMNS)]).taken


def _take_stock(connection: Connection, news: StockNews) -> int:
    notes = _Notes(connection, news.source)
    product_id = news.product_id or notes.read("item", news.item)
    stamp = stamp_of(news.at)
    if not product_id or notes.read("stock", product_id)[:-2] > stamp:
        return 0
    notes.write("stock", {product_id: f"{stamp} {int(news.in_stock)}"})
    if notes.read("product", product_id) > stamp:
        return 0
    changed = update(product).where(product.c.product_id == product_id, product.c.in_stock != news.in_stock)
    return connection.execute(changed.values(in_stock=news.in_stock)).rowcount


@dataclass(frozen=True)
class _Notes:
    """What is remembered of a shop's products beside the catalogue, among the rows that were imported.

    `product`: the instant of the newest word on it. `stock`: that of the newest on its stock, and 1 or 0.
    `item`: the product that an item of the stock belongs to; nothing while it is not on sale.
    """

    connection: Connection
    source: str

    def read(self, kind: str, key: str) -> str:
        where = (imported.c.kind == f"{self.source} {kind}", imported.c.key == key)
        found: Any = self.connection.execute(select(imported.c.digest).where(*where)).scalar()
        return found or ""

    def write(self, kind: str, notes: Mapping[str, str]) -> None:
        rows = [(f"{self.source} {kind}", key, note) for key, note in notes.items()]
        bulk.upsert_rows(self.connection, imported, ["kind", "key"], ["kind", "key", "digest"], rows)
