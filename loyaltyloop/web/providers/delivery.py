"""One request of a provider: what it says, as it came, and how it is known to be theirs."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

import orjson

from loyaltyloop.errors import LoopError

AHEAD = timedelta(minutes=5)  # how far a provider's clock may run ahead
FIELDS = 1000  # of a form, that are read


class NotTheirs(LoopError):
    """It is not signed by whom it says it is from."""


class Replayed(NotTheirs):
    """It was signed so long ago that it can only have been sent again by somebody else."""


class NotReadable(LoopError):
    """It is not of the form in which this provider writes."""


class NotNow(LoopError):
    """It cannot be looked into now: it shall come again."""


@dataclass(frozen=True)
class Delivery:
    """A request. `headers` have names in small letters; `url`: as the provider called it, with its query."""

    headers: Mapping[str, str]
    body: bytes
    url: str
    received: datetime

    def json(self) -> object:
        """The body as JSON. NotReadable."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise NotReadable("no JSON") from None

    def block(self) -> dict[str, object]:
        """The body as a JSON object. NotReadable."""
        found = self.json()
        if not isinstance(found, dict):
            raise NotReadable("no JSON object")
        return found

    def is_of_parts(self) -> bool:
        """Is it a form of parts, as one with files is?"""
        kind = self.headers.get("content-type", "").partition(";")[0]
        return kind.strip().lower() == "multipart/form-data"

    def form(self) -> list[tuple[str, str]]:
        """The fields of a form, in their order; files are left out. NotReadable."""
        if self.is_of_parts():
            return _fields_of_parts(self.headers["content-type"], self.body)
        try:
            return parse_qsl(
                self.body.decode(), keep_blank_values=True, max_num_fields=FIELDS, errors="strict"
            )
        except ValueError:
            raise NotReadable("no form") from None


def _fields_of_parts(kind: str, body: bytes) -> list[tuple[str, str]]:
    """RFC 7578, by the parser of mail: a form of parts is one."""
    whole = message_from_bytes(b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    parts = whole.get_payload()
    if not isinstance(parts, list):
        raise NotReadable("no form")
    return [found for part in parts[:FIELDS] if isinstance(part, Message) and (found := _field(part))]


def _field(part: Message) -> tuple[str, str] | None:
    name = part.get_param("name", header="content-disposition")
    value = part.get_payload(decode=True)
    if part.get_filename() is not None or not isinstance(name, str) or not isinstance(value, bytes):
        return None
    return name, value.decode("utf-8", "replace")


# ── signatures ──────────────────────────────────────────────────────────────


def check(right: bool) -> None:
    """NotTheirs, unless it is right."""
    if not right:
        raise NotTheirs("wrong signature")


def same(one: bytes, other: str) -> bool:
    """Are they the same? In constant time."""
    return hmac.compare_digest(one, other.strip().encode("utf-8", "replace"))


def check_basic(headers: Mapping[str, str], user: str, password: str | None) -> None:
    """HTTP Basic with this user, and this password unless any will do. NotTheirs."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    try:
        said = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        said = b""
    name, _, secret = said.partition(b":")
    right = hmac.compare_digest(name, user.encode())
    if password is not None:
        right &= hmac.compare_digest(secret, password.encode())
    check(right and bool(user) and scheme.lower() == "basic")


def check_fresh(stamp: str | None, received: datetime, within: timedelta) -> datetime:
    """The instant that a signed stamp (Unix seconds) tells. Replayed if it is not of late."""
    at = unix(stamp)
    if at is None:
        raise NotTheirs("no time is signed")
    if not -AHEAD <= received - at <= within:
        raise Replayed("signed too long ago")
    return at


def unix(stamp: object) -> datetime | None:
    """Unix seconds, as a number or a text, as an instant; None for what is none."""
    if isinstance(stamp, bool) or not isinstance(stamp, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
