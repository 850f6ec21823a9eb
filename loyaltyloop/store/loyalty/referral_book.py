"""Friends who were brought, in the database: what events tell of them, and what becomes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.loyalty.announce import News
from loyaltyloop.store.loyalty.codes import read_code
from loyaltyloop.store.loyalty.friends import Somebody
from loyaltyloop.store.loyalty.referrals import Bought, Brought, Facts, judged
from loyaltyloop.store.models import Customer, Event, Order, Referral, ReferralCode
from loyaltyloop.store.segment import PUBLIC

code: Table = ReferralCode.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
referral: Table = Referral.__table__  # type: ignore[attr-defined]

# Events by which a friend comes, where they bear a `referral_code`.
CLAIMS = ("Signed Up", "Account Created", "Order Completed")
CONVERTED, REVERSED = "Referral Converted", "Referral Reversed"
_BECOMES = ["referrer_id", "state", "reason", "order_id", "due_at", "converted_at", "points"]


def claimed(row: Any) -> str:
    """The code with which the customer of this event (a row of `event`) came; empty for most events.

    With the public key anybody may speak for anybody: there a device is believed for itself alone.
    """
    if row.name not in CLAIMS or (row.source == PUBLIC and row.user_id is not None):
        return ""
    return read_code(row.properties.get("referral_code"))


def note(connection: Connection, claims: Iterable[tuple[int, int, str, datetime]]) -> None:
    """Put claims (event, customer, code, when) on record; they are judged at the next look."""
    columns = ["event_id", "customer_id", "code", "at", "state", "reason", "points"]
    rows = [(*one, "claimed", "", 0) for one in claims]
    bulk.insert_new(connection, referral, ["event_id"], columns, rows)


@dataclass
class Judged:
    """What was decided: news for those who brought friends, and when to look at the friends again."""

    news: list[News] = field(default_factory=list)
    looks: dict[int, datetime] = field(default_factory=dict)
    referrers: set[int] = field(default_factory=set)


def refresh(connection: Connection, shop: Shop, looks: Mapping[int, datetime]) -> Judged:
    """Judge the friends among these customers anew. `looks`: customer → as of when."""
    rule, result = shop.referral, Judged()
    if rule is None:
        return result
    rows = _rows(connection, looks)
    if not rows:
        return result
    bought, people = _orders(connection, {row.customer_id for row in rows}), _people(connection, rows)
    counted: set[int] = set()
    changed = []
    for row in rows:
        now = looks[row.customer_id]
        friend, referrer = people[row.customer_id], people.get(row.owner)
        facts = Facts(friend, referrer, row.referrer_id is not None, bought.get(row.customer_id, ()))
        before = _brought(row)
        after = judged(before, facts, row.customer_id in counted, rule, shop.timezone, now)
        if after.counts:
            counted.add(row.customer_id)
        if after.due_at is not None:
            due = result.looks.get(row.customer_id)
            result.looks[row.customer_id] = min(after.due_at, due) if due else after.due_at
        if after != before or row.owner != row.referrer_id:
            changed.append((row.event_id, row.owner, *(getattr(after, name) for name in _BECOMES[1:])))
        told = after.state != before.state and after.state in ("converted", "reversed")
        if told and referrer is not None:  # who was erased is told nothing, and looked at no more
            result.referrers.add(row.owner)
            result.news.append(_news(row, after, now))
    bulk.update_rows(connection, referral, "event_id", _BECOMES, changed)
    return result


def _rows(connection: Connection, looks: Mapping[int, datetime]) -> list[Any]:
    """All that is open or may be reversed, of each friend those that count first, then by their time."""
    wanted = bulk.fill_temporary(connection, "loyal", {"id": int}, ((who,) for who in sorted(looks)))
    owner = func.coalesce(referral.c.referrer_id, code.c.customer_id).label("owner")
    claim = {"told_with": event.c.order_id, "told_by": event.c.source, "told_as": event.c.message_id}
    of_claim = (column.label(name) for name, column in claim.items())
    rows = connection.execute(
        select(referral, owner, customer.c.key.label("owner_key"), *of_claim)
        .join(wanted, wanted.c.id == referral.c.customer_id)
        .outerjoin(code, code.c.code == referral.c.code)
        .outerjoin(customer, customer.c.id == func.coalesce(referral.c.referrer_id, code.c.customer_id))
        .outerjoin(event, event.c.id == referral.c.event_id)
        .where(referral.c.state != "refused")
    )
    return sorted(rows, key=lambda row: (row.customer_id, row.state == "claimed", row.at, row.event_id))


def _brought(row: Any) -> Brought:
    told = row.told_with
    kept = (row.state, row.reason, row.order_id, row.due_at, row.converted_at, row.points)
    return Brought(row.event_id, row.at, *kept, told)


def _people(connection: Connection, rows: Iterable[Any]) -> dict[int | None, Somebody]:
    """Those concerned who are not erased."""
    ids = {who for row in rows for who in (row.customer_id, row.owner) if who is not None}
    wanted = bulk.fill_temporary(connection, "somebody", {"id": int}, ((who,) for who in sorted(ids)))
    columns = (customer.c.id, customer.c.email, customer.c.phone, customer.c.attributes)
    found = connection.execute(
        select(*columns).join(wanted, wanted.c.id == customer.c.id).where(customer.c.erased_at.is_(None))
    )
    people: dict[int | None, Somebody] = {}
    for row in found:
        address = (row.attributes or {}).get("address")
        people[row.id] = Somebody(
            row.id, row.email, row.phone, address if isinstance(address, dict) else None
        )
    return people


def _orders(connection: Connection, friends: Iterable[int]) -> dict[int, list[Bought]]:
    wanted = bulk.fill_temporary(connection, "friend", {"id": int}, ((who,) for who in sorted(friends)))
    delivered = (
        select(func.min(event.c.at, type_=event.c.at.type))
        .where(
            event.c.order_id == order.c.order_id, event.c.name == "Order Delivered", event.c.seq.is_not(None)
        )
        .scalar_subquery()
    )
    names = ("order_id", "status", "total", "refunded", "ordered_at")
    rows = connection.execute(
        select(order.c.customer_id, *(order.c[name] for name in names), delivered).join(
            wanted, wanted.c.id == order.c.customer_id
        )
    )
    found: dict[int, list[Bought]] = defaultdict(list)
    for who, *told in rows:
        found[who].append(Bought(*told))
    return found


def _news(row: Any, after: Brought, now: datetime) -> News:
    """For who brought the friend: nothing that tells who the friend is."""
    name = CONVERTED if after.state == "converted" else REVERSED
    told = {"referral_code": row.code, "points": after.points}
    cause = f"{row.told_by}\0{row.told_as}"  # several friends may count in one turn
    return News(row.owner, row.owner_key or "", name, told, now, cause)


def merge(connection: Connection, gone: Table) -> None:
    """Of who turned out to be somebody else (`gone`: id, survivor): both as friend and as who brought one."""
    for column in (referral.c.customer_id, referral.c.referrer_id, code.c.customer_id):
        table = column.table
        moved = select(gone.c.survivor).where(gone.c.id == column).scalar_subquery()
        theirs = column.in_(select(gone.c.id))
        connection.execute(update(table).where(theirs).values({column.name: moved}))
