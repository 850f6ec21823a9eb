"""Messages that cannot leave by their channel go by the next one: the same message, under the same key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select

from loyaltyloop.channels.out import Outcome
from loyaltyloop.journey import routes
from loyaltyloop.journey.routes import Route
from loyaltyloop.store.among import among
from loyaltyloop.store.bulk import update_rows
from loyaltyloop.store.consents import suppression
from loyaltyloop.store.models import Body, Message
from loyaltyloop.store.people import devices

SOON = timedelta(seconds=1)
body: Table = Body.__table__  # type: ignore[attr-defined]

message: Table = Message.__table__  # type: ignore[attr-defined]
# Message's number → its routes, and the channel that it takes now (None: none is left).
Turned = dict[int, tuple[str | None, list[Route]]]


def turn(row: Any, reason: str) -> tuple[str | None, list[Route]] | None:
    """The next channel of a message (`row`: with its `routes`), and its routes; None: it has no other."""
    if not row.routes:
        return None
    told = routes.refused(row.routes, reason)
    return routes.present(told), told


def write(connection: Connection, turned: Turned) -> None:
    """Store what was found; what was written for the channel that was left is not kept."""
    on = [(number, channel, told) for number, (channel, told) in turned.items() if channel is not None]
    if on:
        update_rows(connection, message, "id", ["channel", "routes"], on)
        connection.execute(delete(body).where(among(connection, body.c.message_id, [one[0] for one in on])))
    over = [(number, told) for number, (channel, told) in turned.items() if channel is None]
    if over:
        update_rows(connection, message, "id", ["routes"], over)


def by_other_channels(
    connection: Connection, outcomes: Iterable[Outcome], now: datetime, mine: ColumnElement[bool]
) -> Iterator[Outcome]:
    """These; what is refused for its address, and may go by another channel, is to be tried by that one.

    To an address that takes nothing more nothing is sent again; a device is forgotten. `mine`: of which
    messages the outcome may be told.
    """
    told = list(outcomes)
    lost = {one.key: one for one in told if one.lost}
    turned = _lose(connection, lost, now, mine) if lost else frozenset()
    for one in told:
        yield replace(one, state="try_again", after=SOON) if one.key in turned else one


def _lose(
    connection: Connection, lost: Mapping[str, Outcome], now: datetime, mine: ColumnElement[bool]
) -> Collection[str]:
    """Note the addresses that are lost; the keys of the messages that take another channel."""
    columns = (message.c.id, message.c.key, message.c.channel, message.c.to, message.c.routes)
    theirs = and_(among(connection, message.c.key, list(lost)), mine)
    rows = connection.execute(select(*columns).where(theirs)).all()
    devices.drop(connection, [row.to for row in rows if row.channel == "push"], now)
    for row in rows:
        if row.channel != "push":
            reason = lost[row.key].lost
            suppression.note(connection, row.channel, row.to, now, reason=reason, stops=True)
    refused = [row for row in rows if lost[row.key].state == "refused"]
    found = {row.id: to for row in refused if (to := turn(row, lost[row.key].reason)) is not None}
    write(connection, found)
    return [row.key for row in refused if row.id in found and found[row.id][0] is not None]
