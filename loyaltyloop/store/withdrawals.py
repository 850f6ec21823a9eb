"""Withdrawals of consent that were committed while a turn was at work, and that no turn has applied yet.

A turn applies what has arrived by its `now` and sees nothing later, but no message may be claimed for
hand-over after a withdrawal was committed: the claim asks for these.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, func, or_, select, tuple_

from loyaltyloop.store.consent import ANSWERS, CSV, WITHDRAWALS, answers
from loyaltyloop.store.models import Event, Identity

event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
_TELLS = or_(
    event.c.name.in_((*ANSWERS, *WITHDRAWALS)), and_(event.c.type == "identify", event.c.source == CSV)
)
# Customer, channel, purpose.
Withdrawn = tuple[int, str, str]


def newest_event(connection: Connection) -> int:
    """The id of the newest event on record; 0 if there is none. Ids follow the order of commits."""
    return connection.execute(select(func.max(event.c.id))).scalar() or 0


def withdrawn_meanwhile(connection: Connection, now: datetime, since: int) -> set[Withdrawn]:
    """What events withdraw that nobody applied, have arrived by `now` or were recorded after `since`.

    What was recorded before and arrives later is a history that is being walked: it has not happened yet.
    """
    # Two looks, as each has an index of its own.
    meanwhile = (event.c.arrived_at <= now, event.c.id > since)
    chosen = [select(event).where(event.c.seq.is_(None), _TELLS, when) for when in meanwhile]
    rows = {row.id: row for each in chosen for row in connection.execute(each)}
    found: dict[Withdrawn, bool] = {}
    for row in sorted(rows.values(), key=lambda row: (row.at, row.id)):
        for customer_id in _whose(connection, row):
            for answer in answers(row):
                found[customer_id, answer.channel, answer.purpose] = answer.given
    return {key for key, given in found.items() if not given}


def _whose(connection: Connection, row: Any) -> Iterator[int]:
    """The customers that an event's ids belong to."""
    ids = [("user", row.user_id), ("anonymous", row.anonymous_id)]
    known = [one for one in ids if one[1] is not None]
    mine = select(identity.c.customer_id).where(tuple_(identity.c.kind, identity.c.value).in_(known))
    yield from connection.execute(mine).scalars()
