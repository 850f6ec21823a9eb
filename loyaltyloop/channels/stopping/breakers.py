"""Circuit breakers on record: what has stopped, what was seen of channels, and letting something go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, insert, select, update

from loyaltyloop.channels.claiming.outbox import RETRY, message
from loyaltyloop.channels.out import Outcome
from loyaltyloop.channels.stopping import alerts
from loyaltyloop.channels.stopping.breaker import Circuit, after, why_stop
from loyaltyloop.journey.model import CALLS, Shop
from loyaltyloop.store.among import among
from loyaltyloop.store.inside.holding import put_off, release_stopped
from loyaltyloop.store.messages import tallies
from loyaltyloop.store.models import Breaker
from loyaltyloop.store.telling.stopped import stopped

breaker: Table = Breaker.__table__  # type: ignore[attr-defined]
_CIRCUIT = tuple(Circuit.__dataclass_fields__)


def circuits(connection: Connection) -> dict[str, Circuit]:
    """The breakers of channels, of those that have ever failed."""
    columns = [breaker.c[name] for name in _CIRCUIT]
    rows = connection.execute(select(breaker.c.name, *columns).where(breaker.c.kind == "channel"))
    return {name: Circuit(*values) for name, *values in rows}


def exceeding(connection: Connection, shop: Shop, now: datetime) -> dict[str, str]:
    """Journeys that are to stop and have not, and why."""
    limits = shop.breaker
    since = limits.within.before(now, "UTC").date()
    found = tallies.figures(connection, since, now.date())
    known = stopped(connection) if found else {}
    told = {name: why_stop(numbers, limits) for name, numbers in found.items()}
    return {name: why for name, why in sorted(told.items()) if why and name not in known}


def stop(connection: Connection, shop: Shop, now: datetime) -> None:
    """Stop what is to stop, and have it told, once each. Under the shop-wide lock."""
    for name, why in exceeding(connection, shop, now).items():
        _write(connection, "journey", name, Circuit("open", why, opened_at=now))
        _tell(connection, shop, "journey", name, why, now)


def note(
    connection: Connection, shop: Shop, channel: str, told: Sequence[Outcome], now: datetime
) -> Circuit | None:
    """What a way out told, and is recorded, counted for its channel, whose breaker this is.

    Calls go to many servers, and one that is down says nothing of the others: they have no breaker.
    """
    if channel == CALLS or not told:
        return None
    before = circuits(connection).get(channel, Circuit())
    now_is = after(before, [one.state in ("handed_over", "refused") for one in told], now, shop.breaker)
    if now_is != before:
        _write(connection, "channel", channel, now_is)
    if before.state == "open" and now_is.times > before.times:
        _put_off(connection, now_is, told, now)
    if (before.state, now_is.state) == ("closed", "open"):
        _tell(connection, shop, "channel", channel, now_is.why, now)
    return now_is


def _put_off(connection: Connection, circuit: Circuit, told: Sequence[Outcome], now: datetime) -> None:
    """What was tried in vain lets others be tried before it."""
    then = circuit.next_turn_of(now, RETRY)
    if then is not None:
        put_off(connection, [one.key for one in told if one.state == "try_again"], then)


def count_handed(
    connection: Connection, channel: str, told: Sequence[Outcome], by: str, now: datetime
) -> None:
    """Count for the journeys what a way out took of this delivery's. Called before that is recorded.

    What has been told of meanwhile has left already, and was counted then (store/messages/engagement.py).
    """
    keys = [one.key for one in told if one.state == "handed_over"]
    if channel == CALLS or not keys:
        return
    mine = and_(message.c.state.in_(("claimed", "unknown")), message.c.claimed_by == by)
    chosen = select(message.c.journey, func.count()).where(among(connection, message.c.key, keys), mine)
    rows = connection.execute(chosen.group_by(message.c.journey)).tuples()
    tallies.count(connection, "handed", Counter({(name, now.date()): number for name, number in rows}))


def release(connection: Connection, kind: str, name: str, now: datetime) -> bool:
    """Let it go on, and count anew; False if it has not stopped. Under the shop-wide lock.

    A journey's messages that waited for it are looked at by the next delivery.
    """
    mine = and_(breaker.c.kind == kind, breaker.c.name == name)
    found = connection.execute(select(breaker.c.state).where(mine)).scalar()
    connection.execute(delete(breaker).where(mine))
    if kind == "journey":
        tallies.forget(connection, name)
        release_stopped(connection, name, now)
    return bool(found == "open")


def _write(connection: Connection, kind: str, name: str, circuit: Circuit) -> None:
    values: Mapping[str, Any] = asdict(circuit)
    mine = and_(breaker.c.kind == kind, breaker.c.name == name)
    if not connection.execute(update(breaker).where(mine).values(values)).rowcount:
        connection.execute(insert(breaker).values(kind=kind, name=name, **values))


def _tell(connection: Connection, shop: Shop, kind: str, name: str, why: str, now: datetime) -> None:
    alerts.tell(connection, shop, "breaker.opened", {"kind": kind, "name": name, "why": why}, now)
