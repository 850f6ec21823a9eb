"""The audits of `loop doctor`: a query for each promise that the record can show. One file each."""

from __future__ import annotations

from loyaltyloop.store.audits import (
    caps,
    copies,
    deliveries,
    ends,
    erased,
    friends,
    hand_overs,
    points,
    quiet,
    stuck,
    suppressed,
    vouchers,
    withdrawn,
)
from loyaltyloop.store.audits.audit import Audit, Breach

__all__ = ["AUDITS", "Audit", "Breach"]

AUDITS: tuple[Audit, ...] = (
    *(hand_overs.AUDIT, withdrawn.AUDIT, suppressed.AUDIT, quiet.AUDIT, erased.AUDIT, stuck.AUDIT),
    *(ends.AUDIT, points.AUDIT, friends.AUDIT),
    *(caps.AUDIT, copies.AUDIT),
    *(deliveries.LEFT, deliveries.UNTOLD),
    *(vouchers.CODES, vouchers.SHOWN, vouchers.KEPT),
)
