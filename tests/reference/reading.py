"""Journeys and a shop for tests, from the text that a marketer would write."""

from __future__ import annotations

from datetime import time
from textwrap import dedent

from loyaltyloop.journey.model import Journey, QuietHours, Sender, Shop
from loyaltyloop.journey.reader import read_journey

SHOP = Shop(
    name="Sample shop",
    timezone="Europe/London",
    currency="GBP",
    country="GB",
    sender=Sender("Sample shop", "hello@shop.example", "1 Sample Street, London"),
    quiet_hours=(QuietHours(time(21), time(8)),),
)


def read(text: str) -> Journey:
    """The journey of this text; FilesError with every mistake if it has one."""
    return read_journey(dedent(text), SHOP)
