"""People: attributes, ids, dates, consent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column


class Customer(SQLModel, table=True):
    """One person: attributes, and the facts kept from what arrived.

    `key` is the first id by which the customer was known: dice and message keys hang on it.
    `zone` is the zone in use and `zone_from` where it came from: `own`, `country` or `shop`.
    `stamps` holds, for each attribute, the event time of its present value: the latest wins, in
    whatever order things arrive.
    """

    id: int | None = big(default=None, primary_key=True)
    key: str = Field(unique=True)
    email: str | None = Field(default=None, index=True)
    phone: str | None = None  # as they wrote it
    sms_number: str | None = Field(default=None, index=True)  # E.164; None where no text can be sent
    first_name: str | None = None
    last_name: str | None = None
    birthday: date | None = None
    country: str | None = Field(default=None, max_length=2)
    city: str | None = None
    timezone: str | None = None
    locale: str | None = None
    created_at: datetime | None = None
    attributes: dict[str, Any] = json_column()
    stamps: dict[str, str] = json_column()
    tags: list[str] = json_column()
    zone: str
    zone_from: str
    often: str = "normal"
    paused_until: datetime | None = None
    erased_at: datetime | None = None
    # facts
    orders: int = 0
    lifetime_value: int = big(default=0)
    average_order: int | None = big(default=None)
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    favourite_category: str | None = None
    tier: str | None = None
    points: int = big(default=0)  # less than nothing: owed
    badges: list[str] | None = json_column(nullable=True)
    referral_code: str | None = None
    open_cases: int = 0


class MergedCustomer(SQLModel, table=True):
    """Someone who turned out to be another customer. Nobody else is ever given this key or id again:
    keys of messages hang on the one, and work under way may still name the other.

    `id` is None if the row was never written, because the merge came with the first event.
    """

    __tablename__ = "merged_customer"
    key: str = Field(primary_key=True)
    id: int | None = big(default=None, index=True)


class Identity(SQLModel, table=True):
    """An id by which a customer is known: `kind` is `user` or `anonymous`."""

    kind: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    customer_id: int = big(foreign_key="customer.id", index=True)


class Device(SQLModel, table=True):
    """A phone or a browser that takes pushes, by the token that its app told.

    Its owner is whoever held it last, at `seen_at`. `dropped_at`: since when its provider knows it no more.
    """

    token: str = Field(primary_key=True)
    customer_id: int = big(foreign_key="customer.id", index=True)
    platform: str = ""  # android, ios, web, or not known
    seen_at: datetime
    dropped_at: datetime | None = None


class CustomerDate(SQLModel, table=True):
    """A yearly date of a customer (`birthday`, or any attribute that is a date), by month * 100 + day."""

    __tablename__ = "customer_date"
    __table_args__ = (Index("ix_customer_date_day", "attribute", "month_day"),)
    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    attribute: str = Field(primary_key=True)
    month_day: int
    year: int


class Consent(SQLModel, table=True):
    """The present answer; `purpose` is `marketing` or `service`."""

    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    channel: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    given: bool
    at: datetime


class ConsentEntry(SQLModel, table=True):
    """The ledger: who, channel, purpose, when, how, the wording shown. Only ever added to, until its customer
    is erased.

    `channel` is email, sms, push; or topic, often, best, birthday, which are no consents: what else was
    chosen on the preferences' page. `given`: is it chosen now?
    """

    __tablename__ = "consent_entry"
    id: int | None = big(default=None, primary_key=True)
    customer_id: int = big(foreign_key="customer.id", index=True)
    channel: str
    purpose: str
    given: bool
    at: datetime
    how: str
    wording: str | None = None
