"""What is live: journeys, their versions, and the files that hold for all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column, long_text


class LiveJourney(SQLModel, table=True):
    """A journey that was applied, and how far its turns have come.

    `entered_seq`: events up to here were judged for entering; `seen_seq`: customers touched up to here
    were looked at for leaving and answering. `checked_at`: the last check of a condition or schedule.
    """

    __tablename__ = "journey"
    name: str = Field(primary_key=True)
    state: str = "live"  # live, paused
    version: int
    applied_at: datetime
    paused_at: datetime | None = None
    last_now: datetime | None = None
    entered_seq: int = big(default=0)
    seen_seq: int = big(default=0)
    entering: dict[str, Any] | None = json_column(
        nullable=True
    )  # a turn's place in its candidates: upto, at, id
    checked_at: datetime | None = None


class JourneyVersion(SQLModel, table=True):
    __tablename__ = "journey_version"
    journey: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    hash: str
    file: str = long_text()
    applied_at: datetime


class Content(SQLModel, table=True):
    """A text by its hash."""

    hash: str = Field(primary_key=True)
    body: str = long_text()


class LiveFile(SQLModel, table=True):
    """A template or shop.yaml, as it is live: content edits hold for all versions."""

    __tablename__ = "live_file"
    path: str = Field(primary_key=True)
    hash: str = Field(foreign_key="content.hash")
