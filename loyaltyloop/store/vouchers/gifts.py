"""Gifts on record: how many a step has given, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Table,
    and_,
    func,
    insert,
    select,
    update,
)

from loyaltyloop.journey.model import CALLS
from loyaltyloop.store.among import among
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.models import Enrolment, ErasedGift, Gift, Message
from loyaltyloop.store.vouchers.stock import give_back

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
erased_gift: Table = ErasedGift.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
COLUMNS = (
    "enrolment_id", "customer_id", "journey", "step", "kind", "what", "state", "given_at", "value", "amount",
    "code", "matched", "expires_at",
)  # fmt: skip

KEPT = gift.c.state != "released"  # counts for a budget


def write(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """New gifts: values in the order of COLUMNS."""
    insert_rows(connection, gift, COLUMNS, rows)


def given(connection: Connection, journey: str, steps: Collection[str], since: datetime | None) -> int:
    """How many gifts these steps have given since then that were not given back, erased people's too."""

    def theirs(table: Table) -> ColumnElement[bool]:
        mine = and_(table.c.journey == journey, table.c.step.in_(list(steps)))
        return mine if since is None else and_(mine, table.c.given_at >= since)

    known = select(func.count()).where(theirs(gift), KEPT)
    forgotten = select(func.coalesce(func.sum(erased_gift.c.number), 0)).where(theirs(erased_gift))
    return int(connection.execute(known).scalar_one() + connection.execute(forgotten).scalar_one())


def forget(connection: Connection, customers: ColumnElement[bool]) -> None:
    """Keep, before these customers' gifts go, how many there were. `customers`: on `gift.customer_id`."""
    names = ("journey", "step", "given_at")
    by = [gift.c[name] for name in names]
    counted = select(*by, func.count()).where(customers, KEPT).group_by(*by).order_by(*by)
    connection.execute(insert(erased_gift).from_select([*names, "number"], counted))


def have_one(connection: Connection, step: str, enrolments: Collection[int]) -> set[int]:
    """Which of these enrolments have a gift of this step already."""
    theirs = among(connection, gift.c.enrolment_id, enrolments)
    return set(connection.execute(select(gift.c.enrolment_id).where(theirs, gift.c.step == step)).scalars())


def release(connection: Connection, where: ColumnElement[bool]) -> int:
    """Gifts for which this holds and that nobody was shown go back to where they came from; how many."""
    mine = and_(gift.c.state == "reserved", where)
    codes = connection.execute(select(gift.c.matched).where(mine)).scalars().all()
    if not codes:
        return 0
    back = {"state": "released", "code": None, "matched": None, "message_key": None, "expires_at": None}
    connection.execute(update(gift).where(mine).values(back))
    give_back(connection, [code for code in codes if code is not None])
    return len(codes)


def waits_for_none() -> Select[tuple[int]]:
    """Enrolments that have ended, and of whose calls in `at_end` none is still to be made."""
    call = and_(message.c.channel == CALLS, message.c.state.in_(("planned", "held", "claimed")))
    to_come = select(message.c.id).where(message.c.enrolment_id == enrolment.c.id, call).exists()
    over = and_(enrolment.c.ended_at.is_not(None), enrolment.c.state != "ending")
    return select(enrolment.c.id).where(over, ~to_come)


def release_after(connection: Connection, messages: ColumnElement[bool]) -> None:
    """Calls (a condition on `message`) are settled: what they would have shown of who has ended goes back."""
    theirs = select(message.c.enrolment_id).where(messages, message.c.channel == CALLS)
    release(connection, gift.c.enrolment_id.in_(waits_for_none().where(enrolment.c.id.in_(theirs))))


def take_back(connection: Connection, messages: ColumnElement[bool], tried_again: bool) -> None:
    """Messages that were claimed did not leave: what they would have shown first, nobody has seen.

    `messages`: a condition on `gift.message_key`. `tried_again`: they may leave yet.
    """
    mine = and_(messages, gift.c.state == "committed")
    ids = connection.execute(select(gift.c.id).where(mine)).scalars().all()
    if not ids:
        return
    these = among(connection, gift.c.id, ids)
    unseen: dict[str, Any] = {"state": "reserved", "committed_at": None}
    if not tried_again:
        unseen |= {"message_key": None, "expires_at": None}
    connection.execute(update(gift).where(these).values(unseen))
    # What nobody knew the outcome of held up nobody: their enrolments may have ended.
    over = select(enrolment.c.id).where(enrolment.c.ended_at.is_not(None))
    release(connection, and_(these, gift.c.enrolment_id.in_(over)))


def seen_after_all(connection: Connection, keys: Any, at: ColumnElement[datetime]) -> None:
    """Messages (a select of their keys) that were to be tried again have left, as is told of them.

    `at`: when, of the row of a message.
    """
    mine = and_(gift.c.message_key.in_(keys), gift.c.state == "reserved")
    left = select(at).where(message.c.key == gift.c.message_key).scalar_subquery()
    connection.execute(update(gift).where(mine).values(state="committed", committed_at=left))


def shown_until(enrolment_id: ColumnElement[int], step: str) -> ScalarSelect[datetime | None]:
    """When what a step gave this enrolment runs out; NULL as long as no message has shown it."""
    own = and_(gift.c.enrolment_id == enrolment_id, gift.c.step == step, gift.c.committed_at.is_not(None))
    return select(gift.c.expires_at).where(own).correlate_except(gift).scalar_subquery()


def expire(connection: Connection, journey: str, now: datetime) -> int:
    """What the journey gave and has run out by now is expired; how many there were."""
    over = and_(gift.c.state == "committed", gift.c.journey == journey, gift.c.expires_at <= now)
    return connection.execute(update(gift).where(over).values(state="expired")).rowcount


_TOLD = ("kind", "what", "state", "value", "code", "committed_at", "expires_at", "redeemed_at", "order_id")


def told(connection: Connection, enrolments: Collection[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Enrolment → step → what it gave and what became of that, for a person's story."""
    columns = [gift.c[name] for name in _TOLD]
    chosen = select(gift.c.enrolment_id, gift.c.step, *columns)
    rows = connection.execute(chosen.where(among(connection, gift.c.enrolment_id, enrolments)))
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows:
        words = {name: row._mapping[name] for name in _TOLD if row._mapping[name] not in (None, "")}
        found.setdefault(row.enrolment_id, {})[row.step] = {"gift": words}
    return found
