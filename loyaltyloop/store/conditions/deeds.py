"""What customers did, as SQL: the events that count for a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Ago, Did
from loyaltyloop.store.conditions.comparisons import passes, same
from loyaltyloop.store.conditions.documents import Value, field
from loyaltyloop.store.conditions.scope import At, Scope, Span
from loyaltyloop.store.models import Event, Visit

Bool = ColumnElement[bool]
EVENT: Table = Event.__table__  # type: ignore[attr-defined]
VISIT: Table = Visit.__table__  # type: ignore[attr-defined]
# One for all: making an alias's columns anew for each condition takes a twentieth of a turn. Subqueries may
# share it where they stand beside each other, and none stands within another about the same table.
_DEED = EVENT.alias()
_ARRIVAL = VISIT.alias()


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that count, each with its time and id."""

    source: FromClause
    where: Bool
    at: At
    id: ColumnElement[Any]

    def exist(self) -> Bool:
        """Is there one?"""
        return exists().select_from(self.source).where(self.where).correlate_except(self.source)

    def count(self) -> ColumnElement[int]:
        """How many."""
        return self._select(func.count()).scalar_subquery()

    def first(self) -> At:
        """The time of the first; NULL: there is none."""
        return self._select(func.min(self.at, type_=self.at.type)).scalar_subquery()

    def nth(self, number: int) -> At:
        """The time of this one (1 is the first) by time and id; NULL: there are not so many."""
        ordered = self._select(self.at).order_by(self.at, self.id)
        return ordered.limit(1).offset(number - 1).scalar_subquery()

    def _select(self, *what: ColumnElement[Any]) -> Select[Any]:
        return select(*what).select_from(self.source).where(self.where).correlate_except(self.source)


# ── events ──────────────────────────────────────────────────────────────────


def deeds(did: Did, scope: Scope) -> Rows:
    """The events that count for a `did`; an index leads to them by customer, name and time."""
    event = _DEED
    parts = [
        event.c.customer_id == scope.customer.c.id,
        event.c.name == did.events[0] if len(did.events) == 1 else event.c.name.in_(did.events),
        *_since(did.since, event.c.at, scope),
        *recent(did.within, event.c.at, scope),
        *before_end(event.c.at, event.c.arrived_at, scope),
        *_fields(did, event, scope),
    ]
    entered_by = scope.own("trigger_event_id")
    if entered_by is not None:
        parts.append(event.c.id.is_distinct_from(entered_by))
    return Rows(event, and_(*parts), event.c.at, event.c.id)


def _fields(did: Did, event: FromClause, scope: Scope) -> list[Bool]:
    def said(name: str) -> Value:
        return field(event.c.properties, name, scope.postgres)

    tests = [passes(test, said(name), scope.instant, scope.postgres) for name, test in did.where.fields]
    return tests if did.same is None else [*tests, _same(did.same, event, scope)]


def _since(written: str | None, at: At, scope: Scope) -> list[Bool]:
    match written:
        case None:
            return [] if scope.since is None else [at >= scope.since]
        case "ever":
            return []
        case "entered":
            bound = scope.own("entered_at")
        case "step":
            bound = scope.own("arrived_at")
        case step:
            bound = arrival(step, scope)
    return [false() if bound is None else at >= bound]


def arrival(step: str, scope: Scope) -> At | None:
    """When the enrolment came to this step: where it stands, or which it has left."""
    enrolment_id, present, arrived_at = (scope.own(name) for name in ("id", "step", "arrived_at"))
    if enrolment_id is None or present is None or arrived_at is None:
        return None
    visit = _ARRIVAL
    left = select(visit.c.arrived_at).where(visit.c.enrolment_id == enrolment_id, visit.c.step == step)
    return func.coalesce(
        left.correlate_except(visit).scalar_subquery(),
        case((present == step, arrived_at)),
        type_=arrived_at.type,
    )


def _same(name: str, event: FromClause, scope: Scope) -> Bool:
    """The property equals that of the trigger; `product_id`: any of the one's and any of the other's."""
    trigger = scope.own("trigger")
    if trigger is None:
        return false()
    mine, theirs = (field(document, name, scope.postgres) for document in (event.c.properties, trigger))
    if name != "product_id":
        return same(mine, theirs)
    return or_(
        _same_as_any(mine, trigger, scope),
        _any_product(event.c.properties, lambda one: _same_as_any(one, trigger, scope), scope),
    )


def _same_as_any(one: Value, document: ColumnElement[Any], scope: Scope) -> Bool:
    direct = field(document, "product_id", scope.postgres)
    return or_(same(one, direct), _any_product(document, lambda other: same(one, other), scope))


def _any_product(document: ColumnElement[Any], test: Any, scope: Scope) -> Bool:
    """Does the id of one of the `products` of this document pass?"""
    products = field(document, "products", scope.postgres).elements
    if products is None:
        return false()
    product = products()
    found = test(product.field("product_id"))
    return exists().select_from(product.rows).where(found).correlate_except(product.rows)


def recent(within: Duration | None, at: At, scope: Scope) -> list[Bool]:
    """Within so much time before now."""
    return [at >= scope.instant(Ago(within, -1))] if within else []


def before_end(at: At, arrived_at: At, scope: Scope) -> list[Bool]:
    """Not later than what the span looks at."""
    span = scope.span or Span()
    bounds = [(at, span.until), (arrived_at, span.deadline)]
    return [each <= bound for each, bound in bounds if bound is not None]
