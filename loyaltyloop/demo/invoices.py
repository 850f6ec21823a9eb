"""What the shop wrote down: invoices with their lines, and what came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(slots=True)
class Line:
    """A product in an invoice: how many, and the price of one in pounds."""

    product_id: str
    quantity: int
    price: Decimal


@dataclass(slots=True)
class Invoice:
    """An order, or (number beginning with C) what was taken back."""

    number: str
    customer: str
    at: datetime
    country: str
    lines: list[Line] = field(default_factory=list)
    postage: Decimal = Decimal(0)


@dataclass(slots=True)
class TakenBack:
    """What a customer sent back or called off from one order; `whole` when nothing of it is left."""

    number: str
    order: Invoice
    at: datetime
    lines: list[Line]
    whole: bool
