"""The codes of a pool: imported ones are taken in the order of their file, others are made by a pattern.

Who takes codes holds the lock of the pool, within a transaction beside which nobody holds the shop-wide lock.
A code is given back by the one journey whose gift it was, or under the shop-wide lock: those two never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

from sqlalchemy import Connection, Table, and_, func, or_, select, update

from loyaltyloop.journey.codes import matched
from loyaltyloop.store.bulk import fill_temporary, insert_new, insert_rows
from loyaltyloop.store.database import SHOP_LOCK, is_postgres
from loyaltyloop.store.models import UsedCode, Voucher

used_code: Table = UsedCode.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
_MADE = ("pool", "code", "matched", "state", "made")


class Taken(NamedTuple):
    """A code, and until when it may be used by its file."""

    code: str
    ends_at: datetime | None = None


def lock_pool(connection: Connection, pool: str) -> None:
    """Let nobody else take codes of this pool until the commit. SQLite has only one writer anyway."""
    if is_postgres(connection):
        number = (SHOP_LOCK << 32) | crc32(f"vouchers of {pool}".encode())
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")


def take(connection: Connection, pool: str, takers: Sequence[int], now: datetime) -> dict[int, Taken]:
    """A code each for as many takers as there are codes, the first takers first. Takes the pool's lock."""
    if not takers:
        return {}
    lock_pool(connection, pool)
    usable = or_(voucher.c.ends_at.is_(None), voucher.c.ends_at > now)
    free = (
        select(voucher.c.id, func.row_number().over(order_by=voucher.c.id).label("place"))
        .where(voucher.c.pool == pool, voucher.c.state == "free", usable)
        .order_by(voucher.c.id)
        .limit(len(takers))
        .cte("free_code")
    )
    rows = connection.execute(
        update(voucher)
        .where(voucher.c.id.in_(select(free.c.id)))
        .values(state="taken")
        .returning(voucher.c.id, voucher.c.code, voucher.c.ends_at)
    ).all()
    in_order = sorted(tuple(row) for row in rows)
    return {who: Taken(code, ends_at) for who, (_, code, ends_at) in zip(takers, in_order, strict=False)}


def make(
    connection: Connection, pool: str, takers: Mapping[int, str], code_of: Callable[[str, int], str]
) -> dict[int, Taken]:
    """A code of their own for each taker (with the key that it is made from), none that is somebody's or
    that an order has named before.

    `code_of`: key and attempt → code. Takes a lock that all pools share, as no two may hold the same code.
    """
    lock_pool(connection, "")
    codes: dict[int, str] = {}
    used: set[str] = set()
    waiting = dict(takers)
    attempt = 0
    while waiting:
        made = {who: code_of(key, attempt) for who, key in waiting.items()}
        asked = {matched(code) for code in made.values()}
        used |= _known(connection, asked) | used_of(connection, asked)
        for who, code in made.items():
            if matched(code) not in used:
                used.add(matched(code))
                codes[who] = code
                del waiting[who]
        attempt += 1
    rows = [(pool, code, matched(code), "taken", True) for code in codes.values()]
    insert_rows(connection, voucher, _MADE, rows)
    return {who: Taken(code) for who, code in codes.items()}


def _known(connection: Connection, codes: Iterable[str]) -> set[str]:
    asked = fill_temporary(connection, "asked_code", {"matched": str}, {(code,) for code in codes})
    found = select(voucher.c.matched).join(asked, asked.c.matched == voucher.c.matched)
    return set(connection.execute(found).scalars())


def give_back(connection: Connection, codes: Iterable[str]) -> None:
    """These codes (as they are matched) nobody was shown: imported ones are free again, in their place."""
    back = fill_temporary(connection, "code_back", {"matched": str}, ((code,) for code in codes))
    mine = and_(voucher.c.matched.in_(select(back.c.matched)), voucher.c.state == "taken")
    connection.execute(update(voucher).where(mine, ~voucher.c.made).values(state="free"))
    connection.execute(update(voucher).where(mine, voucher.c.made).values(state="void"))


def note_used(connection: Connection, codes: Iterable[str]) -> None:
    """Orders named these codes (as they are matched), whether any pool has them yet or not."""
    insert_new(connection, used_code, ["mark"], ["mark"], [(_mark(code),) for code in sorted(codes)])


def used_of(connection: Connection, codes: Collection[str]) -> set[str]:
    """Which of these codes (as they are matched) some order has named."""
    code_of = {_mark(code): code for code in codes}
    asked = fill_temporary(connection, "asked_mark", {"mark": str}, ((mark,) for mark in code_of))
    found = select(used_code.c.mark).join(asked, asked.c.mark == used_code.c.mark)
    return {code_of[mark] for mark in connection.execute(found).scalars()}


def _mark(code: str) -> str:
    return sha256(code.encode()).hexdigest()
