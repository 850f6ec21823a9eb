"""The outbox: messages that are ready are claimed in one transaction, then handed over.

A claim decides, renders and stores the bytes; its commit is the instant of the hand-over. Whatever dies
afterwards leaves claimed messages behind, which the next delivery repeats where the way out is idempotent,
and marks `unknown` where it is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    case,
    delete,
    literal,
    literal_column,
    select,
    update,
)

from loyaltyloop.channels.out import Outcome
from loyaltyloop.journey.model import CALLS
from loyaltyloop.store.among import among
from loyaltyloop.store.cohorts import enrolment
from loyaltyloop.store.models import Body, LiveJourney, Message
from loyaltyloop.store.standing import renew_messages
from loyaltyloop.store.vouchers.gifts import gift, take_back

message: Table = Message.__table__  # type: ignore[attr-defined]
body: Table = Body.__table__  # type: ignore[attr-defined]
journey: Table = LiveJourney.__table__  # type: ignore[attr-defined]

SNAPSHOT = 50_000
RETRY = timedelta(minutes=5)
# Written out, and without a type (`= 1` would follow): SQLite then finds its partial index.
WAITING: ColumnElement[bool] = literal_column("message.state IN ('planned', 'held')")
CLAIMED: ColumnElement[bool] = literal_column("message.state = 'claimed'")


def ready(
    connection: Connection, now: datetime, channels: Collection[str], who: ColumnElement[bool]
) -> list[tuple[str, int, str]]:
    """What may leave by now, (key, customer id, channel), in the order of claiming.

    That is by priority, then entered_at, then key, over all these channels; calls to other systems come
    after all messages to customers. At most SNAPSHOT of either; a paused journey's messages stay where
    they are.
    """
    paused = select(journey.c.name).where(journey.c.state == "paused")
    found: list[tuple[str, int, str]] = []
    to_customers = [channel for channel in channels if channel != CALLS]
    for several in (to_customers, [CALLS] if CALLS in channels else []):
        if several:
            chosen = (
                select(message.c.key, message.c.customer_id, message.c.channel)
                .where(WAITING, message.c.due_at <= now, message.c.channel.in_(several))
                .where(message.c.journey.not_in(paused), who)
                .order_by(message.c.priority.desc(), message.c.entered_at, message.c.key)
                .limit(SNAPSHOT)
            )
            found += connection.execute(chosen).tuples().all()
    return found


def claimed_keys(connection: Connection, channel: str) -> dict[str, str]:
    """Messages that were claimed and whose hand-over is not on record: key → the way out."""
    chosen = select(message.c.key, message.c.via).where(CLAIMED, message.c.channel == channel)
    return {row.key: row.via for row in connection.execute(chosen.order_by(message.c.key))}


def load_claimed(connection: Connection, keys: Sequence[str]) -> list[Row[Any]]:
    """Claimed messages with their stored bodies, in the order of `keys`: all that their bytes are made of."""
    parts = [message.c[name] for name in ("key", "sender", "to", "subject", "decided_at")]
    rows = connection.execute(
        select(*parts, body.c.html, body.c.text, body.c.unsubscribe)
        .join(body, body.c.message_id == message.c.id)
        .where(among(connection, message.c.key, keys), message.c.state == "claimed")
    ).all()
    found = {row.key: row for row in rows}
    return [found[key] for key in keys if key in found]


def record(
    connection: Connection, outcomes: Iterable[Outcome], now: datetime, keep: bool = False
) -> dict[str, int]:
    """Write what became of handed-over messages; their customers may go on. Counts by state.

    What a way out could not take now is held again and tried later; `keep`: with the same bytes.
    """
    by_state: dict[tuple[str, str, timedelta], list[str]] = {}
    for outcome in outcomes:
        kind = (outcome.state, outcome.reason, outcome.after or RETRY)
        by_state.setdefault(kind, []).append(outcome.key)
    counts: dict[str, int] = {}
    for (state, reason, after), keys in sorted(by_state.items()):
        values: dict[str, Any] = {"state": state, "reason": reason}
        if state == "try_again":
            if not keep:
                _forget_bodies(connection, keys)
            due = _by_the_end(now + after) if keep else now + after
            values = {"state": "held", "reason": reason, "due_at": due, "handed_over_at": None}
        elif state == "refused":
            values["handed_over_at"] = None
        mine = and_(among(connection, message.c.key, keys), message.c.state == "claimed")
        if state == "refused" or (state == "try_again" and not keep):
            take_back(connection, gift.c.message_key.in_(select(message.c.key).where(mine)))
        connection.execute(update(message).where(mine).values(values))
        if state == "try_again":
            _renew(connection, keys)
        else:
            let_go(connection, keys)
        counts[values["state"]] = counts.get(values["state"], 0) + len(keys)
    return counts


def _by_the_end(due: datetime) -> ColumnElement[datetime]:
    """Then, but not when it is too late: at its last instant the gate says that it is over."""
    ends = message.c.expires_at
    return case((ends < due, ends), else_=literal(due, message.c.due_at.type))


def _renew(connection: Connection, keys: Sequence[str]) -> None:
    """Their journey may have been edited since they were claimed."""
    journeys = select(message.c.journey).where(among(connection, message.c.key, keys)).distinct()
    for name in sorted(connection.execute(journeys).scalars()):
        renew_messages(connection, name)


def _forget_bodies(connection: Connection, keys: Sequence[str]) -> None:
    """What is claimed again is rendered again."""
    mine = select(message.c.id).where(among(connection, message.c.key, keys), message.c.state == "claimed")
    connection.execute(delete(body).where(body.c.message_id.in_(mine)))


def let_go(connection: Connection, keys: Sequence[str]) -> None:
    """Customers who stand at the sends of these messages may go on."""
    standing = select(message.c.enrolment_id).where(among(connection, message.c.key, keys))
    connection.execute(
        update(enrolment)
        .where(enrolment.c.id.in_(standing), enrolment.c.state == "sending")
        .values(state="sent")
    )
