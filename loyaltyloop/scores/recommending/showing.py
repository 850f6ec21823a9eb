"""What one customer would be recommended, told to a person: products, reasons, and what was passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Recommend, Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.scores.purchases.tables import customer, product
from loyaltyloop.scores.recommending.recommend import Dice, PassedOver, Pick, Wanted, recommend
from loyaltyloop.store.live.versions import load_shop


@dataclass(frozen=True)
class Chosen:
    """A product that is shown. `price`: as the shop writes it, empty where it is not known."""

    product_id: str
    name: str
    price: str
    reason: str
    source: str
    model: str
    score: float | None
    explores: bool


@dataclass(frozen=True)
class Passed:
    """A product that is not shown, the source that named it first, and why."""

    product_id: str
    name: str
    source: str
    why: str


@dataclass(frozen=True)
class Shown:
    """What a customer (their key) would be recommended as of an instant."""

    customer: str
    now: datetime
    products: Sequence[Chosen]
    passed_over: Sequence[Passed]

    @property
    def model(self) -> str:
        """What ranked them: one name, or several."""
        return ", ".join(dict.fromkeys(one.model for one in self.products))

    @property
    def scored(self) -> bool:
        """Has any of them a figure of its own?"""
        return any(one.score is not None for one in self.products)

    @property
    def explored(self) -> bool:
        """Is any of them tried out?"""
        return any(one.explores for one in self.products)

    def as_document(self, why: bool) -> dict[str, Any]:
        """For programs; with what was passed over, if that is wanted."""
        found: dict[str, Any] = {"customer": self.customer, "now": self.now.isoformat(), "model": self.model}
        found["products"] = [asdict(one) for one in self.products]
        return found | ({"passed_over": [asdict(one) for one in self.passed_over]} if why else {})


def show(connection: Connection, customer_id: int, spec: Recommend, step: str, now: datetime) -> Shown:
    """What this customer would be recommended; `step`: JOURNEY.STEP whose words `spec` are, or nothing.

    Dice are thrown with it: the step by its first name. UserError where the customer was erased. What the
    step takes from what was entered by has nothing here.
    """
    shop = load_shop(connection)
    who = connection.execute(select(customer).where(customer.c.id == customer_id)).one()
    if who.erased_at is not None:
        raise UserError("This customer was erased: nobody recommends them anything.")
    journey, _, name = step.partition(".")
    wanted = Wanted(customer_id, 0, who.country, {}, Dice(who.key, journey, name))
    passed: list[PassedOver] = []
    picks = recommend(connection, [wanted], spec, shop, now, passed, on_record=False)[0]
    rows = _rows(connection, {one.product_id for one in picks} | {one.product_id for one in passed})
    first = {one.product_id: one for one in reversed(passed)}
    taken = {one.product_id for one in picks}
    return Shown(
        who.key,
        now,
        [_chosen(one, rows.get(one.product_id), shop) for one in picks],
        [
            Passed(one.product_id, _name(rows.get(one.product_id)), one.source, str(one.why))
            for one in sorted(first.values(), key=passed.index)
            if one.product_id not in taken
        ],
    )


def _rows(connection: Connection, ids: set[str]) -> dict[str, Any]:
    found = select(product).where(product.c.product_id.in_(sorted(ids)))
    return {row.product_id: row for row in connection.execute(found)}


def _name(row: Any) -> str:
    return row.name if row else ""


def _chosen(pick: Pick, row: Any, shop: Shop) -> Chosen:
    return Chosen(
        *(pick.product_id, _name(row), _price(row, shop), pick.reason, pick.source, pick.model),
        score=pick.score,
        explores=pick.explores,
    )


def _price(row: Any, shop: Shop) -> str:
    if row is None or row.price is None:
        return ""
    currency = row.currency or shop.currency
    digits = exponent(currency)
    return f"{row.price / 10**digits:.{digits}f} {currency}"
