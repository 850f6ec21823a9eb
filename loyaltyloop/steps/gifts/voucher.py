"""A voucher: a code of a pool, taken from its file's or made by its pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from loyaltyloop.journey.codes import make_code
from loyaltyloop.journey.model import Give, Pool
from loyaltyloop.journey.money import exponent
from loyaltyloop.steps.gifts.kind import Given, Kind, Winner
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.vouchers.stock import Taken, make, take


def grant(stand: Stand, give: Give, winners: Sequence[Winner]) -> Mapping[int, Given]:
    """A code for each, as long as there are any; it is the same at every repetition."""
    pool = next((one for one in stand.shop.vouchers if one.name == give.voucher), None)
    if pool is None:
        return {}
    codes = _codes(stand, pool, winners)
    amount = None if pool.amount is None else int(pool.amount.scaleb(exponent(stand.shop.currency)))
    return {
        who: Given(pool.name, pool.value, amount, taken.code, taken.ends_at, "reserved")
        for who, taken in codes.items()
    }


def _codes(stand: Stand, pool: Pool, winners: Sequence[Winner]) -> Mapping[int, Taken]:
    if pool.pattern is None:
        takers = [winner.enrolment_id for winner in winners]
        return take(stand.connection, pool.name, takers, stand.now)
    keys = {winner.enrolment_id: winner.key for winner in winners}
    return make(stand.connection, pool.name, keys, partial(_made, stand.secret, pool.name, pool.pattern))


def _made(secret: bytes, pool: str, pattern: str, key: str, attempt: int) -> str:
    return make_code(secret, pool, key, pattern, attempt)


def _nothing(give: Give) -> str:
    return f"the pool {give.voucher} is empty"


KIND = Kind(grant, _nothing)
