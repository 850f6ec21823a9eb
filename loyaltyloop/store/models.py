"""The tables. Times are UTC instants, dates are dates, money is integer minor units and a currency.

The database is made by migrations: after a change here `python -m loyaltyloop.store.migrations.draft "What
changes"` writes the next one. Until the first release the first one is written anew instead, by
`python -m loyaltyloop.store.migrations.draft "The first tables" --first`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
RUNNING = text("ended_at IS NULL")
# SQLite numbers rows by themselves only in a column called INTEGER; it holds 64 bits there as well.
Big = BigInteger().with_variant(Integer, "sqlite")


def _json(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Json, nullable=nullable))


def _text() -> Any:
    return Field(sa_column=Column(Text, nullable=False))


def _big(**more: Any) -> Any:
    """Ids, numbers in the order of applying, and money: 64 bits."""
    return Field(sa_type=Big, **more)


# ── people ──────────────────────────────────────────────────────────────────


class Customer(SQLModel, table=True):
    """One person: attributes, and the facts kept from what arrived.

    `key` is the first id by which the customer was known: dice and message keys hang on it.
    `zone` is the zone in use and `zone_from` where it came from: `own`, `country` or `shop`.
    `stamps` holds, for each attribute, the event time of its present value: the latest wins, in
    whatever order things arrive.
    """

    id: int | None = _big(default=None, primary_key=True)
    key: str = Field(unique=True)
    email: str | None = Field(default=None, index=True)
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    birthday: date | None = None
    country: str | None = Field(default=None, max_length=2)
    city: str | None = None
    timezone: str | None = None
    locale: str | None = None
    created_at: datetime | None = None
    attributes: dict[str, Any] = _json()
    stamps: dict[str, str] = _json()
    tags: list[str] = _json()
    zone: str
    zone_from: str
    often: str = "normal"
    paused_until: datetime | None = None
    erased_at: datetime | None = None
    # facts
    orders: int = 0
    lifetime_value: int = _big(default=0)
    average_order: int | None = _big(default=None)
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    favourite_category: str | None = None
    tier: str | None = None
    points: int = _big(default=0)
    open_cases: int = 0


class Identity(SQLModel, table=True):
    """An id by which a customer is known: `kind` is `user` or `anonymous`."""

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    customer_id: int = _big(foreign_key="customer.id", index=True)


class CustomerDate(SQLModel, table=True):
    """A yearly date of a customer (`birthday`, or any attribute that is a date), by month * 100 + day."""

    __tablename__ = "customer_date"
    __table_args__ = (Index("ix_customer_date_day", "attribute", "month_day"),)
    customer_id: int = _big(primary_key=True, foreign_key="customer.id")
    attribute: str = Field(primary_key=True)
    month_day: int
    year: int


class Consent(SQLModel, table=True):
    """The present answer; `purpose` is `marketing` or `service`."""

    customer_id: int = _big(primary_key=True, foreign_key="customer.id")
    channel: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    given: bool
    at: datetime


class ConsentEntry(SQLModel, table=True):
    """The ledger: who, channel, purpose, when, how, the wording shown. Only ever added to."""

    __tablename__ = "consent_entry"
    id: int | None = _big(default=None, primary_key=True)
    customer_id: int = _big(foreign_key="customer.id", index=True)
    channel: str
    purpose: str
    given: bool
    at: datetime
    how: str
    wording: str | None = None


# ── what arrived ────────────────────────────────────────────────────────────


class Event(SQLModel, table=True):
    """One call of the Segment API, or a row of customers.csv, as it came.

    `seq` and `customer_id` are empty until a turn applies the event; `seq` then numbers events in the
    order in which they were applied. `name` is the track event's name (aliases normalised), else empty.
    `properties` holds properties or traits; `context` what else is kept.
    """

    __table_args__ = (
        Index("uq_event_message", "source", "message_id", unique=True),
        Index(
            "ix_event_waiting",
            "arrived_at",
            "id",
            sqlite_where=text("seq IS NULL"),
            postgresql_where=text("seq IS NULL"),
        ),
        Index("ix_event_customer", "customer_id", "name", "at"),
        Index("ix_event_seq", "seq"),
        Index(
            "ix_event_order",
            "order_id",
            sqlite_where=text("order_id IS NOT NULL"),
            postgresql_where=text("order_id IS NOT NULL"),
        ),
    )
    id: int | None = _big(default=None, primary_key=True)
    source: str
    message_id: str
    type: str
    name: str = ""
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    at: datetime
    arrived_at: datetime
    properties: dict[str, Any] = _json()
    context: dict[str, Any] | None = _json(nullable=True)
    order_id: str | None = None
    seq: int | None = _big(default=None)
    customer_id: int | None = _big(default=None)


class Touch(SQLModel, table=True):
    """A customer changed otherwise than by an own event: a merge, a `set` step."""

    seq: int = _big(primary_key=True)
    customer_id: int = _big(primary_key=True, index=True)
    cause: str


class Imported(SQLModel, table=True):
    """The latest content of each imported row: an unchanged row adds nothing."""

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str


class Product(SQLModel, table=True):
    product_id: str = Field(primary_key=True)
    name: str
    category: str | None = None
    price: int | None = _big(default=None)
    currency: str | None = None
    url: str | None = None
    image_url: str | None = None
    in_stock: bool = True
    markets: list[str] | None = _json(nullable=True)
    tags: list[str] | None = _json(nullable=True)


class Order(SQLModel, table=True):
    """An order as it is now: a fold over all its events, by event time, in whatever order they came."""

    __tablename__ = "shop_order"
    order_id: str = Field(primary_key=True)
    customer_id: int = _big(foreign_key="customer.id", index=True)
    status: str  # open, shipped, delivered, cancelled, partly_refunded, refunded
    total: int | None = _big(default=None)  # in the shop's currency; None: no rate known
    refunded: int = _big(default=0)
    currency: str | None = None
    products: list[dict[str, Any]] = _json()
    main_category: str | None = None
    ordered_at: datetime
    updated_at: datetime


class OrderLine(SQLModel, table=True):
    """A product in an order that was not cancelled; `arrived_at` is when the order was known here."""

    __tablename__ = "order_line"
    __table_args__ = (
        Index("ix_order_line_product", "product_id", "ordered_at"),
        Index("ix_order_line_customer", "customer_id", "ordered_at"),
        Index("ix_order_line_ordered", "ordered_at"),
    )
    order_id: str = Field(primary_key=True)
    product_id: str = Field(primary_key=True)
    customer_id: int = _big()
    category: str | None = None  # as the order said; the catalogue's where it said none
    quantity: int
    price: int | None = _big(default=None)
    ordered_at: datetime
    arrived_at: datetime
    returned: bool = False


class Engagement(SQLModel, table=True):
    """A response to one of our messages; `kind` as conditions name it: clicked, opened, replied, ..."""

    __table_args__ = (
        Index("ix_engagement_message", "message_key", "kind"),
        Index("ix_engagement_customer", "customer_id", "journey", "kind", "at"),
    )
    event_id: int = _big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    message_key: str
    customer_id: int = _big()
    journey: str
    step: str
    kind: str
    at: datetime
    arrived_at: datetime
    machine: bool = False


# ── journeys ────────────────────────────────────────────────────────────────


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
    entered_seq: int = _big(default=0)
    seen_seq: int = _big(default=0)
    entering: dict[str, Any] | None = _json(nullable=True)  # a turn's place in its candidates: upto, at, id
    checked_at: datetime | None = None


class JourneyVersion(SQLModel, table=True):
    __tablename__ = "journey_version"
    journey: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    hash: str
    file: str = _text()
    applied_at: datetime


class Content(SQLModel, table=True):
    """A text by its hash."""

    hash: str = Field(primary_key=True)
    body: str = _text()


class LiveFile(SQLModel, table=True):
    """A template or shop.yaml, as it is live: content edits hold for all versions."""

    __tablename__ = "live_file"
    path: str = Field(primary_key=True)
    hash: str = Field(foreign_key="content.hash")


# ── who stands where ────────────────────────────────────────────────────────


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
    )
    id: int | None = _big(default=None, primary_key=True)
    journey: str
    version: int
    customer_id: int = _big(foreign_key="customer.id")
    customer_key: str  # the customer's key at entering
    one_per: str = ""
    occurrence: str = ""
    entered_at: datetime
    enrolled_at: datetime  # the turn's now
    trigger: dict[str, Any] = _json()
    trigger_event_id: int | None = _big(default=None)
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

    enrolment_id: int = _big(primary_key=True)
    step: str = Field(primary_key=True)
    arrived_at: datetime
    left_at: datetime
    path: str = ""
    why: str = ""
    until_at: datetime | None = None  # the time-out of a `wait_for`
    late_at: datetime | None = None  # when somebody answered who was heard of too late to count


class Kept(SQLModel, table=True):
    """What a step decided for this customer, frozen: products, a score, an answer."""

    enrolment_id: int = _big(primary_key=True)
    step: str = Field(primary_key=True)
    value: Any = _json()


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
    id: int | None = _big(default=None, primary_key=True)
    journey: str
    customer_id: int = _big()
    at: datetime
    one_per: str = ""
    occurrence: str = ""
    trigger: dict[str, Any] = _json()
    trigger_event_id: int | None = _big(default=None)
    cause: str  # event, date, state, schedule, hand, start
    state: str  # queued, refused
    reason: str = ""
    judged_at: datetime | None = None


class Holding(SQLModel, table=True):
    """A customer for whom a journey's `when` has held since the last check."""

    journey: str = Field(primary_key=True)
    customer_id: int = _big(primary_key=True, index=True)


# ── messages ────────────────────────────────────────────────────────────────


class Message(SQLModel, table=True):
    """A message and what became of it.

    state: planned, held, claimed, handed_over, refused, unknown; then delivered, bounced, complained.
    `due_at`: not before; `expires_at`: not after. `handed_over_at` is the instant of the claim.
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
        Index("ix_message_customer", "customer_id"),
    )
    id: int | None = _big(default=None, primary_key=True)
    key: str = Field(unique=True)
    enrolment_id: int = _big()
    customer_id: int = _big()
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
    to: str | None = None
    subject: str | None = None
    via: str | None = None  # the way out it was claimed for
    claimed_at: datetime | None = None
    handed_over_at: datetime | None = None


class Body(SQLModel, table=True):
    """The rendered bytes of a claimed message, and the links it contains, in order."""

    message_id: int = _big(primary_key=True)
    html: str = _text()
    text: str = _text()
    links: list[str] = _json()


class TurnLog(SQLModel, table=True):
    """What a finished turn did: counts by step, for the report."""

    __tablename__ = "turn_log"
    id: int | None = _big(default=None, primary_key=True)
    journey: str = Field(index=True)
    now: datetime
    counts: dict[str, Any] = _json()


class Figure(SQLModel, table=True):
    """A list counted once for a day or a week and then frozen: every process reads the same.

    `kind` and `key` say what: neighbours of a product, what sells in a country. Only rows that had
    arrived before `as_of` count.
    """

    kind: str = Field(primary_key=True)
    as_of: datetime = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: Any = _json()
