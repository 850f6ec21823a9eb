"""Mail that somebody sent us: is it an answer to a message of ours, and did a person write it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from loyaltyloop.web.providers.told import Told, key_of_message_id
from loyaltyloop.web.shops.payload import blocks

_ANSWERED = ("in-reply-to", "references")
# Some programs only say so in these (RFC 3834 asks for Auto-Submitted).
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-response-suppress")
_PRECEDENCE = ("bulk", "junk", "list", "auto_reply")


def reply(headers: Iterable[tuple[str, str]], told_id: str, native: str, at: datetime | None) -> Told:
    """What this mail is to us: an answer of a person or a program, or unknown if it answers none of ours."""
    known = {name.lower(): value for name, value in headers}
    key = next((key for name in _ANSWERED if (key := key_of_message_id(known.get(name)))), "")
    if not key:
        return Told("unknown", told_id, native, at)
    return Told("autoresponded" if _is_automatic(known) else "replied", told_id, native, at, key)


def headers_of(listed: object, name: str = "name", value: str = "value") -> list[tuple[str, str]]:
    """Headers that stand in a list of objects; `name` and `value`: how these call them."""
    pairs = ((one.get(name), one.get(value)) for one in blocks(listed))
    return [(key, said) for key, said in pairs if isinstance(key, str) and isinstance(said, str)]


def _is_automatic(headers: Mapping[str, str]) -> bool:
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    precedence = headers.get("precedence", "").strip().lower()
    return submitted != "no" or precedence in _PRECEDENCE or any(name in headers for name in _AUTOMATIC)
