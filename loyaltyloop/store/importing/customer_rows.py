"""Rows of customers.csv as identify calls; an unchanged row adds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, select

from loyaltyloop.errors import DataError
from loyaltyloop.journey.clock.times import read_instant, zone_names
from loyaltyloop.journey.conditions.facts import FACTS
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store import bulk
from loyaltyloop.store.canonical import LONGEST_ID, Refused, digest, plain_text, to_json
from loyaltyloop.store.consents.consent import CHANNELS, CSV
from loyaltyloop.store.events.ingest import Recorded, record
from loyaltyloop.store.importing.rejects import Faults
from loyaltyloop.store.models import Imported
from loyaltyloop.store.people.customers import (
    LONGEST_EMAIL,
    LONGEST_TEXT,
    OLDEST,
    PLACEHOLDERS,
    read_country,
    read_day,
)
from loyaltyloop.store.people.zones import country_named
from loyaltyloop.store.privacy.tombstones import living
from loyaltyloop.store.segment import EARLIEST, Call

imported: Table = Imported.__table__  # type: ignore[attr-defined]
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # of whom it is not said since when: known from the beginning
# So much of two names is the same where one is meant: `birthdate`, but not `consent_post` or `created_by`.
NEAR = 0.82
# What is remembered of a row: its content, and the latest that it said in each column about consent.
ROW, SAID = "customers", "consents"
CONSENTS = tuple(f"consent_{channel}" for channel in CHANNELS)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?")
_YES = ("true", "yes", "1")
_NO = ("false", "no", "0")


def check_header(path: Path, header: Sequence[str]) -> None:
    """DataError if columns are called nearly as known ones that the file does not have."""
    missing = {_letters(name): name for name in READERS if name not in header}
    near = {name: known for name in own_columns(header) if (known := _meant(name, missing))}
    if near:
        raise DataError(
            f"{path}: {', '.join(f'{name!r} is probably {known!r}' for name, known in near.items())}: write "
            "it so, or call what is an attribute of your own by a name less like it."
        )


def own_columns(header: Sequence[str]) -> list[str]:
    """The columns that are kept as attributes of the shop's own."""
    return [name for name in header if name != "user_id" and name not in READERS and name not in FACTS]


def _meant(name: str, known: Mapping[str, str]) -> str | None:
    """The known column that is spelled so but for case, separators or a slip."""
    letters = _letters(name)
    if letters[-1:].isdigit():  # `phone2` is another one
        return known.get(letters)
    return next((known[near] for near in get_close_matches(letters, known, n=1, cutoff=NEAR)), None)


def _letters(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


@dataclass(frozen=True)
class CustomerRow:
    """A row, read: empty fields are unknown and not among the traits."""

    user_id: str
    traits: dict[str, Any]
    created_at: datetime | None
    content: str  # a hash

    @property
    def consents(self) -> dict[str, bool]:
        """What it says about consent, by column."""
        return {name: self.traits[name] for name in CONSENTS if name in self.traits}


@dataclass
class CustomerRows:
    """Reads the rows of one file and records them."""

    shop: Shop
    now: datetime
    header: Sequence[str]
    placeholders: int = 0
    _changed: int = 0
    _seen: set[str] = field(default_factory=set)

    def read(self, fields: Sequence[str]) -> CustomerRow:
        """The row of these fields. Refused says all for which it cannot be taken."""
        given = {
            name: plain_text(value.strip())
            for name, value in zip(self.header, fields, strict=True)
            if value.strip()
        }
        user_id, faults = given.pop("user_id", ""), Faults()
        faults.of(self._check_id, user_id)
        traits = self._traits(given, faults)
        self._seen.add(user_id)
        created_at = read_instant(traits.get("created_at"))
        return CustomerRow(user_id, traits, created_at, digest([user_id, traits]))

    def _check_id(self, user_id: str) -> None:
        if not user_id or len(user_id) > LONGEST_ID:
            raise Refused(
                "user_id is empty" if not user_id else f"user_id is longer than {LONGEST_ID} letters"
            )
        if user_id in self._seen:
            raise Refused(f"user_id {user_id!r} stands in an earlier row of this file")

    def _traits(self, given: Mapping[str, str], faults: Faults) -> dict[str, Any]:
        traits = {
            name: faults.of(READERS.get(name, read_attribute), name, value, self.now)
            for name, value in given.items()
            if name not in FACTS
        }
        faults.tell()
        placeholders = [
            name for name in ("birthday", "created_at") if name in traits and traits[name] is None
        ]
        self.placeholders += len(placeholders)
        return {name: value for name, value in traits.items() if value is not None}

    def notes(self) -> list[str]:
        """What a person should know beside the counts."""
        told = [
            f"column {name!r} is kept by the shop's own events and was passed over" for name in self._facts()
        ]
        if self.placeholders:
            told.append(f"left out as placeholders, such as 1900-01-01: {counted(self.placeholders, 'date')}")
        return told

    def _facts(self) -> list[str]:
        return [name for name in self.header if name in FACTS]

    def write(self, connection: Connection, rows: Sequence[CustomerRow]) -> Recorded:
        """Record those rows that are new or have changed since they were last imported."""
        known = _remembered(connection, ROW, rows)
        changed = [row for row in rows if known.get(row.user_id) != row.content]
        said = {who: orjson.loads(text) for who, text in _remembered(connection, SAID, changed).items()}
        calls = [self._call(row, row.user_id in known, said.get(row.user_id, {})) for row in changed]
        recorded = record(connection, calls)
        # Of somebody who was erased a file leaves no trace either.
        kept = {call.user_id for call in living(connection, calls)} if recorded.erased else None
        new = [row for row in changed if kept is None or row.user_id in kept]
        _remember(connection, ROW, ((row, row.content) for row in new))
        answered = ((row, said.get(row.user_id, {}) | row.consents) for row in new if row.consents)
        _remember(connection, SAID, ((row, to_json(consents)) for row, consents in answered))
        return recorded + Recorded(0, len(rows) - len(changed))

    def _call(self, row: CustomerRow, known: bool, said: Mapping[str, bool]) -> Call:
        """`said`: the consents that it gave or refused so far; what it only repeats is no answer."""
        when = row.created_at or BEGINNING
        if known:
            # A change was learned by this import; one after the other, so that the later row wins.
            when = self.now + timedelta(microseconds=self._changed)
            self._changed += 1
        return Call(
            source=CSV,
            message_id=digest([row.user_id, row.content, when.isoformat()]),
            type="identify",
            name="",
            user_id=row.user_id,
            anonymous_id=None,
            previous_id=None,
            at=when,
            arrived_at=min(when, self.now),
            properties={name: value for name, value in row.traits.items() if said.get(name) != value},
        )


def _remembered(connection: Connection, kind: str, rows: Iterable[CustomerRow]) -> dict[str, str]:
    wanted = bulk.fill_temporary(connection, "wanted_row", {"key": str}, ((row.user_id,) for row in rows))
    found = select(imported.c.key, imported.c.digest).join(wanted, wanted.c.key == imported.c.key)
    return {row.key: row.digest for row in connection.execute(found.where(imported.c.kind == kind))}


def _remember(connection: Connection, kind: str, contents: Iterable[tuple[CustomerRow, str]]) -> None:
    columns = ["kind", "key", "digest"]
    rows = ((kind, row.user_id, content) for row, content in contents)
    bulk.upsert_rows(connection, imported, columns[:2], columns, rows)


# ── fields ──────────────────────────────────────────────────────────────────


def read_attribute(name: str, value: str, _now: datetime) -> Any:
    """Any other column: a number or `true` where it is written as one, else text."""
    if _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    if value in ("true", "false"):
        return value == "true"
    return _text(name, value, _now)


def _text(name: str, value: str, _now: datetime) -> str:
    if len(value) > LONGEST_TEXT:
        raise Refused(f"{name} is longer than {LONGEST_TEXT} letters")
    return value


def _email(name: str, value: str, _now: datetime) -> str:
    if "@" not in value or len(value) > LONGEST_EMAIL:
        raise Refused(f"{name} {value[:60]!r} is no e-mail address")
    return value


def _country(name: str, value: str, _now: datetime) -> str:
    code = read_country(value, None)
    if code is None:
        meant = country_named(value)
        raise Refused(
            f"{name} {value!r} is no ISO 3166 code" + (f": write {meant}" if meant else ", such as GB")
        )
    return code


def _zone(name: str, value: str, _now: datetime) -> str:
    if value not in zone_names():
        raise Refused(f"{name} {value!r} is no IANA time zone, such as Europe/London")
    return value


def _birthday(name: str, value: str, now: datetime) -> str | None:
    day = read_day(value)
    if day is None:
        raise Refused(f"{name} {value!r} is no date: write it as 1990-12-31")
    return None if _is_placeholder(day, now) else day.isoformat()


def _is_placeholder(day: date, now: datetime) -> bool:
    return day in PLACEHOLDERS or day > now.date() or now.year - day.year > OLDEST


def _created_at(name: str, value: str, now: datetime) -> str | None:
    instant = read_instant(value)
    if instant is None:
        raise Refused(f"{name} {value!r} is no instant: write 2026-01-31T10:00:00Z, or 2026-01-31")
    if instant > now:
        raise Refused(f"{name} {value!r} lies in the future")
    return value if instant >= EARLIEST else None


def _consent(name: str, value: str, _now: datetime) -> bool:
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise Refused(f"{name} is {value!r}: write true, false, or nothing where it is not known")


READERS: Mapping[str, Callable[[str, str, datetime], Any]] = {
    "email": _email,
    "phone": _text,
    "first_name": _text,
    "last_name": _text,
    "birthday": _birthday,
    "country": _country,
    "city": _text,
    "timezone": _zone,
    "locale": _text,
    "created_at": _created_at,
    **dict.fromkeys(CONSENTS, _consent),
}
