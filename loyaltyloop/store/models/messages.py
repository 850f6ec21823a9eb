"""Messages and their bytes, what turns did, and figures that are counted once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column, long_text


class Message(SQLModel, table=True):
    """A message and what became of it.

    state: planned, held, claimed, handed_over, refused, unknown; then delivered, bounced, complained.
    `due_at`: not before; `expires_at`: not after. `handed_over_at` is the instant of the claim.
    `address`: where it went, as the gate compares addresses. `zone`, `shop`: its reader's zone, and how the
    hash of the shop.yaml began by which it was judged.
    `routes`: the channels that it may take, in order, as they were found at the decision: `channel`, `why`,
    and `refused`, once it could not leave by it. None: `channel` alone. `offers`: the `recommend` steps whose
    products it shows, a space between.
    """

    __table_args__ = (
        Index("uq_message_step", "enrolment_id", "step", unique=True),
        Index(
            "ix_message_ready",
            "due_at",
            sqlite_where=text("state IN ('planned', 'held')"),
            postgresql_where=text("state IN ('planned', 'held')"),
        ),
        Index(
            "ix_message_claimed",
            "state",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
        Index(
            "ix_message_unknown",
            "state",
            sqlite_where=text("state = 'unknown'"),
            postgresql_where=text("state = 'unknown'"),
        ),
        Index(
            "ix_message_provider",
            "provider_id",
            sqlite_where=text("provider_id IS NOT NULL"),
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index("ix_message_customer", "customer_id", "handed_over_at"),
        Index(
            "ix_message_address",
            "address",
            "handed_over_at",
            sqlite_where=text("address IS NOT NULL"),
            postgresql_where=text("address IS NOT NULL"),
        ),
    )
    id: int | None = big(default=None, primary_key=True)
    key: str = Field(unique=True)
    enrolment_id: int = big()
    customer_id: int = big()
    journey: str
    version: int
    step: str
    channel: str
    purpose: str
    template: str
    priority: int
    entered_at: datetime
    decided_at: datetime
    due_at: datetime
    expires_at: datetime | None = None
    state: str = "planned"
    reason: str = ""
    routes: list[dict[str, Any]] | None = json_column(nullable=True)
    sender: str | None = None  # `name <address>`, as it was at the claim
    to: str | None = None
    address: str | None = None
    zone: str | None = None
    shop: str | None = None
    subject: str | None = None
    offers: str | None = None
    via: str | None = None  # the way out it was claimed for
    provider_id: str | None = None  # what its provider calls it, where it has told so
    claimed_at: datetime | None = None
    claimed_by: str | None = None  # the delivery that claimed it last
    leased_until: datetime | None = None  # by the database's clock: until then nobody else may take it over
    handed_over_at: datetime | None = None


class Body(SQLModel, table=True):
    """The rendered bytes of a claimed message, and the links it contains, in order.

    `unsubscribe`: the address at which its reader unsubscribes with one click; empty for none.
    `question`: what an `ask` asked, as `Question.as_document` writes it: what its page shows.
    """

    message_id: int = big(primary_key=True)
    html: str = long_text()
    text: str = long_text()
    unsubscribe: str = ""
    links: list[str] = json_column()
    question: dict[str, Any] | None = json_column(nullable=True)


class TurnLog(SQLModel, table=True):
    """What a finished turn did: counts by step, for the report."""

    __tablename__ = "turn_log"
    id: int | None = big(default=None, primary_key=True)
    journey: str = Field(index=True)
    now: datetime
    counts: dict[str, Any] = json_column()


class Figure(SQLModel, table=True):
    """A list counted once for a day or a week and then frozen: every process reads the same.

    `kind` and `key` say what: neighbours of a product, what sells in a country. Only rows that had
    arrived before `as_of` count. `content`: what is no list but arrays, as scores/models/artifact.py packs
    them.
    """

    kind: str = Field(primary_key=True)
    as_of: datetime = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: Any = json_column()
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
