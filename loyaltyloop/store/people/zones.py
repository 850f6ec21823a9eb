"""The time zone of a customer: the own one, else the country's most populous one, else the shop's.

`data/country_zones.csv` is tzdata's zone.tab, the first zone of each country: its rows put the most populous
zone first where geography allows. Where it does not, the row names the census that the zone was chosen by.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from sqlalchemy import Connection, Table, update

from loyaltyloop.journey.clock.times import zone_names
from loyaltyloop.store.models import Customer

customer: Table = Customer.__table__  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    data = resources.files("loyaltyloop.store").joinpath("data", "country_zones.csv")
    with data.open(encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


@lru_cache(maxsize=1)
def country_zones() -> Mapping[str, str]:
    """ISO 3166 code → IANA zone."""
    return {row["country"]: row["zone"] for row in _rows()}


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    return {row["name"].casefold(): row["country"] for row in _rows()}


def country_named(name: str) -> str | None:
    """The code of a country by its English name, to suggest it."""
    return _codes().get(name.strip().casefold())


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    return {row["country"]: row["name"] for row in _rows()}


def country_name(code: str) -> str:
    """The English name of a country; the code itself where it is none."""
    return _names().get(code, code)


def zone_of(own: str | None, country: str | None, shop_zone: str) -> tuple[str, str]:
    """The zone in use and where it came from: `own`, `country` or `shop`."""
    if own is not None and own in zone_names():
        return own, "own"
    if country is not None and (zone := country_zones().get(country)):
        return zone, "country"
    return shop_zone, "shop"


def follow_shop(connection: Connection, shop_zone: str) -> int:
    """After shop.yaml changed its zone: whoever has the shop's zone has the new one. How many they are."""
    moved = update(customer).where(customer.c.zone_from == "shop", customer.c.zone != shop_zone)
    return connection.execute(moved.values(zone=shop_zone)).rowcount
