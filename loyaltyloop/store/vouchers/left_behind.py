"""Codes of a pool that another shop.yaml has no more, or makes: nobody is given them."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.vouchers.stock import voucher


def left_behind(connection: Connection, before: Shop, after: Shop) -> str:
    """What is said of them; empty where no free code is left behind."""
    kept = _imported(after)
    gone = [name for name in _imported(before) if name not in kept]
    free = select(voucher.c.pool, func.count()).where(voucher.c.pool.in_(gone), voucher.c.state == "free")
    rows = dict(connection.execute(free.group_by(voucher.c.pool)).tuples().all()) if gone else {}
    told = [f"{counted(rows[name], 'code', 'codes')} of {name}" for name in gone if name in rows]
    return f"{' and '.join(told)} left behind: imported codes are their pool's, by its name" if told else ""


def gone_pools(before: Shop, after: Shop) -> set[str]:
    """The names of pools that are there no more."""
    return {pool.name for pool in before.vouchers} - {pool.name for pool in after.vouchers}


def _imported(shop: Shop) -> list[str]:
    return [pool.name for pool in shop.vouchers if pool.pattern is None]
