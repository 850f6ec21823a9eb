"""Products that `recommend` steps chose, as they are when the message leaves: those that may still be shown.

The steps' rules are asked once more: what has been sold out since, is not sold in the customer's market any
more, or was bought or sent back by the customer meanwhile, is left out. What they buy again and again, and
what was in their basket, is offered though it was bought lately, but not once they have bought it since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, or_, select, true

from loyaltyloop.channels.values.asked import Names
from loyaltyloop.channels.values.formats import money_of
from loyaltyloop.journey.markets import is_sold, markets_of
from loyaltyloop.journey.model import Recommend, Shop
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Enrolment, OrderLine, Product, Visit

Reader = tuple[str | None, str | None]  # language, country
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
line: Table = OrderLine.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]
visit: Table = Visit.__table__  # type: ignore[attr-defined]

_OF_PRODUCT = ("product_id", "name", "category", "price", "currency", "url", "image_url", "in_stock")
_READ = (*_OF_PRODUCT, "markets")
_CHOSEN_AGAIN = ("repeat", "cart")  # sources of what may have been bought lately


@dataclass(frozen=True)
class Offers:
    """The `recommend` steps that messages name, by the steps' names, and the instant at which they leave."""

    steps: Mapping[str, Recommend]
    now: datetime


def product_names(row: Any, shop: Shop, locale: str | None) -> Names:
    """A product, by a row that holds the columns of the table; its price as that locale writes it."""
    names: Names = {name: getattr(row, name) for name in _OF_PRODUCT}
    if row.price is not None:
        names["price"] = money_of(row.price, row.currency or shop.currency, locale)
    return names


class Shelf:
    """Products by their ids, as they are now: those sold where a reader lives, prices as written there.

    `kept`: enrolment → what its steps kept, by the step's name. Without `offers` none are too few, and nobody
    has bought any of them.
    """

    def __init__(
        self,
        connection: Connection,
        shop: Shop,
        kept: Mapping[int, Sequence[tuple[str, Any]]],
        offers: Offers | None,
    ) -> None:
        self._shop, self._offers = shop, offers.steps if offers else {}
        self._shown: dict[Reader, dict[str, Names]] = {}
        ids = _product_ids(kept.values())
        chosen = select(*(product.c[name] for name in _READ)).where(product.c.in_stock)
        wanted = among(connection, product.c.product_id, ids)
        self._rows = connection.execute(chosen.where(wanted)).all() if ids else []
        self._had = _had(connection, shop, kept, ids, offers) if ids and offers else {}

    def fills(self, step: str, value: Any) -> bool:
        """Are these products, be they too few?"""
        return step in self._offers or _are_picks(value)

    def filled(self, step: str, value: Any, reader: Reader, enrolment_id: int) -> Any:
        """A kept value as templates see it: of products those that can be had, with all that is shown."""
        had = self._had.get(step, {}).get(enrolment_id, ())
        products = self._left(value, reader, had) if _are_picks(value) else value
        offer = self._offers.get(step)
        if offer is None or len(products) >= offer.at_least:
            return products
        return [] if offer.if_short == "collapse" else None

    def _left(
        self, picks: Sequence[Mapping[str, Any]], reader: Reader, had: Collection[tuple[str, bool]]
    ) -> list[Names]:
        shown = self._shown.get(reader)
        if shown is None:
            shown = self._shown[reader] = self._sold(*reader)
        return [
            {**shown[name], **pick}
            for pick in picks
            if (name := pick["product_id"]) in shown
            and (name, True) not in had
            and ((name, False) not in had or pick.get("source") in _CHOSEN_AGAIN)
        ]

    def _sold(self, locale: str | None, country: str | None) -> dict[str, Names]:
        there = markets_of(self._shop, country)
        sold = (row for row in self._rows if is_sold(row.markets, there))
        return {row.product_id: product_names(row, self._shop, locale) for row in sold}


def _product_ids(kept: Iterable[Sequence[tuple[str, Any]]]) -> list[str]:
    named = {pick["product_id"] for some in kept for _, value in some if _are_picks(value) for pick in value}
    return sorted(named)


def _are_picks(value: Any) -> bool:
    """Are these the products of a `recommend`, and not what another step keeps?"""
    return type(value) is list and bool(value) and type(value[0]) is dict and "product_id" in value[0]


def _had(
    connection: Connection,
    shop: Shop,
    kept: Mapping[int, Sequence[tuple[str, Any]]],
    ids: Collection[str],
    offers: Offers,
) -> dict[str, dict[int, set[tuple[str, bool]]]]:
    """Step → enrolment → the products that its customer has had, as the step's `exclude` leaves them out.

    With each whether it is left out by whatever source it came (sent back; ever bought; bought since the step
    chose), or not where they chose it themselves (bought lately).
    """
    found: dict[str, dict[int, set[tuple[str, bool]]]] = {}
    for step, spec in offers.steps.items():
        bought, always = _rules(spec, shop, offers.now)
        always = or_(always, and_(bought, _heard_since(step)))
        own: dict[int, set[tuple[str, bool]]] = {}
        lines = (
            select(enrolment.c.id, line.c.product_id, always.label("always"))
            .select_from(enrolment.join(line, line.c.customer_id == enrolment.c.customer_id))
            .where(among(connection, enrolment.c.id, list(kept)))
            .where(among(connection, line.c.product_id, ids), or_(bought, always))
        )
        for one, name, whatever in connection.execute(lines):
            own.setdefault(one, set()).add((name, bool(whatever)))
        found[step] = own
    return found


def _heard_since(step: str) -> ColumnElement[bool]:
    """Is the line of an order that was heard of after this step was left?"""
    own = (visit.c.enrolment_id == enrolment.c.id, visit.c.step == step, visit.c.left_at < line.c.arrived_at)
    return exists().where(*own).correlate_except(visit)


def _rules(spec: Recommend, shop: Shop, now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Lines of orders whose products are left out: bought lately; and sent back, or bought at all."""
    never = ~true()
    since = spec.bought_within.before(now, shop.timezone)
    bought = line.c.ordered_at >= since if "bought" in spec.exclude else never
    always = line.c.returned if "returned" in spec.exclude else never
    return bought, true() if "owned" in spec.exclude else always
