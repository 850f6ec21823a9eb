"""The zone of a customer, and the table of countries."""

from __future__ import annotations

from importlib import resources

import pytest

from loyaltyloop.journey.clock.times import zone_names
from loyaltyloop.store.people.zones import country_named, country_zones, zone_of


@pytest.mark.parametrize(
    ("own", "country", "found"),
    [
        ("Asia/Tokyo", "US", ("Asia/Tokyo", "own")),
        ("Mars/Olympus", "US", ("America/New_York", "country")),
        (None, "AU", ("Australia/Sydney", "country")),
        (None, "XX", ("Europe/London", "shop")),
        (None, None, ("Europe/London", "shop")),
    ],
)
def test_own_then_country_then_shop(own: str | None, country: str | None, found: tuple[str, str]) -> None:
    assert zone_of(own, country, "Europe/London") == found


def test_every_country_of_tzdata_has_a_zone_of_its_own() -> None:
    """The table is derived from zone.tab: a new release of tzdata may need new rows."""
    table: dict[str, set[str]] = {}
    for line in resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            table.setdefault(country, set()).add(zone)
    assert set(country_zones()) == set(table)
    assert {country for country, zone in country_zones().items() if zone not in table[country]} == set()
    assert set(country_zones().values()) <= zone_names()


def test_a_countrys_name_suggests_its_code() -> None:
    assert [country_named(name) for name in ("united kingdom", " Germany ", "Narnia")] == ["GB", "DE", None]
