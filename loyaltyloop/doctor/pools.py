"""Are there vouchers left?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from loyaltyloop.doctor.finding import Finding
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.vouchers.left import PoolReport, pools

ABOUT = "vouchers"


def look(connection: Connection, shop: Shop, now: datetime) -> Iterator[Finding]:
    """The pools of imported codes, as of now (UTC). Others are never empty."""
    for pool in pools(connection, shop, now):
        if pool.left is not None:
            yield _found(pool, pool.left)


def _found(pool: PoolReport, left: int) -> Finding:
    remedy = "`loop import` takes in more codes."
    if not left:
        return Finding(ABOUT, "wrong", f"the pool {pool.name} is empty", remedy)
    what = f"the pool {pool.name} has {counted(left, 'code')} left"
    return Finding(ABOUT, "note", what, remedy) if pool.is_low else Finding(ABOUT, "good", what)
