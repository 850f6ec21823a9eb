"""Consent: what an event says about it, the ledger, and the present answer (the latest by event time)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select

from loyaltyloop.store import bulk
from loyaltyloop.store.models import Consent, ConsentEntry

consent: Table = Consent.__table__  # type: ignore[attr-defined]
entry: Table = ConsentEntry.__table__  # type: ignore[attr-defined]

CHANNELS = ("email", "sms", "push")
PURPOSES = ("marketing", "service")
ANSWERS = {"Consent Granted": True, "Consent Withdrawn": False}
WITHDRAWALS = ("Unsubscribed", "Email Marked as Spam")
CSV = "customers.csv"
Who = TypeVar("Who", bound=Hashable)


@dataclass(frozen=True)
class Answer:
    """One answer: about what, when, how it was given, and the wording shown."""

    channel: str
    purpose: str
    given: bool
    at: datetime
    how: str
    wording: str | None = None


def answers(event: Any) -> Iterator[Answer]:
    """What this event (a row of `event`) says about consent; nothing, for most.

    Nobody answers later than the answer has arrived, whatever the clock says that told its time.
    """
    at = min(event.at, event.arrived_at)
    if event.type == "identify" and event.source == CSV:
        for channel in CHANNELS:
            given = event.properties.get(f"consent_{channel}")
            if isinstance(given, bool):
                yield Answer(channel, "marketing", given, at, CSV)
    elif event.type == "track" and event.name in WITHDRAWALS:
        yield from _stopped(event.name, event.properties, at)
    elif event.type == "track" and event.name in ANSWERS:
        yield from _said(event.name, event.properties, at)


def choices(event: Any) -> Iterator[Answer]:
    """What else was chosen on a page of ours (topics, how often, a birthday), with the words that were shown.

    It is no consent, and stands in the ledger alone.
    """
    told = (event.context or {}).get("choices")
    for one in told if isinstance(told, list) else ():
        about, which, chosen, wording = (one[name] for name in ("about", "which", "chosen", "wording"))
        if about not in CHANNELS:
            yield Answer(about, which, chosen, event.at, event.name or event.type, wording)


def _stopped(name: str, properties: Mapping[str, Any], at: datetime) -> Iterator[Answer]:
    """Whoever wants no such message wants no marketing; `list_id` says it where it was a service message."""
    yield Answer("email", "marketing", False, at, name, _wording(properties))
    if properties.get("list_id") == "service":
        yield Answer("email", "service", False, at, name, _wording(properties))


def _said(name: str, properties: Mapping[str, Any], at: datetime) -> Iterator[Answer]:
    channel, purpose = properties.get("channel"), properties.get("purpose", "marketing")
    if channel in CHANNELS and purpose in PURPOSES:
        yield Answer(channel, purpose, ANSWERS[name], at, name, _wording(properties))


def _wording(properties: Mapping[str, Any]) -> str | None:
    wording = properties.get("wording")
    return wording if isinstance(wording, str) else None


def write(connection: Connection, given: list[tuple[int, Answer]], merged: Mapping[int, int]) -> None:
    """Add answers (customer id, answer) to the ledger; those that are consents change the present ones, too.

    `merged`: customers who turned out to be another one, and who that is.
    """
    bulk.insert_rows(
        connection,
        entry,
        ["customer_id", "channel", "purpose", "given", "at", "how", "wording"],
        [(who, a.channel, a.purpose, a.given, a.at, a.how, a.wording) for who, a in given],
    )
    given = [(who, answer) for who, answer in given if answer.channel in CHANNELS]
    if not given and not merged:
        return
    concerned = {who for who, _ in given} | set(merged) | set(merged.values())
    said = [(merged.get(who, who), answer) for who, answer in present(connection, concerned)]
    _forget(connection, merged)
    rows = [(who, a.channel, a.purpose, a.given, a.at) for who, a in latest([*said, *given])]
    columns = ["customer_id", "channel", "purpose", "given", "at"]
    bulk.upsert_rows(connection, consent, columns[:3], columns, rows)


def present(connection: Connection, customers: Iterable[int]) -> list[tuple[int, Answer]]:
    """The present answers of these customers."""
    wanted = bulk.fill_temporary(connection, "wanted_consent", {"id": int}, ((who,) for who in customers))
    rows = connection.execute(select(consent).join(wanted, wanted.c.id == consent.c.customer_id))
    return [(row.customer_id, Answer(row.channel, row.purpose, row.given, row.at, "")) for row in rows]


def latest(said: Iterable[tuple[Who, Answer]]) -> list[tuple[Who, Answer]]:
    """One answer for each customer, channel and purpose; of two at the same instant the withdrawal."""
    found: dict[tuple[Who, str, str], Answer] = {}
    for who, answer in said:
        place = (who, answer.channel, answer.purpose)
        known = found.get(place)
        if known is None or (answer.at, not answer.given) > (known.at, not known.given):
            found[place] = answer
    return [(who, answer) for (who, _, _), answer in found.items()]


def _forget(connection: Connection, merged: Mapping[int, int]) -> None:
    if merged:
        gone = bulk.fill_temporary(connection, "gone_consent", {"id": int}, ((who,) for who in merged))
        connection.execute(consent.delete().where(consent.c.customer_id.in_(select(gone.c.id))))
