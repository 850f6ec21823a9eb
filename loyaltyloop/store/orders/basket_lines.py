"""Lines of a basket: a product of a variant each, with how many pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from loyaltyloop.journey.conditions.facts import LINE
from loyaltyloop.store.orders.amounts import Exchange, read_amount
from loyaltyloop.store.orders.orders import product_id_of, products_of, quantity_of

MOST_LINES = 500  # of one basket; what is put in beyond is not kept
MOST_PIECES = 10**9
LONGEST = {False: 2000, True: 60}  # characters of a text
CODES = ("sku", "category", "variant", "coupon")
_TEXT = tuple(name for name, kind in LINE.items() if kind == "text" and name != "product_id")

# Fields of `facts.LINE`, the price in major units of the shop's currency.
Line = Mapping[str, Any]


class Item(NamedTuple):
    """What the catalogue knows of a product; `price` in minor units of the shop's currency."""

    category: str | None
    price: int | None


Catalogue = Mapping[str, Item]


def read_line(
    item: Mapping[str, Any],
    currency: str | None,
    exchange: Exchange,
    catalogue: Catalogue,
    public: bool = False,
) -> Line | None:
    """A product of an event; None: it has no id, or no pieces. `currency`: the event's own.

    What the event does not say of category and price, the catalogue does. What anybody may have sent
    (`public`) has no words and addresses of its own: who knows a customer's id must not write to them.
    """
    product_id = product_id_of(item)
    if product_id is None or read_amount(item.get("quantity")) == 0:
        return None
    known = catalogue.get(product_id, Item(None, None))
    made: dict[str, Any] = {"product_id": product_id, "quantity": min(quantity_of(item), MOST_PIECES)}
    names = CODES if public else _TEXT
    made |= {
        name: value for name in names if (value := text_of(item.get(name))) and len(value) <= LONGEST[public]
    }
    if known.category is not None:
        made.setdefault("category", known.category)
    told = item.get("price")
    price = known.price if told is None else exchange.minor(told, currency_of(item) or currency)
    return made if price is None or price < 0 else made | {"price": exchange.major(price)}


def product_ids(properties: Mapping[str, Any]) -> Iterator[str]:
    """The products that an event names."""
    return filter(None, (product_id_of(item) for item in items_of(properties)))


def items_of(properties: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The products that an event is about: its list of them, else itself."""
    listed = products_of(properties)
    return [properties] if listed is None else listed


def keys_of(item: Mapping[str, Any]) -> Iterator[str]:
    """What tells that a product of an order is one of the basket: its id, or the sku in its place."""
    for name in ("product_id", "sku"):
        if (found := product_id_of({"product_id": item.get(name)})) is not None:
            yield found


def _same(line: Line) -> tuple[str, str]:
    return line["product_id"], line.get("variant", "")


def together(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The same product of the same variant is one line, as it was told last; pieces are added up."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        before = found.get(_same(line))
        if before is not None:
            pieces = min(before["quantity"] + line["quantity"], MOST_PIECES)
            found[_same(line)] = {**before, **line, "quantity": pieces}
        elif len(found) < MOST_LINES:
            found[_same(line)] = line
    return tuple(found.values())


def without(lines: Sequence[Line], item: Mapping[str, Any]) -> list[Line]:
    """So many pieces fewer of a product; without a number its line goes. A variant's own line goes first."""
    product_id, variant = product_id_of(item), text_of(item.get("variant"))
    theirs = [line for line in lines if line["product_id"] == product_id]
    theirs = [line for line in theirs if line.get("variant", "") == variant] or theirs
    amount = read_amount(item.get("quantity"))
    gone = int(amount) if amount is not None and amount >= 1 else None
    left: list[Line] = list(lines)
    for line in theirs:
        rest = 0 if gone is None else line["quantity"] - gone
        if rest > 0:
            left[left.index(line)] = {**line, "quantity": rest}
        else:
            left.remove(line)
        if gone is None or rest >= 0:
            break
        gone = -rest
    return left


def text_of(value: object) -> str:
    """Text, or a number as such; empty for all else."""
    return value if type(value) is str else str(value) if type(value) is int else ""


def currency_of(properties: Mapping[str, Any]) -> str | None:
    """The currency that an event or a product names."""
    named = properties.get("currency")
    return named.strip().upper() if isinstance(named, str) and len(named.strip()) == 3 else None


def is_of_shop(url: str, host: str) -> bool:
    """Does the address lead to a page of the shop's? `host`: as `host_of` tells it."""
    there = host_of(url)
    return host != "" and (there == host or there.endswith(f".{host}"))


def host_of(url: str | None) -> str:
    """The host of a web address, without `www.`; empty where there is none."""
    try:
        parts = urlsplit(url or "")
        return (parts.hostname or "").removeprefix("www.") if parts.scheme in ("https", "http") else ""
    except ValueError:
        return ""
