"""What is left in each pool, and what became of what was given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from loyaltyloop.journey.model import Pool, Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.vouchers.gifts import gift
from loyaltyloop.store.vouchers.stock import voucher


@dataclass(frozen=True)
class PoolReport:
    """One pool: `left` codes may still be given (None: any number, they are made).

    `run_out`: imported codes that nobody got before their own end. `gifts`: by state.
    """

    name: str
    value: str
    left: int | None
    low: int
    run_out: int = 0
    gifts: dict[str, int] = field(default_factory=dict)

    @property
    def is_low(self) -> bool:
        """Is it time for more codes?"""
        return self.left is not None and self.left < self.low

    @property
    def alert(self) -> str:
        """What the shop is told of a pool that is low; else empty."""
        if self.left is None or not self.is_low:
            return ""
        left = counted(self.left, "code is", "codes are") if self.left else "no code is"
        return f"vouchers {self.name}: {left} left; take in more with `loop import`"


def pools(connection: Connection, shop: Shop, now: datetime) -> list[PoolReport]:
    """All pools of shop.yaml, in its order."""
    usable = or_(voucher.c.ends_at.is_(None), voucher.c.ends_at > now)
    free = voucher.c.state == "free"
    left = _by_pool(connection, free, usable)
    over = _by_pool(connection, free, ~usable)
    given: dict[str, dict[str, int]] = {}
    counts = select(gift.c.what, gift.c.state, func.count()).where(gift.c.kind == "voucher")
    for what, state, number in connection.execute(counts.group_by(gift.c.what, gift.c.state)):
        given.setdefault(what, {})[state] = number
    return [
        PoolReport(
            pool.name,
            _worth(pool, shop),
            None if pool.pattern else left.get(pool.name, 0),
            pool.low,
            over.get(pool.name, 0),
            dict(sorted(given.get(pool.name, {}).items())),
        )
        for pool in shop.vouchers
    ]


def alerts(connection: Connection, shop: Shop, now: datetime, named: Collection[str]) -> list[str]:
    """What the shop is told of these pools, as long as they are low.

    Each turn asks: no more codes of a pool are counted than make it low, and of what was given nothing is.
    """
    found = []
    for pool in shop.vouchers:
        if pool.name in named and pool.pattern is None:
            some = select(voucher.c.id).where(voucher.c.pool == pool.name, *_usable(now)).limit(pool.low)
            left = connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()
            found.append(PoolReport(pool.name, _worth(pool, shop), left, pool.low))
    return [one.alert for one in found if one.is_low]


def _usable(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return voucher.c.state == "free", or_(voucher.c.ends_at.is_(None), voucher.c.ends_at > now)


def _by_pool(connection: Connection, *where: ColumnElement[bool]) -> dict[str, int]:
    counts = select(voucher.c.pool, func.count().label("codes")).where(*where).group_by(voucher.c.pool)
    return {row.pool: row.codes for row in connection.execute(counts)}


def _worth(pool: Pool, shop: Shop) -> str:
    return pool.value or f"{pool.amount} {shop.currency}"
