"""Gifts of journeys, and the codes of vouchers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big


class Gift(SQLModel, table=True):
    """What a `give` gave: at most one for each (enrolment, step).

    state: `reserved` (no message has shown it yet), `committed` (`message_key`, the first message that shows
    it, was handed over at `committed_at`), `redeemed` (an order used its code), `expired`, `released` (nobody
    was ever shown it, and its code went back); what is nobody's to redeem is `given`.
    `what`: the pool, the badge. `value` is what it is worth in words, `amount` in minor units of the shop's
    currency, where the shop told it as an amount.
    """

    __table_args__ = (
        Index("uq_gift_step", "enrolment_id", "step", unique=True),
        Index("ix_gift_customer", "customer_id"),
        Index("ix_gift_given", "journey", "step", "given_at"),  # the budget of a month
        Index("ix_gift_message", "message_key"),
        Index(
            "ix_gift_expiring",
            "journey",
            "expires_at",
            sqlite_where=text("state = 'committed'"),
            postgresql_where=text("state = 'committed'"),
        ),
    )
    id: int | None = big(default=None, primary_key=True)
    enrolment_id: int = big()
    customer_id: int = big()
    journey: str
    step: str
    kind: str  # voucher, points, badge
    what: str = ""
    state: str
    given_at: datetime  # the turn's now
    value: str = ""
    amount: int | None = big(default=None)
    code: str | None = None
    matched: str | None = Field(default=None, unique=True)  # the code as orders are looked for it
    message_key: str | None = None
    committed_at: datetime | None = None
    expires_at: datetime | None = None
    redeemed_at: datetime | None = None
    order_id: str | None = None


class ErasedGift(SQLModel, table=True):
    """How many gifts a step gave at one instant whose customers were erased: budgets go on counting them."""

    __tablename__ = "erased_gift"
    __table_args__ = (Index("ix_erased_gift", "journey", "step", "given_at"),)
    id: int | None = big(default=None, primary_key=True)
    journey: str
    step: str
    given_at: datetime  # the turn's now
    number: int


class Voucher(SQLModel, table=True):
    """A code that was imported or made. Once it was shown to anybody it is never free again.

    state: `free`, `taken` (somebody has it, or had), `void` (made for somebody who was never shown it).
    `matched` is unique over all pools: an order names a code, and no pool.
    """

    __table_args__ = (
        Index(
            "ix_voucher_free",
            "pool",
            "id",
            sqlite_where=text("state = 'free'"),
            postgresql_where=text("state = 'free'"),
        ),
    )
    id: int | None = big(default=None, primary_key=True)
    pool: str
    code: str
    matched: str = Field(unique=True)
    state: str = "free"
    made: bool = False  # by a pattern, and not imported
    ends_at: datetime | None = None  # the code's own last instant, as the file says


class UsedCode(SQLModel, table=True):
    """A code that an order named, as a hash: a pool that is imported later does not give it to anybody.

    `mark`: SHA-256, in hex digits, of the code as it is matched. Most are of no pool: what a shop wrote into
    one (a name, at times) is not kept beyond its order.
    """

    __tablename__ = "used_code"
    mark: str = Field(primary_key=True)
