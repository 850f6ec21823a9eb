"""The journey's `if`, asked of candidates that no event brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.store.conditions.scope import Scope, limits, zone_limits
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import customer
from loyaltyloop.turn.frame import Frame


def asked_of_all(connection: Connection, frame: Frame, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The same candidates, each with whether the journey's `if` holds for it."""
    condition = frame.journey.enter.condition
    if condition is None:
        return list(candidates)
    scope = customer_scope(connection, frame, condition, {candidate.zone for candidate in candidates})
    holding: set[int] = set()
    for ids in batches(sorted({candidate.customer_id for candidate in candidates})):
        chosen = select(customer.c.id).where(customer.c.id.in_(ids), holds(condition, scope))
        holding.update(connection.execute(chosen).scalars())
    return [replace(candidate, holds=candidate.customer_id in holding) for candidate in candidates]


def customer_scope(connection: Connection, frame: Frame, condition: Condition, zones: set[str]) -> Scope:
    """What a condition refers to that is asked of customers as such."""
    return Scope(
        customer=customer,
        now=frame.now,
        shop=frame.shop,
        postgres=is_postgres(connection),
        limits=zone_limits(limits(condition), zones, frame.now),
    )
