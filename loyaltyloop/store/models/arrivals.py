"""What arrived: events, products, orders, responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big, json_column


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
        # Not of the waiting ones: SQLite would find those by it, and sort them all for each chunk.
        Index(
            "ix_event_seq",
            "seq",
            sqlite_where=text("seq IS NOT NULL"),
            postgresql_where=text("seq IS NOT NULL"),
        ),
        Index(
            "ix_event_order",
            "order_id",
            sqlite_where=text("order_id IS NOT NULL"),
            postgresql_where=text("order_id IS NOT NULL"),
        ),
    )
    id: int | None = big(default=None, primary_key=True)
    source: str
    message_id: str
    type: str
    name: str = ""
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    at: datetime
    arrived_at: datetime
    properties: dict[str, Any] = json_column()
    context: dict[str, Any] | None = json_column(nullable=True)
    order_id: str | None = None
    seq: int | None = big(default=None)
    customer_id: int | None = big(default=None)


class SetAside(SQLModel, table=True):
    """An event that could not be applied: the kind of the error, and the version of Loyalty Loop it met."""

    __tablename__ = "set_aside"
    event_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    error: str
    version: str
    at: datetime  # of the turn


class Touch(SQLModel, table=True):
    """A customer changed otherwise than by an own event: a merge, what came under another id of theirs, or
    another `leave_when` or `goal` of a journey that they are in.
    """

    seq: int = big(primary_key=True)
    customer_id: int = big(primary_key=True, index=True)
    cause: str


class Imported(SQLModel, table=True):
    """The latest content of each imported row, so that an unchanged row adds nothing, and what else is
    remembered of rows: a `kind` of its own each."""

    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str


class Product(SQLModel, table=True):
    """A product of the catalogue, as the shop tells it; `known_since`: when it was first told of."""

    product_id: str = Field(primary_key=True)
    name: str
    category: str | None = None
    price: int | None = big(default=None)
    currency: str | None = None
    url: str | None = None
    image_url: str | None = None
    in_stock: bool = True
    markets: list[str] | None = json_column(nullable=True)
    tags: list[str] | None = json_column(nullable=True)
    known_since: datetime | None = None


class Order(SQLModel, table=True):
    """An order as it is now: a fold over all its events, by event time, in whatever order they came."""

    __tablename__ = "shop_order"
    order_id: str = Field(primary_key=True)
    customer_id: int = big(foreign_key="customer.id", index=True)
    status: str  # open, shipped, delivered, cancelled, partly_refunded, refunded
    total: int | None = big(default=None)  # in the shop's currency; None: no rate known
    refunded: int = big(default=0)
    currency: str | None = None
    products: list[dict[str, Any]] = json_column()
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
    customer_id: int = big()
    category: str | None = None  # as the order said; the catalogue's where it said none
    quantity: int
    price: int | None = big(default=None)
    ordered_at: datetime
    arrived_at: datetime
    returned: bool = False


class Basket(SQLModel, table=True):
    """A basket of a customer: a fold over the customer's cart events. The `latest` is the customer's basket.

    `cart_id` is empty where events name none. `value`: in the shop's currency; `stated`: as it was last told
    with the whole of it. `checkouts`: the checkouts and orders that were begun with it.
    """

    __table_args__ = (
        Index(
            "uq_basket_latest",
            "customer_id",
            unique=True,
            sqlite_where=text("latest"),
            postgresql_where=text("latest"),
        ),
    )
    customer_id: int = big(primary_key=True, foreign_key="customer.id")
    cart_id: str = Field(primary_key=True)
    latest: bool
    products: list[dict[str, Any]] = json_column()
    value: int | None = big(default=None)
    stated: int | None = big(default=None)
    quantity: int = big()  # pieces
    lines: int
    currency: str
    url: str | None = None
    checkouts: list[str] = json_column()
    began_at: datetime
    updated_at: datetime


class Engagement(SQLModel, table=True):
    """A response to one of our messages; `kind` as conditions name it: clicked, opened, replied, ...

    `answer`: of `answered` alone, a text or a number; what else was said stands in the event. `misanswered`:
    with an answer that the question does not offer; no condition asks for it.
    """

    __table_args__ = (
        Index("ix_engagement_message", "message_key", "kind"),
        Index("ix_engagement_customer", "customer_id", "journey", "kind", "at"),
    )
    event_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    message_key: str
    customer_id: int = big()
    journey: str
    step: str
    kind: str
    at: datetime
    arrived_at: datetime
    machine: bool = False
    answer: Any = json_column(nullable=True)
