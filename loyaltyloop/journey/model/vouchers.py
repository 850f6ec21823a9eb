"""The vouchers of shop.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration


@dataclass(frozen=True)
class Pool:
    """Codes of one kind: from a file (`codes`, its path), or made by a `pattern`; exactly one of them.

    `value`: what a code is worth, in words; or `amount`, in major units of the shop's currency.
    `valid`: how long, where the `give` does not say. `low`: with fewer codes left the shop is told.
    """

    name: str
    value: str = ""
    amount: Decimal | None = None
    codes: str | None = None
    pattern: str | None = None
    valid: Duration | None = None
    low: int = 0
