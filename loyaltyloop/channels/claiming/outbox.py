"""The outbox: messages that are ready are claimed in one transaction, then handed over.

A claim decides, renders and stores the bytes; its commit is the instant of the hand-over. It bears the name
of the delivery that made it, and a lease (leases.py). Whatever dies afterwards leaves claimed messages
behind, which the next delivery repeats where the way out is idempotent, and marks `unknown` where it is not.
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

from loyaltyloop.channels.claiming.turning import by_other_channels
from loyaltyloop.channels.out import Outcome
from loyaltyloop.journey.model import CALLS
from loyaltyloop.store.among import among
from loyaltyloop.store.bulk import fill_temporary
from loyaltyloop.store.inside.cohorts import customer, enrolment
from loyaltyloop.store.live.standing import renew_messages
from loyaltyloop.store.models import Body, LiveJourney, Message
from loyaltyloop.store.vouchers.gifts import gift, release_after, take_back

message: Table = Message.__table__  # type: ignore[attr-defined]
body: Table = Body.__table__  # type: ignore[attr-defined]
journey: Table = LiveJourney.__table__  # type: ignore[attr-defined]

# A message's key, its customer, its channel, and the customer's e-mail address and number.
Waiting = tuple[str, int, str, str | None, str | None]

SNAPSHOT = 50_000
RETRY = timedelta(minutes=5)
# When a message that is held now may have left, in an earlier try: `claimed_at` is of the first such.
_MAY_HAVE_LEFT = message.c.claimed_at < message.c.handed_over_at
_EARLIER = case((_MAY_HAVE_LEFT, message.c.claimed_at))
# Written out, and without a type (`= 1` would follow): SQLite then finds its partial index.
WAITING: ColumnElement[bool] = literal_column("message.state IN ('planned', 'held')")
CLAIMED: ColumnElement[bool] = literal_column("message.state = 'claimed'")


def ready(
    connection: Connection,
    now: datetime,
    channels: Collection[str],
    who: ColumnElement[bool],
    most: int = SNAPSHOT,
) -> list[Waiting]:
    """What may leave by now, with what its customer is reached by, in the order of claiming.

    That is by priority, then entered_at, then key, over all these channels; calls to other systems come
    after all messages to customers. At most so many of either; a paused journey's messages stay where
    they are.
    """
    paused = select(journey.c.name).where(journey.c.state == "paused")
    found: list[Waiting] = []
    reached = (customer.c.email, customer.c.sms_number)
    to_customers = [channel for channel in channels if channel != CALLS]
    for several in (to_customers, [CALLS] if CALLS in channels else []):
        if several:
            chosen = (
                select(message.c.key, message.c.customer_id, message.c.channel, *reached)
                .outerjoin_from(message, customer, customer.c.id == message.c.customer_id)
                .where(WAITING, message.c.due_at <= now, message.c.channel.in_(several))
                .where(message.c.journey.not_in(paused), who)
                .order_by(message.c.priority.desc(), message.c.entered_at, message.c.key)
                .limit(most)
            )
            found += connection.execute(chosen).tuples().all()
    return found


def load_claimed(connection: Connection, keys: Sequence[str], by: str) -> list[Row[Any]]:
    """Messages claimed by this delivery with their bodies, in the order of `keys`: what bytes are made of.

    What somebody else has taken over is not among them.
    """
    parts = [message.c[name] for name in ("key", "sender", "to", "subject", "decided_at")]
    rows = connection.execute(
        select(*parts, body.c.html, body.c.text, body.c.unsubscribe)
        .join(body, body.c.message_id == message.c.id)
        .where(among(connection, message.c.key, keys), message.c.state == "claimed")
        .where(message.c.claimed_by == by)
    ).all()
    found = {row.key: row for row in rows}
    return [found[key] for key in keys if key in found]


def record(
    connection: Connection, outcomes: Collection[Outcome], now: datetime, by: str, keep: bool = False
) -> dict[str, int]:
    """Write what became of what this delivery handed over; their customers may go on. Counts by state.

    What a way out could not take now is held again and tried later; `keep`: with the same bytes, where it may
    have had them. Of what was taken for lost meanwhile (`unknown`) it is known now; what somebody else took
    over is theirs to tell. What is in doubt keeps its `handed_over_at`: it counts as what may have left.
    """
    by_state: dict[tuple[str, str, timedelta, bool], list[str]] = {}
    for outcome in by_other_channels(connection, outcomes, now, _is_mine(by)):
        kind = (outcome.state, outcome.reason, outcome.after or RETRY, outcome.doubt)
        by_state.setdefault(kind, []).append(outcome.key)
    _note_ids(connection, outcomes, by)
    counts: dict[str, int] = {}
    for (state, reason, after, doubt), keys in sorted(by_state.items()):
        values: dict[str, Any] = {"state": state, "reason": reason}
        mine = and_(among(connection, message.c.key, keys), _is_mine(by))
        if state == "try_again":
            _forget_bodies(connection, mine, keep, doubt)
            due = _by_the_end(now + after) if keep else now + after
            values = {"state": "held", "reason": reason, "due_at": due}
            values |= {} if doubt else {"handed_over_at": _EARLIER}
        elif state == "refused":
            values["handed_over_at"] = None
        if state == "refused" or (state == "try_again" and not doubt):
            of_these = mine if state == "refused" else and_(mine, _unheard(keep))
            unseen = gift.c.message_key.in_(select(message.c.key).where(of_these))
            take_back(connection, unseen, state == "try_again")
        connection.execute(update(message).where(mine).values(values))
        if state == "try_again":
            _renew(connection, keys)
        else:
            let_go(connection, keys)
        counts[values["state"]] = counts.get(values["state"], 0) + len(keys)
    return counts


def mark_unknown(connection: Connection, keys: Sequence[str], reason: str) -> dict[str, int]:
    """Nobody can tell what became of these claimed messages; their customers may go on. Counts by state."""
    if not keys:
        return {}
    theirs = and_(among(connection, message.c.key, keys), message.c.state == "claimed")
    connection.execute(update(message).where(theirs).values(state="unknown", reason=reason))
    let_go(connection, keys)
    return {"unknown": len(keys)}


def _is_mine(by: str) -> ColumnElement[bool]:
    return and_(message.c.state.in_(("claimed", "unknown")), message.c.claimed_by == by)


def _note_ids(connection: Connection, outcomes: Iterable[Outcome], by: str) -> None:
    """What their providers call them."""
    told = [(outcome.key, outcome.provider_id) for outcome in outcomes if outcome.provider_id]
    if told:
        new = fill_temporary(connection, "provider_id", {"key": str, "provider_id": str}, told)
        theirs = and_(message.c.key == new.c.key, message.c.claimed_by == by)
        connection.execute(update(message).where(theirs).values(provider_id=new.c.provider_id))


def _by_the_end(due: datetime) -> ColumnElement[datetime]:
    """Then, but not when it is too late: at its last instant the gate says that it is over."""
    ends = message.c.expires_at
    return case((ends < due, ends), else_=literal(due, message.c.due_at.type))


def _renew(connection: Connection, keys: Sequence[str]) -> None:
    """Their journey may have been edited since they were claimed."""
    journeys = select(message.c.journey).where(among(connection, message.c.key, keys)).distinct()
    for name in sorted(connection.execute(journeys).scalars()):
        renew_messages(connection, name)


def _unheard(keep: bool) -> ColumnElement[bool]:
    """Of those whose last try surely failed: none of their tries has told anybody anything.

    A call's has, where it is kept: who puts it off has been told it, and is told it again.
    """
    surely = ~_MAY_HAVE_LEFT
    return and_(surely, message.c.channel != CALLS) if keep else surely


def _forget_bodies(connection: Connection, mine: ColumnElement[bool], keep: bool, doubt: bool) -> None:
    """What is claimed again is rendered again, but for what is told again in the same words."""
    if keep and doubt:
        return
    gone = and_(mine, _unheard(keep)) if keep else mine
    connection.execute(delete(body).where(body.c.message_id.in_(select(message.c.id).where(gone))))


def let_go(connection: Connection, keys: Sequence[str]) -> None:
    """Customers who stand at the sends of these messages may go on; these are settled."""
    standing = select(message.c.enrolment_id).where(among(connection, message.c.key, keys))
    connection.execute(
        update(enrolment)
        .where(enrolment.c.id.in_(standing), enrolment.c.state == "sending")
        .values(state="sent")
    )
    release_after(connection, among(connection, message.c.key, keys))
