"""Circuit breakers: what stops hand-overs, the figures that it is decided by, and who is told."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, long_text


class Breaker(SQLModel, table=True):
    """What has stopped, or was stopped once: a journey's marketing, or all that leaves by a channel.

    kind: journey, channel. state: closed, open, trying. `recent`: a channel's latest hand-overs, the last at
    the end: `.` taken, `x` failed. `times`: openings without a closing in between.
    """

    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    state: str = "closed"
    why: str = ""
    opened_at: datetime | None = None
    again_at: datetime | None = None
    times: int = 0
    recent: str = ""


class Tally(SQLModel, table=True):
    """What became of a journey's messages on one day (UTC), as it is counted while it happens."""

    journey: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    handed: int = 0
    bounced: int = 0  # for good
    complained: int = 0


class Alert(SQLModel, table=True):
    """What somebody is told by a call to the shop's hook for alerts: about the shop, never about a person.

    state: waiting, handed_over, refused.
    """

    __table_args__ = (
        Index(
            "ix_alert_waiting",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )
    id: int | None = big(default=None, primary_key=True)
    key: str = Field(unique=True)
    body: str = long_text()
    made_at: datetime
    due_at: datetime
    state: str = "waiting"
    reason: str = ""
