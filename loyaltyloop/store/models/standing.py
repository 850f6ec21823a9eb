"""Who stands where, and who has been."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import RUNNING, big, json_column


class Enrolment(SQLModel, table=True):
    """One customer's way through one journey, and where the customer stands now.

    state: `ready` (arrived, the step has not looked yet), `waiting` (until `due_at` or an answer),
    `sending` (a message is planned, held or on its way), `sent` (it was handed over or refused), `ending`
    (ended, but for the journey's `at_end` steps), `ended`.
    end: completed, held_out, erased, left; `reason` of `left`.
    """

    __table_args__ = (
        Index("uq_enrolment", "journey", "customer_id", "one_per", "occurrence", unique=True),
        Index(
            "ix_enrolment_standing",
            "journey",
            "version",
            "state",
            "due_at",
            sqlite_where=RUNNING,
            postgresql_where=RUNNING,
        ),
        Index(
            "ix_enrolment_ending",
            "journey",
            sqlite_where=text("state = 'ending'"),
            postgresql_where=text("state = 'ending'"),
        ),
        Index("ix_enrolment_customer", "customer_id", "journey"),
        Index("ix_enrolment_entered", "journey", "enrolled_at"),  # counts of the present hour, day or week
    )
    id: int | None = big(default=None, primary_key=True)
    journey: str
    version: int
    customer_id: int = big(foreign_key="customer.id")
    customer_key: str  # the customer's key at entering
    one_per: str = ""
    occurrence: str = ""
    entered_at: datetime
    enrolled_at: datetime  # the turn's now
    trigger: dict[str, Any] = json_column()
    trigger_event_id: int | None = big(default=None)
    order_id: str | None = None
    held_out: bool = False
    step: str | None = None
    state: str = "ready"
    arrived_at: datetime
    due_at: datetime | None = None  # when a turn must look again
    until_at: datetime | None = None  # the time-out of a `wait_for`; `due_at` is later by the lateness
    ended_at: datetime | None = None
    end: str | None = None
    reason: str | None = None
    goal_at: datetime | None = None


class Visit(SQLModel, table=True):
    """A step that a customer has left: by which path, and why. Where one stands now is on the enrolment."""

    enrolment_id: int = big(primary_key=True)
    step: str = Field(primary_key=True)
    arrived_at: datetime
    left_at: datetime
    path: str = ""
    why: str = ""
    until_at: datetime | None = None  # the time-out of a `wait_for`
    late_at: datetime | None = None  # when somebody answered who was heard of too late to count


class Kept(SQLModel, table=True):
    """What a step decided for this customer, frozen: products, a score, an answer."""

    enrolment_id: int = big(primary_key=True)
    step: str = Field(primary_key=True)
    value: Any = json_column()


class Entry(SQLModel, table=True):
    """A candidate who has not entered: `queued` (waits for room, or was started by hand), or `refused`."""

    __table_args__ = (
        Index(
            "ix_entry_queued",
            "journey",
            "at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_entry_customer", "customer_id", "journey"),
    )
    id: int | None = big(default=None, primary_key=True)
    journey: str
    customer_id: int = big()
    at: datetime
    one_per: str = ""
    occurrence: str = ""
    trigger: dict[str, Any] = json_column()
    trigger_event_id: int | None = big(default=None)
    cause: str  # event, date, state, schedule, hand, start
    state: str  # queued, refused
    reason: str = ""
    judged_at: datetime | None = None


class Holding(SQLModel, table=True):
    """A customer for whom a journey's `when` has held since the last check."""

    journey: str = Field(primary_key=True)
    customer_id: int = big(primary_key=True, index=True)
