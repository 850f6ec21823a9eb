"""What differs between two files, in their own words."""

from __future__ import annotations

from loyaltyloop.journey.reading.source import read_source
from loyaltyloop.journey.showing.wording import changed_keys

SHOP = """
shop: Gifts
timezone: Europe/London
turns: {every: 15 minutes}
sender: {name: Gifts, email: hello@gifts.example}
quiet_hours: {from: "21:00", to: "08:00"}
segments:
  regulars: {customer: {orders: {at_least: 3}}}
markets:
  euro: {rate: 0.85, countries: [DE, FR]}
"""


def told(text: str) -> list[str]:
    (old, _), (new, _) = read_source("shop.yaml", SHOP), read_source("shop.yaml", text)
    assert old and new
    return changed_keys(old.plain(), new.plain())


def test_values_are_told_old_and_new() -> None:
    text = SHOP.replace("15 minutes", "1 hour").replace("0.85, countries: [DE, FR]", "0.9, countries: [DE]")
    text = text.replace("timezone: Europe/London\n", "") + "country: GB\n"
    assert told(text) == [
        "timezone Europe/London → none",
        "turns.every 15 minutes → 1 hour",
        "markets.euro.rate 0.85 → 0.9",
        "markets.euro.countries DE, FR → DE",
        "country none → GB",
    ]


def test_what_takes_more_than_a_word_is_named() -> None:
    text = SHOP.replace("  regulars: {customer: {orders: {at_least: 3}}}", "  new: {did: Signed Up}")
    assert told(text) == ["segments.regulars removed", "segments.new added"]
    assert told(SHOP.replace('{from: "21:00", to: "08:00"}', "[]")) == ["quiet_hours"]


def test_comments_and_order_are_nothing() -> None:
    assert told("# ours\n" + SHOP) == []
