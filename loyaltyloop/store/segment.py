"""One call of the Segment HTTP API as one record, or the reason why it cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from loyaltyloop.journey.clock.times import Duration, read_instant
from loyaltyloop.journey.conditions.events import ALIASES
from loyaltyloop.store.canonical import LONGEST_ID, Refused, canonical, digest, plain_text

TYPES = ("identify", "track", "page", "screen", "group", "alias")
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # no shop sold by the web before; earlier times are placeholders
LATEST = datetime(2900, 1, 1, tzinfo=UTC)

PUBLIC = "public"  # the source of what came with the key that anybody can read

_KEPT = ("timezone", "locale", "campaign", "page")  # of the context; addresses and agents are not kept
_OF_DEVICE = ("type", "token")
_LONGEST = len("2026-01-31T10:00:00.123456Z")
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True)
class Call:
    """A call, normalised. `at`: when it happened; `arrived_at`: when it was received. JSON is canonical."""

    source: str
    message_id: str
    type: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None
    at: datetime
    arrived_at: datetime
    properties: dict[str, Any]
    context: dict[str, Any] | None = None
    order_id: str | None = None


@dataclass(frozen=True)
class Rejected:
    """Why a call, a line or a row was not taken, in words for people."""

    reason: str


def read_call(
    raw: object, *, lateness: Duration, received: datetime | None = None, source: str = "segment"
) -> Call | Rejected:
    """The call in `raw`, as JSON was read. `received`: the instant of a request; files have `receivedAt`."""
    try:
        return _read(raw, lateness, received, source)
    except Refused as reason:
        return Rejected(str(reason))


def _read(raw: object, lateness: Duration, received: datetime | None, source: str) -> Call:
    if not isinstance(raw, dict):
        raise Refused("no JSON object: one call of the Segment API is wanted")
    kind = _kind(raw)
    at, arrived_at = _times(raw, received, lateness)
    properties = _object(raw, "traits" if kind in ("identify", "group") else "properties")
    user, anonymous, previous = (read_id(raw, name) for name in ("userId", "anonymousId", "previousId"))
    _check_ids(kind, user, anonymous, previous)
    return Call(
        source=source,
        message_id=_message_id(raw),
        type=kind,
        name=_event_name(raw) if kind == "track" else "",
        user_id=user,
        anonymous_id=anonymous,
        previous_id=previous,
        at=at,
        arrived_at=arrived_at,
        properties=_with_name(raw, kind, properties),
        context=_context(raw),
        order_id=_order_id(properties) if kind == "track" else None,
    )


def _kind(raw: Mapping[str, Any]) -> str:
    kind = raw.get("type")
    if kind == "batch":
        raise Refused("type is 'batch': write its calls one a line")
    if kind not in TYPES:
        raise Refused(f"type is {kind!r}: it must be one of {', '.join(TYPES)}")
    return str(kind)


def _check_ids(kind: str, user: str | None, anonymous: str | None, previous: str | None) -> None:
    if kind == "alias":
        if user is None or previous is None:
            raise Refused("an alias needs userId (the new id) and previousId (the old one)")
    elif user is None and anonymous is None:
        raise Refused("neither userId nor anonymousId: whose is it?")


def read_id(raw: Mapping[str, Any], name: str) -> str | None:
    """An id as text; numbers become text, blank ones are none. Raises Refused for what is no id."""
    match raw.get(name):
        case None:
            return None
        case bool() | float():
            raise Refused(f"{name} is {raw[name]!r}: an id is text or a whole number")
        case int() as whole:
            return str(whole)
        case str() as text:
            return _short(name, text.strip()) or None
        case _:
            raise Refused(f"{name} is no text")


def _short(name: str, text: str) -> str:
    if len(text) > LONGEST_ID:
        raise Refused(f"{name} is longer than {LONGEST_ID} characters")
    return plain_text(text)


def _event_name(raw: Mapping[str, Any]) -> str:
    name = raw.get("event")
    if not isinstance(name, str) or not name.strip():
        raise Refused("a track call needs the name of its event")
    name = _short("event", name.strip())
    return ALIASES.get(name, name)


def _object(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{name} is no JSON object")
    made: dict[str, Any] = canonical(value)
    return made


def _with_name(raw: Mapping[str, Any], kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Pages and screens have their name, groups their id, beside the properties."""
    beside = {"page": "name", "screen": "name", "group": "groupId"}.get(kind)
    if beside is None or raw.get(beside) is None:
        return properties
    return {beside: canonical(raw[beside])} | properties


def _context(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is kept of it, looked at; the rest goes nowhere."""
    context = raw.get("context")
    if context is None:
        return None
    if not isinstance(context, dict):
        raise Refused("context is no JSON object")
    kept = {name: canonical(context[name]) for name in _KEPT if context.get(name) is not None}
    device = context.get("device")
    if isinstance(device, dict) and isinstance(device.get("token"), str):
        kept["device"] = canonical({name: device[name] for name in _OF_DEVICE if name in device})
    return kept or None


def _order_id(properties: Mapping[str, Any]) -> str | None:
    try:
        return read_id(properties, "order_id") or read_id(properties, "orderId")
    except Refused as reason:
        raise Refused(f"properties: {reason}") from None


def _message_id(raw: Mapping[str, Any]) -> str:
    """The sender's id, else a hash of what was sent: the same call sent again has the same one."""
    given = read_id(raw, "messageId")
    if given is not None:
        return given
    transport = ("receivedAt", "sentAt", "messageId", "writeKey", "integrations", "version")
    return digest(canonical({name: value for name, value in raw.items() if name not in transport}))


# ── times ───────────────────────────────────────────────────────────────────


def _times(
    raw: Mapping[str, Any], received: datetime | None, lateness: Duration
) -> tuple[datetime, datetime]:
    arrived_at = received or _instant(raw, "receivedAt")
    at = _happened(raw, received, arrived_at)
    arrived_at = arrived_at or at
    if at < EARLIEST or arrived_at < EARLIEST:
        raise Refused(f"{_iso(min(at, arrived_at))} is before 1995: a placeholder, not the time it happened")
    if max(at, arrived_at) > LATEST or (at > arrived_at and at > lateness.after(arrived_at, "UTC")):
        raise Refused(f"it happened at {_iso(at)}, after it arrived ({_iso(arrived_at)}): in the future")
    return at, arrived_at


def _happened(raw: Mapping[str, Any], received: datetime | None, arrived_at: datetime | None) -> datetime:
    """`receivedAt - (sentAt - originalTimestamp)` where all are known: the sender's clock may be wrong."""
    stamp, original, sent = (_instant(raw, name) for name in ("timestamp", "originalTimestamp", "sentAt"))
    if received is not None and original is None:
        original = stamp  # on its way here a call still has the sender's own time
    if arrived_at and sent and original:
        try:
            return arrived_at - (sent - original)
        except OverflowError:
            raise Refused("sentAt and originalTimestamp lie centuries apart") from None
    at = stamp or original or arrived_at
    if at is None:
        raise Refused("neither timestamp nor receivedAt: when did it happen?")
    return at


def _instant(raw: Mapping[str, Any], name: str) -> datetime | None:
    value = raw.get(name)
    if value is None:
        return None
    found = _read_instant(value) if isinstance(value, str) else None
    if found is None:
        raise Refused(f"{name} is {str(value)[:40]!r}: write an instant such as 2026-01-31T10:00:00Z")
    return found


@lru_cache(maxsize=64)
def _read_instant(text: str) -> datetime | None:
    """All calls of a batch have one `sentAt`. Fractions finer than microseconds are cut off."""
    return read_instant(text if len(text) <= _LONGEST else _FRACTION.sub(r"\1", text))


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
