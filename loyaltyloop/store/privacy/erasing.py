"""Erasure: all about a person goes, and hashes stay that keep what is told of them again away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, delete, or_, select, update

from loyaltyloop.store import bulk, models
from loyaltyloop.store.among import among
from loyaltyloop.store.database import lock_shop
from loyaltyloop.store.events.apply import next_seq
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside import cohorts
from loyaltyloop.store.privacy import tombstones
from loyaltyloop.store.privacy.parts import PARTS
from loyaltyloop.store.privacy.subject import Subject
from loyaltyloop.store.privacy.tombstones import ACTS, Mark, by_email, by_phone, of_event
from loyaltyloop.store.privacy.whose import keys_of, rows_of, waiting
from loyaltyloop.store.vouchers import gifts

REASON = "the customer was erased"
CHUNK = 2000  # waiting events that are looked at together
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\S*@\S*")
code: Table = models.ReferralCode.__table__  # type: ignore[attr-defined]
customer: Table = models.Customer.__table__  # type: ignore[attr-defined]
event: Table = models.Event.__table__  # type: ignore[attr-defined]
entry: Table = models.Entry.__table__  # type: ignore[attr-defined]
enrolment: Table = models.Enrolment.__table__  # type: ignore[attr-defined]
gift: Table = models.Gift.__table__  # type: ignore[attr-defined]
former: Table = models.MergedCustomer.__table__  # type: ignore[attr-defined]
line: Table = models.OrderLine.__table__  # type: ignore[attr-defined]
message: Table = models.Message.__table__  # type: ignore[attr-defined]
order: Table = models.Order.__table__  # type: ignore[attr-defined]
referral: Table = models.Referral.__table__  # type: ignore[attr-defined]
request: Table = models.PrivacyRequest.__table__  # type: ignore[attr-defined]
aside: Table = models.SetAside.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Erased:
    """What an erasure came to. `keys`: of their messages and requests, after which files are called."""

    customers: int
    events: int
    enrolments: int
    messages: int
    orders: int
    keys: tuple[str, ...]


def erase(connection: Connection, subject: Subject, now: datetime) -> Erased:
    """Erase this person as of `now`, within the connection's transaction. Takes the shop-wide lock."""
    lock_shop(connection)
    told = connection.execute(select(event).where(_events(connection, subject))).all()
    orders = _orders(connection, subject, told)
    tombstones.put_up(connection, _marks(connection, subject, told, orders), now)
    ended = _end(connection, subject, now)
    refused = _refuse(connection, subject)
    gifts.release(connection, among(connection, gift.c.customer_id, subject.customers))
    keys = _keys(connection, subject)
    _anonymise_lines(connection, orders)
    _untie(connection, subject, orders)
    gifts.forget(connection, among(connection, gift.c.customer_id, subject.customers))
    _clear(connection, subject)
    count = _clear_waiting(connection, [row.id for row in told if row.seq is None])
    mine = among(connection, customer.c.id, subject.customers)
    connection.execute(update(customer).where(mine).values(erased_at=now))
    return Erased(len(subject.customers), len(told) + count, ended, refused, len(orders), keys)


# ── what it is that is erased ───────────────────────────────────────────────


def _events(connection: Connection, subject: Subject) -> Any:
    mine = among(connection, event.c.customer_id, subject.customers)
    return or_(mine, waiting(connection, subject))


def _orders(connection: Connection, subject: Subject, told: Iterable[Row[Any]]) -> list[str]:
    """The orders that are theirs, and of those that nobody has, the ones that their events name."""
    mine = select(order.c.order_id).where(among(connection, order.c.customer_id, subject.customers))
    named = {row.order_id for row in told if row.order_id is not None}
    others = select(order.c.order_id).where(
        among(connection, order.c.order_id, sorted(named)),
        ~among(connection, order.c.customer_id, subject.customers),
    )
    theirs = named - set(connection.execute(others).scalars())
    return sorted(theirs | set(connection.execute(mine).scalars()))


def _marks(
    connection: Connection, subject: Subject, told: Sequence[Row[Any]], orders: Iterable[str]
) -> Iterator[Mark]:
    """All by which they must never be taken in again."""
    yield from (Mark(kind, value) for kind, value in subject.ids)
    yield from (Mark("key", key) for key in _former_keys(connection, subject))
    yield from (Mark("order", name) for name in orders)
    yield from (Mark("event", of_event(row.source, row.message_id)) for row in told if row.name in ACTS)
    mine = among(connection, customer.c.id, subject.customers)
    columns = (customer.c.key, customer.c.email, customer.c.phone)
    for row in connection.execute(select(*columns).where(mine)):
        yield Mark("key", row.key)
        yield from _addresses(row.email, row.phone)
    for row in told:
        if row.type == "identify":
            yield from _addresses(row.properties.get("email"), row.properties.get("phone"))
    yield from (mark for _, value in subject.ids for mark in tombstones.addresses(value))


def _former_keys(connection: Connection, subject: Subject) -> set[str]:
    """Keys that messages hang on: nobody may be given one of them again."""
    merged = select(former.c.key).where(among(connection, former.c.key, sorted(keys_of(subject))))
    mine = among(connection, enrolment.c.customer_id, subject.customers)
    entered = select(enrolment.c.customer_key).where(mine).distinct()
    return {key for keys in (merged, entered) for key in connection.execute(keys).scalars()}


def _addresses(email: Any, phone: Any) -> Iterator[Mark]:
    if isinstance(email, str) and "@" in email:
        yield Mark("anonymous", by_email(email.strip()))
    if isinstance(phone, str | int) and (digits := by_phone(phone)):
        yield Mark("phone", digits)


def _keys(connection: Connection, subject: Subject) -> tuple[str, ...]:
    found: list[str] = []
    for table in (message, request):
        mine = among(connection, table.c.customer_id, subject.customers)
        found += connection.execute(select(table.c.key).where(mine)).scalars()
    return tuple(sorted(found))


# ── what is under way ───────────────────────────────────────────────────────


def _end(connection: Connection, subject: Subject, now: datetime) -> int:
    mine = among(connection, enrolment.c.customer_id, subject.customers)
    running = select(enrolment.c.id).where(mine, enrolment.c.ended_at.is_(None))
    ended = cohorts.erase(connection, now, list(connection.execute(running).scalars()))
    ending = and_(mine, enrolment.c.state == "ending")
    connection.execute(update(enrolment).where(ending).values(state="ended"))
    queued = and_(among(connection, entry.c.customer_id, subject.customers), entry.c.state == "queued")
    connection.execute(update(entry).where(queued).values(state="refused", reason="erased", judged_at=now))
    return ended


def _refuse(connection: Connection, subject: Subject) -> int:
    """What waits is refused; what is just being handed over may have left or not. How many there are."""
    mine = among(connection, message.c.customer_id, subject.customers)
    for states, becomes in ((("planned", "held"), "refused"), (("claimed",), "unknown")):
        these = and_(mine, message.c.state.in_(states))
        connection.execute(update(message).where(these).values(state=becomes, reason=REASON))
    rows = connection.execute(select(message.c.id, message.c.reason).where(mine)).all()
    bulk.update_rows(
        connection, message, "id", ["reason"], [(row.id, _QUOTED.sub("...", row.reason)) for row in rows]
    )
    return len(rows)


# ── what goes ───────────────────────────────────────────────────────────────


def _anonymise_lines(connection: Connection, orders: Sequence[str]) -> None:
    """What was bought together, on which day: the counts of what sells stay true."""
    rows = connection.execute(select(line).where(among(connection, line.c.order_id, orders))).all()
    connection.execute(delete(line).where(among(connection, line.c.order_id, orders)))
    numbers = {name: number for number, name in enumerate(sorted({row.order_id for row in rows}), 1)}
    names = list(line.c.keys())
    kept = []
    for row in rows:
        one = dict(row._mapping)
        one["order_id"] = f"erased:{row.customer_id}:{numbers[row.order_id]}"
        for name in ("ordered_at", "arrived_at"):
            one[name] = one[name].replace(hour=0, minute=0, second=0, microsecond=0)
        kept.append([one[name] for name in names])
    bulk.insert_rows(connection, line, names, kept)


def _untie(connection: Connection, subject: Subject, orders: Sequence[str]) -> None:
    """What is kept of others names neither their code, with which friends came, nor their orders."""
    codes = select(code.c.code).where(among(connection, code.c.customer_id, subject.customers))
    connection.execute(update(referral).where(referral.c.code.in_(codes)).values(code=""))
    used = among(connection, gift.c.order_id, orders)
    connection.execute(update(gift).where(used).values(order_id=None))


def _clear(connection: Connection, subject: Subject) -> None:
    """Every part as it is declared, the innermost first: the outer ones lead to them."""
    for part in sorted(PARTS, key=lambda part: not part.inside):
        where = rows_of(connection, part, subject)
        if part.table is event:
            where = among(connection, event.c.customer_id, subject.customers)  # those that wait: below
        if part.becomes is None:
            connection.execute(delete(part.table).where(where))
        elif part.becomes:
            connection.execute(update(part.table).where(where).values(part.becomes))
    # A shop's request names its customer by ids.
    for kind, column in (("user", request.c.user_id), ("anonymous", request.c.anonymous_id)):
        theirs = among(connection, column, sorted(value for one, value in subject.ids if one == kind))
        connection.execute(update(request).where(theirs).values({column.name: None}))
    keys = sorted(keys_of(subject))
    for row in connection.execute(select(former.c.key).where(among(connection, former.c.key, keys))).all():
        nameless = f"erased:{tombstones.told_apart(connection, row.key)}"
        connection.execute(update(former).where(former.c.key == row.key).values(key=nameless))


def _clear_waiting(connection: Connection, known: Sequence[int]) -> int:
    """Events that nobody has applied: theirs are emptied, and numbered as if they were; how many more."""
    acts = select(event.c.id).where(event.c.seq.is_(None), event.c.type == "track", event.c.name.in_(ACTS))
    list(_fates(connection, acts))  # who comes back by an act of their own is noted: it counts for all else
    mine = set(known)
    gone: list[int] = []
    strange: list[int] = []
    for number, fate in _fates(connection, select(event.c.id).where(event.c.seq.is_(None))):
        if fate == "goes" or number in mine:
            gone.append(number)
        elif fate == "without device":
            strange.append(number)
    connection.execute(update(event).where(among(connection, event.c.id, strange)).values(anonymous_id=None))
    connection.execute(delete(aside).where(among(connection, aside.c.event_id, gone)))
    first = next_seq(connection)
    becomes = next(part.becomes for part in PARTS if part.table is event)
    connection.execute(update(event).where(among(connection, event.c.id, gone)).values(becomes or {}))
    numbered = [(number, seq) for seq, number in enumerate(gone, first)]
    bulk.update_rows(connection, event, "id", ["seq"], numbered)
    return len(set(gone) - mine)


def _fates(connection: Connection, wanted: Any) -> Iterator[tuple[int, str]]:
    """What becomes of each of these events, by its id; a chunk of them in memory at a time."""
    ids = connection.execute(wanted.order_by(event.c.id)).scalars().all()
    for some in batches(ids, CHUNK):
        rows = connection.execute(select(event).where(among(connection, event.c.id, some))).all()
        told = tombstones.fates(connection, rows) or ["stays" for _ in rows]
        yield from ((row.id, fate) for row, fate in zip(rows, told, strict=True))
