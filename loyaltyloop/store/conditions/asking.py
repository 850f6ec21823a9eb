"""Conditions asked of the people of a cohort."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.conditions.scope import Scope, limits, zone_limits
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.inside.cohorts import cohort, customer, enrolment


def cohort_scope(
    connection: Connection,
    shop: Shop,
    now: datetime,
    conditions: Iterable[Condition],
    *,
    entered: bool = False,
) -> Scope:
    """What conditions refer to that are asked of the cohort's people."""
    return scope_of(connection, shop, now, conditions, lambda: cohort_zones(connection), entered=entered)


def scope_of(
    connection: Connection,
    shop: Shop,
    now: datetime,
    conditions: Iterable[Condition],
    zones: Callable[[], list[str]],
    *,
    entered: bool = False,
) -> Scope:
    """What conditions refer to that are asked of customers and their enrolments.

    `zones`: tells the zones they live in. `entered`: a `did` that does not say from when it counts does so
    from entering on (`leave_when`, `goal`).
    """
    asked = limits(*conditions)
    return Scope(
        customer=customer,
        now=now,
        shop=shop,
        postgres=is_postgres(connection),
        enrolment=enrolment,
        limits=zone_limits(asked, zones(), now) if asked else {},
        since=enrolment.c.entered_at if entered else None,
    )


def cohort_zones(connection: Connection) -> list[str]:
    """The zones that the cohort's people live in, sorted."""
    # From the cohort on: for the zones of a few SQLite would read all customers by a join.
    members = select(enrolment.c.customer_id).where(enrolment.c.id.in_(select(cohort.c.id)))
    zones = select(customer.c.zone).where(customer.c.id.in_(members)).distinct()
    return sorted(connection.execute(zones).scalars())


def leaves_by(connection: Connection, shop: Shop, now: datetime, condition: Condition) -> ColumnElement[bool]:
    """A `leave_when`, asked of the cohort's people."""
    return holds(condition, cohort_scope(connection, shop, now, [condition], entered=True))
