"""Where a verb works: the transaction, the step, and whoever of the cohort is still undecided."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model import Journey, Shop, Step
from loyaltyloop.store.conditions.asking import cohort_scope, cohort_zones
from loyaltyloop.store.conditions.scope import Scope
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.inside.cohorts import PEOPLE, UNDECIDED, cohort


@dataclass(frozen=True)
class Stand:
    """One chunk of one step's work."""

    connection: Connection
    now: datetime
    shop: Shop
    journey: Journey
    version: int
    step: Step
    secret: bytes = b""  # what codes of vouchers are made with
    templates: Collection[str] = ()  # those that are live, by their path below templates/
    # The names that a channel's template uses.
    uses_of: Callable[[str, str], frozenset[str]] = lambda _channel, _template: frozenset()

    def scope(self, *conditions: Condition) -> Scope:
        """What conditions about the cohort's people refer to."""
        return cohort_scope(self.connection, self.shop, self.now, conditions)

    def holds(self, condition: Condition) -> ColumnElement[bool]:
        """The condition as SQL over the cohort's people."""
        return holds(condition, self.scope(condition))

    def people(self, *columns: ColumnElement[Any]) -> list[Row[Any]]:
        """Rows of the ready members that nobody has decided upon yet, in order of their ids."""
        ready = select(*columns).select_from(PEOPLE).where(UNDECIDED, cohort.c.state == "ready")
        return list(self.connection.execute(ready.order_by(cohort.c.id)).all())

    def zones(self) -> list[str]:
        """The zones that the cohort's people live in."""
        return cohort_zones(self.connection)


# A verb looks at a stand's undecided members and gives each a path, lets it wait, or ends it.
Verb = Callable[[Stand], None]
