"""Alerts: a call to the hook that shop.yaml names, once for each thing that stopped, by the way of calls.

They are recorded together with what they tell of, and handed over under their own keys until they are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection, Row, Table, insert, select, update

from loyaltyloop.channels.claiming.outbox import RETRY
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.journey.model import Hook, Shop
from loyaltyloop.store.models import Alert

alert: Table = Alert.__table__  # type: ignore[attr-defined]
_ALERTS = UUID("6e2f6a35-5c8e-5d5b-9d53-0b4f3d5b8a11")
MOST = 50  # in one delivery


def tell(connection: Connection, shop: Shop, what: str, data: dict[str, Any], now: datetime) -> None:
    """Have this told, if the shop wants to be told. `what`: such as `breaker.opened`."""
    if hook_of(shop) is None:
        return
    body = orjson.dumps({"type": what, "timestamp": now, "data": data}).decode()
    key = str(uuid5(_ALERTS, body))
    if not connection.execute(select(alert.c.id).where(alert.c.key == key)).first():
        connection.execute(insert(alert).values(key=key, body=body, made_at=now, due_at=now, **_WAITING))


_WAITING = {"state": "waiting", "reason": ""}


def hook_of(shop: Shop) -> Hook | None:
    """Whom the shop has told of what stopped."""
    return next((hook for hook in shop.hooks if hook.name == shop.alerts), None)


def due(connection: Connection, now: datetime) -> Sequence[Row[Any]]:
    """What is to be told by now."""
    waiting = select(alert).where(alert.c.state == "waiting", alert.c.due_at <= now)
    return connection.execute(waiting.order_by(alert.c.id).limit(MOST)).all()


def calls(rows: Iterable[Row[Any]], hook: Hook, now: datetime) -> list[Outgoing]:
    """These, ready to leave."""
    return [
        Outgoing(row.key, hook.secret, hook.url, row.body.encode(), age=now - row.made_at) for row in rows
    ]


def record(connection: Connection, outcomes: Iterable[Outcome], now: datetime) -> None:
    """What became of them; what was not taken is told again later."""
    for outcome in outcomes:
        values: dict[str, Any] = {"state": outcome.state, "reason": outcome.reason}
        if outcome.state in ("try_again", "unknown"):
            values |= {"state": "waiting", "due_at": now + (outcome.after or RETRY)}
        connection.execute(update(alert).where(alert.c.key == outcome.key).values(values))
