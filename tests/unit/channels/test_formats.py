"""Money and dates as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from loyaltyloop.channels.values.formats import day, money, money_of
from tests.unit.channels.kitchen import inside, refused


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (450, "GBP", "en-GB", "£4.50"),
        (123456789, "GBP", None, "£1,234,567.89"),
        (450, "EUR", "de-DE", "4,50\u00a0€"),
        (123456, "EUR", "fr_FR", "1\u202f234,56\u00a0€"),
        (1500, "JPY", "en", "¥1,500"),
        (1500, "KWD", "en", "KWD\u00a01.500"),
        (-450, "GBP", "en", "-£4.50"),
        (0, "GBP", "en", "£0.00"),
        (450, "PLN", "pl", "4,50\u00a0zł"),
        (450, "XYZ", "tlh", "XYZ\u00a04.50"),
    ],
)
def test_stored_money(minor: int, currency: str, locale: str | None, text: str) -> None:
    assert str(money_of(minor, currency, locale)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(4.5, "£4.50"), (Decimal("4.505"), "£4.50"), ("12.30", "£12.30"), (3, "£3.00"), (-0.001, "£0.00")],
)
def test_money_in_events_is_in_major_units(value: object, text: str) -> None:
    assert money(value, "GBP") == text


@pytest.mark.parametrize("value", [True, None, [], {}, "much", "", "nan", "1e400", 1e18, float("inf")])
def test_no_money(value: object) -> None:
    with pytest.raises(ValueError, match="no amount"):
        money(value, "GBP")


def test_money_counts_in_major_units() -> None:
    names = {"picks": [{"price": money_of(450, "GBP")}, {"price": money_of(1250, "GBP")}]}
    body = "{% for p in picks if p.price < 10 %}{{ p.price }} {{ p.price | money }}{% endfor %}"
    assert inside(body, names) == "£4.50 £4.50"


@pytest.mark.parametrize(
    ("style", "locale", "text"),
    [
        ("long", "en-GB", "4 March 2026"),
        ("long", "en-US", "March 4, 2026"),
        ("short", "en-US", "March 4"),
        ("short", None, "4 March"),
        ("long", "de", "4. März 2026"),
        ("long", "es-MX", "4 de marzo de 2026"),
        ("long", "fr", "4 mars 2026"),
        ("month", "sv", "mars"),
        ("year", "en", "2026"),
        ("iso", "en", "2026-03-04"),
    ],
)
def test_dates(style: str, locale: str | None, text: str) -> None:
    assert day(date(2026, 3, 4), style, locale) == text
    assert day("2026-03-04", style, locale) == text


def test_an_instant_is_shown_as_the_customers_day() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    assert day(late, zone="Pacific/Auckland") == "5 March 2026"
    assert day("2026-03-04T23:30:00Z", zone="America/New_York") == "4 March 2026"
    body = "{{ customer.last_order_at | date('short') }}"
    assert inside(body, {"customer": {"last_order_at": late, "zone": "Pacific/Auckland"}}) == "5 March"


@pytest.mark.parametrize("value", ["soon", "2026-13-01", 5, None, ""])
def test_no_date(value: object) -> None:
    with pytest.raises(ValueError, match="no date"):
        day(value)


def test_no_style() -> None:
    with pytest.raises(ValueError, match="write long, short"):
        day(date(2026, 3, 4), "%d.%m.%Y")


def test_filters_refuse_what_does_not_fit() -> None:
    assert refused("{{ n | money }}", {"n": "much"}) == "value: 'much' is no amount of money"
    assert refused("{{ customer.birthday | date }}") == "missing: customer.birthday"
    assert refused("{{ trigger.total | money }}", {"trigger": {}}) == "missing: trigger.total"
