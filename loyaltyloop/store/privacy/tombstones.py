"""What comes of somebody who was erased is not taken: known by hashes of their ids and addresses.

Hashes are keyed with a salt of the database's own: whoever changes `LOOP_SECRET_KEY` brings nobody back, and
a list of hashes from one shop says nothing in another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b, sha256
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import Connection, Table, insert, select, update

from loyaltyloop.store import bulk
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Salt, Tombstone
from loyaltyloop.store.people.identity import Identified
from loyaltyloop.store.segment import PUBLIC, Call

salt: Table = Salt.__table__  # type: ignore[attr-defined]
tombstone: Table = Tombstone.__table__  # type: ignore[attr-defined]
# What only the customer themselves does: who was erased and does it later is known again, from then on.
ACTS = ("Signed Up", "Order Completed")
_NAME = "erased"
_ADDRESS = re.compile(r"[^\s<>\"'(),:;=?&]{1,64}@[^\s<>\"'(),:;=?&]{1,255}")
_DIGITS = re.compile(r"[^0-9]")
_SHORTEST_PHONE = 6  # digits


class Mark(NamedTuple):
    """An id as tombstones have it: kind and value, before it is hashed."""

    kind: str
    value: str


class Telling(Identified, Protocol):
    """What of a call, or of a row of `event`, tells whom it is about."""

    @property
    def source(self) -> str: ...
    @property
    def message_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def properties(self) -> dict[str, Any]: ...
    @property
    def order_id(self) -> str | None: ...


# What becomes of a call: it stays as it is, without the device that was an erased person's, or not at all.
Fate = Literal["stays", "without device", "goes"]


@dataclass
class Stone:
    """When somebody was erased, and since when they are known again by this id (UTC)."""

    erased_at: datetime
    back_at: datetime | None = None


@dataclass
class Stones:
    """The tombstones that calls can meet; `back`: the ids that came back by one of the calls."""

    key: bytes
    known: Mapping[tuple[str, str], Stone]
    back: set[tuple[str, str]] = field(default_factory=set)

    def of(self, kind: str, value: str | None) -> Stone | None:
        """The tombstone of this id, if there is one."""
        return None if value is None else self.known.get((kind, hashed(self.key, kind, value)))

    def gone(self, kind: str, value: str | None, at: datetime) -> bool:
        """Is what was done under this id at that time an erased person's?"""
        stone = self.of(kind, value)
        return stone is not None and (stone.back_at is None or at < stone.back_at)


# ── ids ─────────────────────────────────────────────────────────────────────


def by_email(address: str) -> str:
    """An address as an anonymous id: a hash, so that no key holds the address itself. It is a guest's id."""
    return f"email:{sha256(address.lower().encode()).hexdigest()[:32]}"


def by_phone(number: object) -> str:
    """A phone number's digits, however they are grouped; empty for what is too short to be one."""
    digits = _DIGITS.sub("", str(number)).lstrip("0")
    return digits if len(digits) >= _SHORTEST_PHONE else ""


def of_event(source: str, message_id: str) -> str:
    """What tells an event from all others."""
    return f"{source}\0{message_id}"


def addresses(value: Any) -> list[Mark]:
    """Every e-mail address, and every phone number called one, in a JSON value; asked of each call."""
    found: list[Mark] = []
    waiting = [("", value)]
    while waiting:
        name, each = waiting.pop()
        kind = type(each)
        if kind is dict:
            waiting += each.items()
        elif kind is list:
            waiting += [(name, one) for one in each]
        elif kind is str and "@" in each:
            found += [Mark("anonymous", by_email(one.rstrip("."))) for one in _ADDRESS.findall(each)]
        elif kind in (str, int) and "phone" in name.lower() and (digits := by_phone(each)):
            found.append(Mark("phone", digits))
    return found


def _ids(call: Telling) -> Iterator[Mark]:
    if call.name in ACTS:
        yield Mark("event", of_event(call.source, call.message_id))
    if call.order_id is not None:
        yield Mark("order", call.order_id)
    if call.user_id is not None:
        yield Mark("user", call.user_id)
    if call.anonymous_id is not None:
        yield Mark("anonymous", call.anonymous_id)
    if call.previous_id is not None:
        yield Mark("user", call.previous_id)
        yield Mark("anonymous", call.previous_id)


def _addresses(call: Telling) -> Iterator[Mark]:
    yield from addresses([call.user_id or "", call.anonymous_id or "", call.previous_id or ""])
    yield from addresses(call.properties)


def hashed(key: bytes, kind: str, value: str) -> str:
    """The hash that a tombstone has of this id."""
    return blake2b(f"{kind}\0{value}".encode(), key=key, digest_size=16).hexdigest()


# ── the database ────────────────────────────────────────────────────────────


def put_up(connection: Connection, marks: Iterable[Mark], now: datetime) -> None:
    """Remember that whoever had these ids was erased at `now`; once more, if they had come back."""
    key = _key(connection) or _new_key(connection)
    hashes = sorted({(kind, hashed(key, kind, value)) for kind, value in marks})
    columns = ("kind", "hash", "erased_at", "back_at")
    rows = [(kind, hash_, now, None) for kind, hash_ in hashes]
    bulk.upsert_rows(connection, tombstone, columns[:2], columns, rows)


def erased_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Which of these were keys, or ids, of somebody who was erased: nobody else is ever given such a key."""
    secret = _key(connection)
    if secret is None or not keys:
        return set()
    stones = Stones(secret, _load(connection, {hashed(secret, "key", key) for key in keys}))
    return {key for key in keys if stones.of("key", key) is not None}


def told_apart(connection: Connection, value: str) -> str:
    """A text that is the same for the same value alone, and does not say it."""
    return hashed(_key(connection) or _new_key(connection), "key", value)


def living(connection: Connection, calls: Sequence[Call]) -> Sequence[Call]:
    """Those of the calls that are not of somebody erased; to be asked under the shop-wide lock.

    Where nobody was ever erased this costs one look. Ids that come back by one of the calls are noted.
    """
    told = fates(connection, calls)
    if told is None:
        return calls
    return [
        call if fate == "stays" else replace(call, anonymous_id=None)
        for call, fate in zip(calls, told, strict=True)
        if fate != "goes"
    ]


def fates(connection: Connection, calls: Sequence[Telling]) -> list[Fate] | None:
    """What becomes of each call; None: they all stay."""
    key = _key(connection)
    if key is None or not calls:
        return None
    marks = {mark for call in calls for mark in (*_ids(call), *_addresses(call))}
    found = _load(connection, {hashed(key, kind, value) for kind, value in marks})
    if not found:
        return None
    stones = Stones(key, found)
    told = judged(calls, stones)
    _note_back(connection, stones)
    return told


def _key(connection: Connection) -> bytes | None:
    found = connection.execute(select(salt.c.value).where(salt.c.name == _NAME)).scalar()
    return None if found is None else str(found).encode()


def _new_key(connection: Connection) -> bytes:
    made = secrets.token_hex(32)
    connection.execute(insert(salt).values(name=_NAME, value=made))
    return made.encode()


def _load(connection: Connection, hashes: set[str]) -> dict[tuple[str, str], Stone]:
    columns = (tombstone.c.kind, tombstone.c.hash, tombstone.c.erased_at, tombstone.c.back_at)
    rows = connection.execute(select(*columns).where(among(connection, tombstone.c.hash, sorted(hashes))))
    return {(row.kind, row.hash): Stone(row.erased_at, row.back_at) for row in rows}


def _note_back(connection: Connection, stones: Stones) -> None:
    for kind, value in sorted(stones.back):
        mine = (tombstone.c.kind == kind, tombstone.c.hash == value)
        connection.execute(update(tombstone).where(*mine).values(back_at=stones.known[kind, value].back_at))


# ── the rule ────────────────────────────────────────────────────────────────


def judged(calls: Sequence[Telling], stones: Stones) -> list[Fate]:
    """What becomes of each of the calls.

    An act of somebody's own, later than the erasure, is looked for first: what else came with it counts.
    """
    for call in calls:
        _come_back(call, stones)
    return [_fate(call, stones) for call in calls]


def _come_back(call: Telling, stones: Stones) -> None:
    if call.type != "track" or call.name not in ACTS or _same_again(call, stones):
        return
    if call.source == PUBLIC:  # anybody may have sent it
        return
    kind, value = ("user", call.user_id) if call.user_id is not None else ("anonymous", call.anonymous_id)
    stone = stones.of(kind, value)
    if stone is not None and value is not None and call.at > stone.erased_at:
        stone.back_at = min(call.at, stone.back_at or call.at)
        stones.back.add((kind, hashed(stones.key, kind, value)))


def _same_again(call: Telling, stones: Stones) -> bool:
    """Was this very event, or its order, erased?"""
    told = of_event(call.source, call.message_id)
    return stones.of("event", told) is not None or stones.of("order", call.order_id) is not None


def _fate(call: Telling, stones: Stones) -> Fate:
    if _same_again(call, stones) or _of_erased(call, stones):
        return "goes"
    if call.user_id is None or not stones.gone("anonymous", call.anonymous_id, call.at):
        return "stays"
    stone = stones.of("anonymous", call.anonymous_id)
    late = call.type == "identify" and stone is not None and call.at <= stone.erased_at
    return "goes" if late else "without device"  # it would have said that both are one


def _of_erased(call: Telling, stones: Stones) -> bool:
    at = call.at
    if stones.gone("user", call.user_id, at):
        return True
    if call.user_id is None and stones.gone("anonymous", call.anonymous_id, at):
        return True
    if any(stones.gone(kind, call.previous_id, at) for kind in ("user", "anonymous")):
        return True
    named = (stones.of(kind, value) for kind, value in _addresses(call))
    return any(stone is not None and at <= stone.erased_at for stone in named)
