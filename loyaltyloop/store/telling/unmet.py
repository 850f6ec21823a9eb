"""Which parts of a condition do not hold of one customer, and what is known instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, select

from loyaltyloop.journey.conditions import facts
from loyaltyloop.journey.conditions.condition import About, AllOf, Condition, Where, walk
from loyaltyloop.journey.model import BySchedule, ByState, Enter, Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.journey.numbers import plain
from loyaltyloop.journey.showing.phrases import phrase
from loyaltyloop.store.conditions.scope import Scope, limits, zone_limits
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Customer
from loyaltyloop.store.predictions.predicted import predicted_of

customer: Table = Customer.__table__  # type: ignore[attr-defined]
_TOLD = ("customer", "predicted")  # of these it is told what is known


@dataclass(frozen=True)
class Unmet:
    """A part of a condition that does not hold, in words, and what is known of what it asks.

    `known`: name → value as text, of the customer's own fields and of predictions; money has its currency.
    """

    condition: str
    known: dict[str, str]


def asked_of_somebody(enter: Enter) -> Condition | None:
    """What decides who enters where customers are asked as such; None where something else brings them."""
    also = (enter.condition,) if enter.condition is not None else ()
    match enter.by:
        case ByState(condition):
            return AllOf((condition, *also))
        case BySchedule(to=condition):
            return AllOf((condition, *also))
        case _:
            return None


def unmet(
    connection: Connection, customer_id: int, condition: Condition, now: datetime, shop: Shop
) -> tuple[Unmet, ...]:
    """The parts, all of which must hold, that do not at `now` (UTC), by what is on record; in their order."""
    row = connection.execute(select(customer).where(customer.c.id == customer_id)).one()
    parts = list(_parts(condition))
    scope = Scope(
        customer=customer,
        now=now,
        shop=shop,
        postgres=is_postgres(connection),
        limits=zone_limits(limits(condition), {row.zone}, now),
    )
    tests = [holds(part, scope).label(f"part_{number}") for number, part in enumerate(parts)]
    held = connection.execute(select(*tests).where(customer.c.id == customer_id)).one()
    said = {one.model: plain(one.value) for one in predicted_of(connection, customer_id)}
    known = dict(row._mapping)
    failed = [part for part, passed in zip(parts, held, strict=True) if not passed]
    return tuple(Unmet(phrase(part), dict(_known(part, known, said, shop))) for part in failed)


def _parts(condition: Condition) -> Iterator[Condition]:
    """What must hold, all of it, each field of a customer by itself."""
    match condition:
        case AllOf(parts):
            for part in parts:
                yield from _parts(part)
        case About(subject, where) if subject in _TOLD:
            yield from (About(subject, Where((field,))) for field in where.fields)
        case _:
            yield condition


def _known(
    part: Condition, row: Mapping[str, Any], said: Mapping[str, int | float], shop: Shop
) -> Iterator[tuple[str, str]]:
    """What is known of the fields that are asked for, each by its name."""
    for about in walk(part):
        if isinstance(about, About) and about.subject in _TOLD:
            for name, _ in about.where.fields:
                value = said.get(name) if about.subject == "predicted" else _held(name, row, shop)
                yield name, "unknown" if value is None else str(value)


def _held(name: str, row: Mapping[str, Any], shop: Shop) -> object:
    """As conditions speak of it: money in major units, an instant in UTC."""
    if name not in facts.CUSTOMER:
        return (row["attributes"] or {}).get(name)
    value = row[name]
    match facts.CUSTOMER[name]:
        case "money" if value is not None:
            return f"{Decimal(value).scaleb(-exponent(shop.currency))} {shop.currency}"
        case "instant" if value is not None:
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return value
