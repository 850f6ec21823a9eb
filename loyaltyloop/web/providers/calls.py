"""What providers tell, as events of the customers whom it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from loyaltyloop.store.canonical import Refused, plain_text
from loyaltyloop.store.consents import suppression
from loyaltyloop.store.consents.fingerprints import fingerprint
from loyaltyloop.store.messages.addressees import (
    Addressee,
    Mailed,
    keys_of_provider_ids,
    load_mailed,
    whose_address,
    whose_phone,
)
from loyaltyloop.store.segment import Call
from loyaltyloop.web.providers.told import BY_ADDRESS, NAMES, Told
from loyaltyloop.web.responses.agents import Kind
from loyaltyloop.web.responses.calls import response_call
from loyaltyloop.web.responses.machines import Seen, reason


@dataclass
class Understood:
    """The events, and what became of each thing that was told: how many are `taken`, or not and why."""

    calls: list[Call] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def understand(
    connection: Connection, source: str, told: Sequence[Told], received: datetime, own: str
) -> Understood:
    """The events that these become. `own`: how addresses of ours begin, whose clicks we record ourselves."""
    told = _named(connection, told)
    letters = load_mailed(connection, {one.key for one in told if one.key})
    elsewhere = _by_address(connection, [one for one in told if _goes_by_address(one, letters)])
    found = Understood()
    for one in told:
        to = _whose(one, letters, elsewhere)
        outcome = _left_out(one, letters.get(one.key), to, own)
        if not outcome:
            seen = _judged(one, letters.get(one.key))
            try:
                found.calls += _calls(source, seen, letters.get(one.key), to, received)
                outcome = "taken"
            except Refused:
                outcome = "not readable"
        found.counts[outcome] += 1
    return found


def _named(connection: Connection, told: Sequence[Told]) -> list[Told]:
    """The same; what names no message by our key, but by the provider's id, is given the key."""
    ids = {one.provider_id for one in told if not one.key and _is_plain(one.provider_id)}
    known = keys_of_provider_ids(connection, ids) if ids else {}
    return [replace(one, key=one.key or known.get(one.provider_id, "")) for one in told]


def _left_out(told: Told, letter: Mailed | None, to: Collection[Addressee], own: str) -> str:
    """Why this becomes no event; empty if it does."""
    if told.what not in NAMES[told.channel]:
        return told.what
    if told.what == "clicked" and told.url.startswith(own):
        return "recorded already"
    if letter is not None and not told.is_of(letter.address):
        return "another address"
    return "" if to else "not ours"


def _goes_by_address(told: Told, letters: dict[str, Mailed]) -> bool:
    """What somebody wants counts for whoever has the address, if it names no message of ours."""
    wanted = told.what in BY_ADDRESS or (told.channel == "sms" and told.what == "replied")
    return wanted and told.key not in letters and bool(told.address) and _is_plain(told.address)


def _is_plain(text: str) -> bool:
    """Can the database be asked for it?"""
    try:
        return bool(plain_text(text))
    except Refused:
        return False


def _by_address(connection: Connection, told: Sequence[Told]) -> dict[str, list[Addressee]]:
    mails = {one.address for one in told if one.channel == "email"}
    phones = {one.address for one in told if one.channel == "sms"}
    found = whose_address(connection, mails) if mails else {}
    return found | (whose_phone(connection, phones) if phones else {})


def _whose(
    told: Told, letters: dict[str, Mailed], elsewhere: dict[str, list[Addressee]]
) -> Sequence[Addressee]:
    letter = letters.get(told.key)
    if letter is not None:
        return [] if letter.to is None else [letter.to]
    return elsewhere.get(told.address, []) if _goes_by_address(told, letters) else []


def _judged(told: Told, letter: Mailed | None) -> Told:
    """The same, told to be a machine's if it is one's."""
    if told.what not in ("opened", "clicked") or told.machine or told.at is None:
        return told
    kind: Kind = "opened" if told.what == "opened" else "clicked"
    left_at = None if letter is None else letter.left_at
    return replace(told, machine=reason(Seen(kind, told.at, left_at, told.agent)))


def _calls(
    source: str, told: Told, letter: Mailed | None, to: Sequence[Addressee], received: datetime
) -> Iterator[Call]:
    for number, name, properties in told.events():
        if told.address and name in suppression.NAMES and letter is None:
            # Whose it is may be told later than they have another address.
            properties |= {suppression.ADDRESS: fingerprint(told.channel, told.address)}
        for place, who in enumerate(to):
            once = number if not place else f"{number}:{place}"
            yield response_call(who, source, once, name, told.at, received, properties)
