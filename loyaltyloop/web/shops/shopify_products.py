"""Shopify's products, and what its stock tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from loyaltyloop.store.orders.amounts import read_amount
from loyaltyloop.store.orders.shop_products import ProductNews, StockNews
from loyaltyloop.web.shops.delivery import Delivery
from loyaltyloop.web.shops.payload import Payload, block, blocks, identifier, instant, needed, text, whole


def product(said: Delivery) -> Iterator[ProductNews]:
    """`products/create` and `products/update`: one product; its variants are not products of their own."""
    number, variants = needed(said.payload, "id"), blocks(said.payload.get("variants"))
    on_sale = _on_sale(said.payload)
    told = {
        "name": text(said.payload.get("title")),
        "category": text(said.payload.get("product_type"))
        or text(block(said.payload.get("category")).get("name")),
        "price": _price(variants),
        "url": _path(said.payload),
        "image_url": _image(said.payload),
        "in_stock": str(on_sale and any(map(_can_be_bought, variants))).lower(),
        "tags": text(said.payload.get("tags")),
    }
    items = [identifier(each.get("inventory_item_id")) for each in variants]
    yield ProductNews(
        source=said.source,
        product_id=number,
        at=said.when(instant(said.payload.get("updated_at"))),
        told={name: value for name, value in told.items() if value is not None},
        host=said.domain,
        items={item: on_sale for item in items if item is not None},
    )


def _on_sale(told: Payload) -> bool:
    """Drafts, archived products and those that the online shop does not show cannot be bought."""
    return told.get("status", "active") == "active" and told.get("published_at", "") is not None


def _can_be_bought(variant: Payload) -> bool:
    """Of what is not counted there is always some; `continue` sells what is not there."""
    pieces = whole(variant.get("inventory_quantity"))
    uncounted = "inventory_management" in variant and variant["inventory_management"] is None
    return uncounted or pieces is None or pieces > 0 or variant.get("inventory_policy") == "continue"


def _price(variants: Iterable[Payload]) -> str | None:
    """The lowest, as shops show it."""
    prices = [found for each in variants if (found := read_amount(each.get("price"))) is not None]
    return str(min(prices)) if prices else None


def _path(told: Payload) -> str | None:
    handle = text(told.get("handle"))
    return None if handle is None else f"/products/{quote(handle)}"


def _image(told: Payload) -> str | None:
    pictures = (told.get("image"), *blocks(told.get("images")))
    return next((found for each in pictures if (found := text(block(each).get("src")))), None)


def deleted(said: Delivery) -> Iterator[StockNews]:
    """`products/delete`: past orders name it still; it is sold no more."""
    yield StockNews(said.source, said.received, False, product_id=needed(said.payload, "id"))


def stock(said: Delivery) -> Iterator[StockNews]:
    """`inventory_levels/update`: pieces at one place are pieces; none there says nothing of other places."""
    item, pieces = needed(said.payload, "inventory_item_id"), whole(said.payload.get("available"))
    if pieces is not None and pieces > 0:
        yield StockNews(said.source, said.when(instant(said.payload.get("updated_at"))), True, item=item)
