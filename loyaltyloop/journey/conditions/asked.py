"""What is asked of whom: one customer's view, and the window in which events count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions import facts
from loyaltyloop.journey.conditions.comparisons import first_instant
from loyaltyloop.journey.conditions.condition import About, Ago, Instant
from loyaltyloop.journey.conditions.view import Enrolled, View


@dataclass(frozen=True)
class Window:
    """What a `wait_for` or a goal looks at; None is no limit.

    `since_given`: the step says since when, so that this holds for responses to messages, too.
    """

    since: datetime | None = None
    until: datetime | None = None
    deadline: datetime | None = None
    since_given: bool = False


@dataclass(frozen=True)
class Asked:
    """Of whom, and from when on a `did` counts that does not say it."""

    view: View
    since: datetime | None = None
    window: Window | None = None

    @property
    def enrolment(self) -> Enrolled:
        """The enrolment that is asked about; an empty one outside a journey."""
        return self.view.enrolment or Enrolled()

    @property
    def cart(self) -> Mapping[str, Any]:
        """The customer's basket as it is now; an empty one where there is none, or it is over."""
        cart = self.view.cart or {}
        return cart if cart and cart["updated_at"] >= self.view.now - facts.BASKET_LIFE else {}

    def instant(self, value: Instant) -> datetime:
        """An instant of a condition, for this customer."""
        match value:
            case Ago(duration, sign):
                return duration.after(self.view.now, self.view.zone, sign)
            case datetime():
                return value
            case date():
                return first_instant(value)

    def recent(self, at: datetime, within: Duration | None) -> bool:
        """Is it no longer ago than `within`?"""
        return within is None or at >= self.instant(Ago(within, -1))

    def shows(self, at: datetime, arrived_at: datetime) -> bool:
        """Does it lie before the window's end?"""
        window = self.window or Window()
        return (window.until is None or at <= window.until) and (
            window.deadline is None or arrived_at <= window.deadline
        )


def value_of(about: About, name: str, asked: Asked) -> object:
    """What is known under this name; None: unknown."""
    view = asked.view
    match about.subject:
        case "customer" if name in facts.CUSTOMER:
            return _fact(view.customer.get(name), facts.CUSTOMER[name], view)
        case "customer":
            return view.attributes.get(name)
        case "trigger":
            return asked.enrolment.trigger.get(name)
        case "order":
            order = asked.enrolment.order or {}
            return _fact(order.get(name), facts.ORDER[name], view) if name in facts.ORDER else None
        case "scored":
            return number_of(asked.enrolment.kept.get(name))
        case "cart":
            cart = asked.cart
            return _fact(cart.get(name), facts.CART[name], view) if name in facts.CART else None
        case "predicted":
            return view.predicted.get(name)


def number_of(kept: object) -> object:
    """The number that a `score` step kept; None: none is known."""
    return kept.get("number") if isinstance(kept, Mapping) else None


def _fact(value: Any, kind: facts.Kind, view: View) -> object:
    """A fact as conditions speak of it: money in major units, a date as its ISO text."""
    if value is None:
        return None
    match kind:
        case "money":
            return Decimal(value).scaleb(-view.exponent)
        case "date":
            return value.isoformat()
        case _:
            return value
