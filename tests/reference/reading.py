"""Journeys and a shop for tests, from the text that a marketer would write."""

from __future__ import annotations

from textwrap import dedent

from loyaltyloop.journey.model import Journey
from loyaltyloop.journey.reading.reader import read_journey, read_shop

SHOP_TEXT = """
shop: Sample shop
url: https://shop.example
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample shop, email: hello@shop.example, postal_address: "1 Sample Street, London"}
quiet_hours: {from: "21:00", to: "08:00"}
"""
SHOP = read_shop(SHOP_TEXT)


def read(text: str) -> Journey:
    """The journey of this text; FilesError with every mistake if it has one."""
    return read_journey(dedent(text), SHOP)
