"""The engine on the same story: files applied, events recorded, and what both say, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Table, select
from sqlmodel import SQLModel

from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import is_postgres, read, write
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Enrolment, Visit
from loyaltyloop.store.models import Message as Row
from loyaltyloop.store.segment import Call
from loyaltyloop.turn.world import World
from tests.reference.interpreter import Reference
from tests.reference.reading import SHOP_TEXT
from tests.reference.state import Happening, Message

ENROLMENT: Table = Enrolment.__table__  # type: ignore[attr-defined]
VISIT: Table = Visit.__table__  # type: ignore[attr-defined]
MESSAGE: Table = Row.__table__  # type: ignore[attr-defined]

Rows = dict[str, list[tuple[Any, ...]]]
TEMPLATE = """{% block subject %}Hello{% endblock %}
{% block body %}<p>Hello</p><p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>{% endblock %}
"""
TREAT = """{% block subject %}For you{% endblock %}
{% block body %}<p>{% if treat is defined %}{{ treat.code }}: {{ treat.value }}{% endif %}</p>
<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>{% endblock %}
"""
TREAT_TEXT = "For you{% if treat is defined %}, {{ treat.code }}: {{ treat.value }}{% endif %}"
# Where the engine tells more than the reference does: the beginning of its reason → the reference's.
REASONS = {
    "email: ": "no channel",
    "sms: ": "no channel",
    "push: ": "no channel",
    "no phone number": "address",
    "the phone number": "address",
    "no device": "address",
    "the enrolment has ended": "ended",
    "no consent": "consent",
    "service messages": "consent",
    "suppressed": "suppressed",
    "no address": "address",
    "the address": "address",
    "left: ": "left",
    "its `if`": "if",
    "quiet hours": "",
    "cap of ": "",
    "one copy": "copy",
    "hold_while": "",
    "expired": "expired",
    "gift: ": "gift",
    "the customer was erased": "erased",
    "the customer asked": "",
}


class Taken(WayOut):
    """A way out that takes everything and keeps nothing."""

    name, idempotent, batch = "taken", True, 100

    def open(self) -> None:
        """Always ready."""

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Taken, each of them."""
        for outgoing in batch:
            yield Outcome(outgoing.key, "handed_over")

    def close(self) -> None:
        """Nothing to let go of."""


def world(engine: Engine) -> World:
    """What the engine's turns work with here."""
    ways = {name: Taken() for name in ("email", "sms", "push", "hook")}
    return World(engine, ways, b"a secret for tests", "http://shop.example")


def empty(engine: Engine) -> None:
    """All tables as they were made."""
    names = [f'"{table.name}"' for table in SQLModel.metadata.sorted_tables]
    with write(engine) as connection:
        if is_postgres(connection):
            connection.exec_driver_sql(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
        else:
            for name in reversed(names):
                connection.exec_driver_sql(f"DELETE FROM {name}")


def make_live(engine: Engine, journeys: Iterable[str], now: datetime, shop: str = SHOP_TEXT) -> None:
    """Apply these journeys, in the shop of the reference unless another is given."""
    files: dict[str, str | bytes] = {"journeys/shop.yaml": shop, "templates/test/hello.html": TEMPLATE}
    files["templates/test/treat.html"] = TREAT
    for name, text in (("hello", "Hello"), ("treat", TREAT_TEXT)):
        files |= {f"templates/test/{name}.{channel}.txt": f"{text} STOP" for channel in ("sms", "push")}
    files |= {f"journeys/j{number}.yaml": text for number, text in enumerate(journeys)}
    apply(engine, read_project(files), now)


def ingest(engine: Engine, events: Iterable[Happening]) -> None:
    """Record events in this order."""
    calls = [_call(event) for event in events]
    with write(engine) as connection:
        record(connection, calls)


def _call(event: Happening) -> Call:
    order_id = event.properties.get("order_id")
    return Call(
        source=event.source,
        message_id=event.message_id,
        type=event.type,
        name=event.name,
        user_id=event.user_id,
        anonymous_id=event.anonymous_id,
        previous_id=event.previous_id,
        at=event.at,
        arrived_at=event.arrived_at,
        properties=dict(event.properties),
        order_id=order_id,
        context={"device": {"type": "ios", "token": event.device}} if event.device else None,
    )


def difference(engine: Engine, reference: Reference) -> list[str]:
    """What only one of both tells, in words; empty where they agree."""
    ours, theirs = told_by_reference(reference), told_by_engine(engine)
    lines = []
    for name in ours:
        lines += [f"reference, {name}: {_shown(row)}" for row in ours[name] if row not in theirs[name]]
        lines += [f"engine, {name}: {_shown(row)}" for row in theirs[name] if row not in ours[name]]
        if len(ours[name]) != len(theirs[name]):
            lines.append(f"{name}: {len(ours[name])} in the reference, {len(theirs[name])} in the engine")
    return lines


def _shown(row: tuple[Any, ...]) -> str:
    return ", ".join(f"{each:%m-%d %H:%M:%S}" if isinstance(each, datetime) else repr(each) for each in row)


def told_by_reference(reference: Reference) -> Rows:
    """What the reference says became of everybody."""
    rows: Rows = {"enrolments": [], "visits": [], "messages": []}
    for e in reference.enrolments:
        who = (e.journey, e.customer_key, e.one_per, e.occurrence)
        standing = (e.end, e.reason, e.step, e.state)
        rows["enrolments"].append((*who, e.entered_at, *standing, e.held_out, e.goal_at))
        rows["visits"] += [(*who, v.step, v.arrived_at, v.left_at, v.path) for v in e.visits]
        rows["messages"] += [
            (m.key, m.step, "hook" if m.call else m.channel, m.state, m.reason, *_times_of(m))
            for m in e.messages.values()
        ]
    return _sorted(rows)


def _times_of(message: Message) -> tuple[datetime | None, ...]:
    return message.decided_at, message.due_at, message.handed_over_at


def told_by_engine(engine: Engine) -> Rows:
    """What the database says became of everybody."""
    e, v, m = ENROLMENT.c, VISIT.c, MESSAGE.c
    who = (e.journey, e.customer_key, e.one_per, e.occurrence)
    standing = (e.end, e.reason, e.step, e.state)
    visits = select(*who, v.step, v.arrived_at, v.left_at, v.path).where(v.enrolment_id == e.id)
    messages = select(m.key, m.step, m.channel, m.state, m.reason, m.decided_at, m.due_at, m.handed_over_at)
    enrolments = select(*who, e.entered_at, *standing, e.held_out, e.goal_at)
    with read(engine) as connection:
        rows: Rows = {
            "enrolments": [_named(tuple(row)) for row in connection.execute(enrolments)],
            "visits": [_named(tuple(row)) for row in connection.execute(visits)],
            "messages": [_plain(tuple(row)) for row in connection.execute(messages)],
        }
    return _sorted(rows)


def _named(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where two who are one had entered alike, the engine puts the old key behind one's occurrence."""
    journey, key, one_per, occurrence, *rest = row
    if key.startswith("erased:"):
        return (journey, "erased", "erased", "erased", *rest)
    return (journey, key, one_per, occurrence.partition("merged:")[0].strip(), *rest)


def _plain(message: tuple[Any, ...]) -> tuple[Any, ...]:
    key, step, channel, state, reason, *times = message
    short = next((plain for start, plain in REASONS.items() if reason.startswith(start)), reason)
    # What became of it at its reader's is told by events; what the gate did is what is compared.
    return (key, step, channel, "handed_over" if state in ("bounced", "complained") else state, short, *times)


def _sorted(rows: Rows) -> Rows:
    return {name: sorted(found, key=repr) for name, found in rows.items()}
