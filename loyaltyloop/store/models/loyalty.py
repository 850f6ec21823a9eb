"""What customers have earned: points, a tier, badges, and friends whom they brought."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column


class PointsEntry(SQLModel, table=True):
    """The ledger of points: only ever added to, until its customer is erased. `customer.points` is its sum.

    `cause`: what the points are for, `order:ID`, `event:ID`, `give:KEY`, `referral:ID`, or `lapse:CAUSE`; an
    entry with a `number` over 0 corrects the earlier ones of its cause. kind: earn, give, spend, expire,
    reverse. `at`: when it happened, by the customer's time. `terms`: under which points of this cause are
    earned and lapse, as shop.yaml had them then.
    """

    __tablename__ = "points_entry"
    __table_args__ = (
        Index("uq_points_cause", "cause", "number", unique=True),
        Index("ix_points_customer", "customer_id"),
    )
    id: int | None = big(default=None, primary_key=True)
    customer_id: int = big(foreign_key="customer.id")
    kind: str
    cause: str
    number: int = 0
    points: int = big()
    at: datetime
    recorded_at: datetime
    terms: dict[str, Any] | None = json_column(nullable=True)


class LoyaltyStanding(SQLModel, table=True):
    """When a turn must look at a customer's points, tier and badges next, and how the tier is held.

    `looked_at`: the latest look; none is earlier. `below_since`: since when they have too little for their
    tier and keep it nevertheless.
    """

    __tablename__ = "loyalty_standing"
    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    look_at: datetime | None = Field(default=None, index=True)
    looked_at: datetime | None = None
    tier: str | None = None
    tier_since: datetime | None = None
    below_since: datetime | None = None


class BadgeEarned(SQLModel, table=True):
    """A badge of a customer; each once. `cause`: `rule`, or the key of the gift."""

    __tablename__ = "badge_earned"
    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    badge: str = Field(primary_key=True)
    at: datetime
    cause: str


class ReferralCode(SQLModel, table=True):
    """A code by which a customer brings friends; of a merged customer the codes of both."""

    __tablename__ = "referral_code"
    code: str = Field(primary_key=True)
    customer_id: int = big(foreign_key="customer.id", index=True)


class Referral(SQLModel, table=True):
    """A friend (`customer_id`) who came with somebody's code.

    state: `waiting` (for a paid order), `pending` (until `due_at`), `converted`, `reversed`, `refused`.
    `points`: what the referrer was promised when it was converted.
    """

    __table_args__ = (Index("ix_referral_due", "due_at"),)
    event_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    customer_id: int = big(index=True)
    referrer_id: int | None = big(default=None, index=True)
    code: str
    at: datetime
    state: str = "waiting"
    reason: str = ""
    order_id: str | None = Field(default=None, index=True)
    due_at: datetime | None = None
    converted_at: datetime | None = None
    points: int = big(default=0)
