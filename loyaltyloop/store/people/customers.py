"""What is known of a customer, in memory: the latest by event time, in whatever order things come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from loyaltyloop.journey.clock.times import read_instant, to_local, zone_names
from loyaltyloop.journey.conditions.facts import FACTS
from loyaltyloop.store.canonical import to_json
from loyaltyloop.store.people.zones import country_zones, zone_of
from loyaltyloop.store.segment import EARLIEST, LATEST

LONGEST_TEXT = 1000
LONGEST_EMAIL = 254  # RFC 5321
OLDEST = 120  # years; beyond that a birthday is a placeholder or a slip
PLACEHOLDERS = (date(1900, 1, 1), date(1970, 1, 1))
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
# How Segment's reserved traits are called here.
NAMES = {"firstName": "first_name", "lastName": "last_name", "createdAt": "created_at"}
PREFERRED = "Preference Updated"
RHYTHMS = ("less", "normal", "pause")


@dataclass(eq=False)
class Person:
    """A customer while events are applied. `id` is None until the row is written."""

    key: str
    id: int | None = None
    known: bool = False  # by a user id, not by devices alone
    erased: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    merged_into: Person | None = None
    changed: bool = False
    dates_changed: bool = False

    def seen(self, at: datetime) -> None:
        """Did something at this instant."""
        if self.first_seen_at is None or at < self.first_seen_at:
            self.first_seen_at, self.changed = at, True
        if self.last_seen_at is None or at > self.last_seen_at:
            self.last_seen_at, self.changed = at, True

    def learn(self, traits: Mapping[str, Any], at: datetime, reference: date | None) -> None:
        """Take over traits that are newer than what is known.

        `reference`: the day that birthdays lie before; None: they were looked at before.
        """
        stamp = stamp_of(at)
        for name, value in _named(traits):
            read = READERS.get(name)
            read_value = value if read is None or value is None else read(value, reference)
            if read_value is not None or value is None:
                self._put(name, read_value, stamp)

    def prefer(self, properties: Mapping[str, Any], at: datetime) -> None:
        """Take over what they have said about how often, and about what, they want to hear."""
        for name, value in preferences(properties).items():
            self._put(name, value, stamp_of(at))

    def _put(self, name: str, value: Any, stamp: str) -> None:
        known = self.stamps.get(name)
        # Two at the same instant: the same one wins, in whatever order they come.
        if known is not None and (known, self._text(name)) >= (stamp, _text(value)):
            return
        self.stamps[name] = stamp
        self.changed = True
        self.dates_changed |= name in READERS or yearly(value) is not None
        self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        if name in READERS:
            self.columns[name] = value if value is not None or name != "tags" else []
        elif value is None:
            self.dates_changed |= yearly(self.attributes.pop(name, None)) is not None
        else:
            self.dates_changed |= yearly(self.attributes.get(name)) is not None
            self.attributes[name] = value

    def _text(self, name: str) -> str:
        return _text(self.columns.get(name) if name in READERS else self.attributes.get(name))

    def absorb(self, other: Person) -> None:
        """Take over all that is newer of a customer who turned out to be the same person."""
        for name, stamp in other.stamps.items():
            values = other.columns if name in READERS else other.attributes
            self._put(name, values.get(name), stamp)
        for name in ("first_seen_at", "last_seen_at"):
            if (instant := getattr(other, name)) is not None:
                self.seen(instant)
        self.known |= other.known
        self.changed = self.dates_changed = True
        other.merged_into = self

    def zone(self, shop_zone: str) -> tuple[str, str]:
        """The zone in use and where it came from."""
        return zone_of(self.columns.get("timezone"), self.columns.get("country"), shop_zone)

    def dates(self, shop_zone: str) -> Iterator[tuple[str, date]]:
        """The yearly dates of this customer: attribute and day."""
        born, since = self.columns.get("birthday"), self.columns.get("created_at")
        if born is not None:
            yield "birthday", born
        if since is not None:
            yield "created_at", to_local(since, self.zone(shop_zone)[0]).date()
        for name in sorted(self.attributes):
            if (day := yearly(self.attributes[name])) is not None:
                yield name, day


def preferences(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What a `Preference Updated` says of its customer, as attributes; what cannot be read is left out.

    `often` and `paused_until` (UTC) go together. `topics_off`: what they do not want to read about, sorted.
    """
    found: dict[str, Any] = {}
    often, until = properties.get("often"), read_instant_of(properties.get("paused_until"), None)
    if often in RHYTHMS and (often == "pause") is (until is not None):
        found |= {"often": often, "paused_until": until}
    topics = properties.get("topics_off")
    if isinstance(topics, list):
        found["topics_off"] = sorted({topic for topic in topics if isinstance(topic, str)})
    return found


def stamp_of(at: datetime) -> str:
    """An instant as `Customer.stamps` keeps it; they sort as texts."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _text(value: Any) -> str:
    match value:
        case datetime():
            return stamp_of(value)
        case date():
            return value.isoformat()
        case None | []:
            return ""  # so that a value wins over none
        case _:
            return to_json(value)


def _named(traits: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The traits under the names that they have here; facts are kept by the shop's events alone."""
    address = traits.get("address")
    if isinstance(address, Mapping):
        yield from ((name, address[name]) for name in ("city", "country") if name in address)
    for given, value in traits.items():
        name = NAMES.get(given, given)
        if name not in FACTS and not (name != given and name in traits):
            yield name, value


# ── reading the values of columns: None is "cannot be read", and changes nothing ──


def read_text(value: Any, _: date | None) -> str | None:
    """Text without blanks around it."""
    match value:
        case bool():
            return None
        case int():
            return str(value)
        case str():
            text = value.strip()
            return text if 0 < len(text) <= LONGEST_TEXT else None
        case _:
            return None


def read_email(value: Any, _: date | None) -> str | None:
    """An address that can be one; whether it is valid is looked at before each message."""
    text = value.strip() if isinstance(value, str) else ""
    return text if "@" in text and len(text) <= LONGEST_EMAIL else None


def read_country(value: Any, _: date | None) -> str | None:
    """An ISO 3166 code."""
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if code in country_zones() else None


def read_zone(value: Any, _: date | None) -> str | None:
    """An IANA zone."""
    return value if isinstance(value, str) and value in zone_names() else None


def read_birthday(value: Any, reference: date | None) -> date | None:
    """A day of birth before `reference` and not more than 120 years; placeholders are none."""
    day = read_day(value)
    if day is None or day in PLACEHOLDERS:
        return None
    if reference is not None and (day > reference or reference.year - day.year > OLDEST):
        return None
    return day


def read_instant_of(value: Any, _: date | None) -> datetime | None:
    """When the customer came to the shop, or when a pause ends."""
    instant = read_instant(value)
    return instant if instant is not None and EARLIEST <= instant <= LATEST else None


def read_rhythm(value: Any, _: date | None) -> str | None:
    """How often somebody wants to hear from the shop."""
    return value if value in RHYTHMS else None


def read_tags(value: Any, _: date | None) -> list[str] | None:
    """Tags, each once, in order."""
    if not isinstance(value, list):
        return None
    return sorted({tag.strip() for tag in value if isinstance(tag, str) and tag.strip()})


def read_day(value: Any) -> date | None:
    """A date as ISO text, also before an hour; None for all else."""
    if not isinstance(value, str) or not _DAY.match(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def yearly(value: Any) -> date | None:
    """The day of an attribute that is a date and no placeholder."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    day = read_day(value)
    return None if day is None or day in PLACEHOLDERS or day.year < 1900 else day


READERS: Mapping[str, Callable[[Any, date | None], Any]] = {
    "email": read_email,
    "phone": read_text,
    "first_name": read_text,
    "last_name": read_text,
    "birthday": read_birthday,
    "country": read_country,
    "city": read_text,
    "timezone": read_zone,
    "locale": read_text,
    "created_at": read_instant_of,
    "tags": read_tags,
    "often": read_rhythm,
    "paused_until": read_instant_of,
}
