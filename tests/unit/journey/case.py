"""One case of a condition: what is asked of whom, and what is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from loyaltyloop.journey.conditions.condition import About, Check, Condition, Subject, Where
from loyaltyloop.journey.conditions.view import View
from tests.unit.journey.anna import ANNA, NOW


@dataclass(frozen=True)
class Case:
    """`at`: when a `wait_for` that the customer stands at is satisfied; `more` changes the customer."""

    name: str
    condition: Condition
    holds: bool
    at: datetime | None = None
    until: datetime | None = None
    deadline: datetime | None = None
    since_given: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def view(self) -> View:
        return replace(ANNA, **self.more)


def asks(subject: Subject, name: str, *checks: Check) -> About:
    return About(subject, Where(((name, checks),)))


def about(name: str, *checks: Check) -> About:
    return asks("customer", name, *checks)


def state(name: str, condition: Condition, holds: bool, **more: Any) -> Case:
    """A condition without a time of its own."""
    return Case(name, condition, holds, NOW if holds else None, **more)
