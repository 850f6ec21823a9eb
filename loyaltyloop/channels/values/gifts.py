"""Gifts that messages show: the same in each of them, and committed by the first that leaves.

A message that names a gift which its customer was not given, or which has run out, does not leave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.values.context import Names, People
from loyaltyloop.channels.values.formats import money_of
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Give, Shop
from loyaltyloop.store.among import among
from loyaltyloop.store.bulk import fill_temporary
from loyaltyloop.store.vouchers.gifts import gift
from loyaltyloop.store.vouchers.stock import voucher

_READ = ("id", "enrolment_id", "step", "state", "value", "amount", "code", "expires_at")


@dataclass(frozen=True)
class Gone:
    """Stands among a message's names for a gift that it cannot show."""

    why: str


@dataclass
class Showing:
    """Gifts that messages are to show for the first time: message key → (gift, until when)."""

    reserved: dict[str, list[tuple[int, datetime | None]]] = field(default_factory=dict)

    def commit(self, connection: Connection, keys: Collection[str], now: datetime) -> None:
        """These messages leave: what they show is from now on somebody's."""
        rows = [(one, key, expires) for key in keys for one, expires in self.reserved.get(key, ())]
        if not rows:
            return
        types = {"id": int, "message_key": str, "expires_at": datetime}
        shown = fill_temporary(connection, "shown_gift", types, rows)
        mine = and_(gift.c.id == shown.c.id, gift.c.state == "reserved")
        words = {"message_key": shown.c.message_key, "expires_at": shown.c.expires_at}
        connection.execute(update(gift).where(mine).values(state="committed", committed_at=now, **words))


def add_gifts(
    connection: Connection,
    names: Mapping[str, Names],
    messages: Sequence[Any],
    gives: Mapping[str, Give],
    people: People,
    shop: Shop,
    now: datetime,
) -> Showing:
    """Put these steps' gifts (`code`, `value`, `expires`) into the messages' names, by key; or what is gone.

    Whoever never came to the step has no such name.
    """
    showing = Showing()
    if not gives:
        return showing
    found = _load(connection, [one.enrolment_id for one in messages], gives)
    for one in messages:
        own = names.get(one.key)
        if own is None:
            continue
        for step, give in gives.items():
            row = found.get((one.enrolment_id, step))
            if row is None:
                if step in own:  # it is kept that nothing was given
                    own[step] = Gone(f"nothing was given by {step}")
                continue
            locale = people.locale(people.rows[one.enrolment_id])
            expires = _expires(row, give, shop, one.zone, now)
            own[step] = _names(row, step, expires, shop, locale, now)
            if row.state == "reserved":
                showing.reserved.setdefault(one.key, []).append((row.id, expires))
    return showing


def check_gifts(names: Names) -> None:
    """CannotRender: one of the gifts that the message names is not there."""
    for value in names.values():
        if isinstance(value, Gone):
            raise CannotRender("gift", value.why)


def valid_of(give: Give, shop: Shop) -> Duration | None:
    """How long its code may be used from the hand-over on: as the step says, else as its pool does."""
    pool = next((one for one in shop.vouchers if one.name == give.voucher), None)
    return give.valid or (pool.valid if pool else None)


def _load(
    connection: Connection, enrolments: Sequence[int], steps: Iterable[str]
) -> dict[tuple[int, str], Any]:
    own = select(voucher.c.ends_at).where(voucher.c.matched == gift.c.matched).scalar_subquery()
    chosen = select(*(gift.c[name] for name in _READ), own.label("ends_at")).where(
        among(connection, gift.c.enrolment_id, enrolments), gift.c.step.in_(list(steps))
    )
    return {(row.enrolment_id, row.step): row for row in connection.execute(chosen)}


def _expires(row: Any, give: Give, shop: Shop, zone: str, now: datetime) -> datetime | None:
    """Until when: counted from this hand-over if it is the first, and never behind the code's own end."""
    if row.state != "reserved":
        return row.expires_at  # type: ignore[no-any-return]
    valid = valid_of(give, shop)
    ends = (valid.after(now, zone) if valid else None, row.ends_at)
    return min((end for end in ends if end is not None), default=None)


def _names(
    row: Any, step: str, expires: datetime | None, shop: Shop, locale: str | None, now: datetime
) -> Names | Gone:
    if row.state in ("released", "expired") or (expires is not None and expires <= now):
        return Gone(f"what {step} gave has run out" if row.state != "released" else f"{step} took it back")
    value = row.value if row.amount is None else money_of(row.amount, shop.currency, locale)
    return {"code": row.code, "value": value, "expires": expires}
