"""What becomes of a friend who came with somebody's code. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from loyaltyloop.journey.model.loyalty import Referral
from loyaltyloop.store.loyalty.friends import Somebody, self_referral

OPEN = ("waiting", "pending")
_UNDONE = ("cancelled", "refunded")
NOBODY, GONE = "nobody has this code", "who brought them is no longer here"
ALREADY, BEFORE = "they were brought already", "they had bought before"
BACK = "the order was given back"


@dataclass(frozen=True)
class Bought:
    """An order of the friend; amounts in minor units, None: not known."""

    order_id: str
    status: str
    total: int | None
    refunded: int
    ordered_at: datetime
    delivered_at: datetime | None = None

    @property
    def paid(self) -> bool:
        """Was something paid for it, and not all given back?"""
        return self.status not in _UNDONE and self.total is not None and self.total > self.refunded


@dataclass(frozen=True)
class Brought:
    """A friend who came with a code (`order_id_told`: with this order), and what has become of it."""

    event_id: int
    at: datetime
    state: str  # claimed, and those of the table
    reason: str = ""
    order_id: str | None = None
    due_at: datetime | None = None
    converted_at: datetime | None = None
    points: int = 0
    told_with: str | None = None

    @property
    def counts(self) -> bool:
        """Is nobody else to be credited for this friend?"""
        return self.state not in ("claimed", "refused")


@dataclass(frozen=True)
class Facts:
    """The friend and their orders, and who brought them; None: nobody, or (`gone`) somebody erased."""

    friend: Somebody
    referrer: Somebody | None
    gone: bool
    orders: Sequence[Bought]


def judged(one: Brought, facts: Facts, taken: bool, rule: Referral, zone: str, now: datetime) -> Brought:
    """What becomes of it as of `now`. `taken`: an earlier one counts for this friend."""
    if one.state in ("refused", "reversed"):
        return one
    why = _against(one, facts, taken)
    if one.state == "converted":
        return (
            replace(one, state="reversed", reason=why or _given_back(one, facts))
            if ((why and why != GONE) or _given_back(one, facts))
            else one
        )
    if why:
        return replace(one, state="refused", reason=why, due_at=None)
    return _on_the_way(one, facts, rule, zone, now)


def _against(one: Brought, facts: Facts, taken: bool) -> str:
    """Why nobody is credited; empty if nothing speaks against it."""
    if facts.referrer is None:
        return GONE if facts.gone or one.state != "claimed" else NOBODY
    if why := self_referral(facts.friend, facts.referrer):
        return why
    if taken:
        return ALREADY
    earlier = (
        order for order in facts.orders if order.ordered_at < one.at and order.order_id != one.told_with
    )
    return BEFORE if one.state != "converted" and next(earlier, None) else ""


def _given_back(one: Brought, facts: Facts) -> str:
    order = next((order for order in facts.orders if order.order_id == one.order_id), None)
    return "" if order is not None and order.paid else BACK


def _on_the_way(one: Brought, facts: Facts, rule: Referral, zone: str, now: datetime) -> Brought:
    """Waits for the first paid order, then until that is old enough."""
    paid = (order for order in facts.orders if order.paid and _since(order, one))
    first = min(paid, key=lambda order: (order.ordered_at, order.order_id), default=None)
    if first is None:
        return replace(one, state="waiting", order_id=None, due_at=None)
    begins = first.ordered_at if rule.counts_from == "ordered" else first.delivered_at
    due = None if begins is None else rule.after.after(begins, zone)
    if due is None or due > now:
        return replace(one, state="pending", order_id=first.order_id, due_at=due)
    return replace(
        one, state="converted", order_id=first.order_id, due_at=None, converted_at=now, points=rule.points
    )


def _since(order: Bought, one: Brought) -> bool:
    return order.ordered_at >= one.at or order.order_id == one.told_with
