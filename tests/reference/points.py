"""A customer's points told simply: each point by itself, one doing after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loyaltyloop.journey.model.loyalty import Points


@dataclass(frozen=True)
class Doing:
    """order (pence), refund (pence; None: all), cancel, Earned, Redeemed, Expired, alias (of `order`)."""

    kind: str
    who: str
    at: datetime
    amount: int | None = None
    order: str = ""


def balance(doings: Sequence[Doing], rule: Points, zone: str, now: datetime) -> dict[str, int]:
    """Points by customer as of `now`; who has none is left out. Who was made one counts as the new id."""
    same = {one.order: one.who for one in doings if one.kind == "alias"}
    people = {same.get(one.who, one.who) for one in doings}
    mine = {who: [one for one in doings if same.get(one.who, one.who) == who] for who in people}
    found = {who: _of_one(own, rule, zone, now) for who, own in mine.items()}
    return {who: points for who, points in found.items() if points}


def _of_one(doings: Sequence[Doing], rule: Points, zone: str, now: datetime) -> int:
    timed: list[tuple[datetime, int, int]] = []  # when, lapse before earn before spend, how many
    for one in doings:
        if one.kind == "order":
            timed.append((one.at, 1, _paid(one, doings) // 100 * rule.earn))
        elif one.kind == "Earned":
            timed.append((one.at, 1, one.amount or 0))
        elif one.kind in ("Redeemed", "Expired"):
            spent_on = next(
                (order for order in doings if order.kind == "order" and order.order == one.order), None
            )
            given_back = spent_on is not None and _given_back(spent_on, doings)
            if not (one.kind == "Redeemed" and given_back):
                timed.append((one.at, 2, one.amount or 0))
    have: list[datetime] = []  # each point: when it lapses
    owed = 0
    for when, kind, many in sorted(timed):
        have = [lapses for lapses in have if lapses > when]
        for _ in range(many):
            if kind == 1 and owed:
                owed -= 1
            elif kind == 1:
                assert rule.expire_after is not None
                have.append(rule.expire_after.after(when, zone))
            elif have:
                have.remove(min(have))
            else:
                owed += 1
    return len([lapses for lapses in have if lapses > now]) - owed


def _paid(order: Doing, doings: Sequence[Doing]) -> int:
    total = order.amount or 0
    told = [one for one in doings if one.order == order.order]
    if any(one.kind == "cancel" for one in told):
        return 0
    refunds = [one.amount for one in told if one.kind == "refund"]
    return 0 if None in refunds else max(total - sum(amount or 0 for amount in refunds), 0)


def _given_back(order: Doing, doings: Sequence[Doing]) -> bool:
    told = [one for one in doings if one.order == order.order]
    if any(one.kind == "cancel" or (one.kind == "refund" and one.amount is None) for one in told):
        return True
    refunds = [one for one in told if one.kind == "refund"]
    return bool(refunds) and (order.amount or 0) > 0 and not _paid(order, doings)
