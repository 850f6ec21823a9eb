"""The audits of `loop doctor`: a query for each promise that the record can show. One file each."""

from __future__ import annotations

from loyaltyloop.store.audits import ends, friends, points, vouchers
from loyaltyloop.store.audits.audit import Audit, Breach

__all__ = ["AUDITS", "Audit", "Breach"]

AUDITS: tuple[Audit, ...] = (
    *(ends.AUDIT, points.AUDIT, friends.AUDIT),
    *(vouchers.CODES, vouchers.SHOWN, vouchers.KEPT),
)
