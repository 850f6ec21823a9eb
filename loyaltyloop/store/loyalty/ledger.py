"""The ledger of points in the database: what each cause comes to is told anew, and differences are added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.journey.clock.times import to_instant
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.model.loyalty import Points
from loyaltyloop.journey.money import exponent
from loyaltyloop.store import bulk
from loyaltyloop.store.loyalty import points
from loyaltyloop.store.loyalty.points import Credit, Debit, Purse, Terms, purse, terms_of
from loyaltyloop.store.models import Customer, Event, Order, PointsEntry, Referral

customer: Table = Customer.__table__  # type: ignore[attr-defined]
entry: Table = PointsEntry.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
referral: Table = Referral.__table__  # type: ignore[attr-defined]
_COLUMNS = ["customer_id", "kind", "cause", "number", "points", "at", "recorded_at", "terms"]
_KINDS = {points.EARNED: "earn", points.REDEEMED: "spend", points.EXPIRED: "expire"}
_UNDONE = ("cancelled", "refunded")


@dataclass
class Account:
    """What is on record of one customer's points."""

    orders: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    friends: list[Any] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)

    @property
    def sums(self) -> dict[str, int]:
        """Cause → what it has come to so far."""
        found: dict[str, int] = defaultdict(int)
        for one in self.entries:
            found[one.cause] += one.points
        return found

    @property
    def terms(self) -> dict[str, Terms]:
        """Cause → the terms of its first entry: they stay, whatever shop.yaml says later."""
        first: dict[str, Terms] = {}
        for one in self.entries:
            if one.terms is not None:
                first.setdefault(one.cause, Terms.of(one.terms))
        return first


@dataclass(frozen=True)
class Target:
    """What a cause comes to; `kind` of its first entry."""

    points: int
    kind: str
    at: datetime
    terms: Terms | None = None


@dataclass(frozen=True)
class Rules:
    """What shop.yaml says, with the shop's currency and calendar."""

    shop: Shop
    terms: Terms
    since: datetime | None

    @classmethod
    def of(cls, shop: Shop, rule: Points) -> Rules:
        """The rules of a shop that has points."""
        since = None if rule.since is None else datetime.combine(rule.since, time())
        begins = None if since is None else to_instant(since, shop.timezone)
        return cls(shop, terms_of(rule, exponent(shop.currency)), begins)

    def credit(self, cause: str, at: datetime, amount: int, terms: Terms) -> Credit:
        """A lot of points under these terms."""
        lapses = None if terms.lasts is None else terms.lasts.after(at, self.shop.timezone)
        return Credit(cause, at, amount, lapses)


def refresh(
    connection: Connection, shop: Shop, now: datetime, looks: Mapping[int, datetime]
) -> dict[int, Purse]:
    """Bring the points of these customers up to date; what each has.

    `looks`: customer → as of when, which is never earlier than at the last look. `now` is put on record.
    """
    if shop.points is None:
        return {}
    rules = Rules.of(shop, shop.points)
    found: dict[int, Purse] = {}
    added: list[tuple[int, str, str, int, datetime, Terms | None]] = []
    balances: list[tuple[int, int]] = []
    for who, account in accounts(connection, looks).items():
        targets, found[who] = targets_of(account, rules, looks[who])
        new = list(_differences(account, targets, looks[who]))
        added += [(who, *one) for one in new]
        balances.append((who, sum(one.points for one in account.entries) + sum(one[2] for one in new)))
    _add(connection, added, now)
    bulk.update_rows(connection, customer, "id", ["points"], balances)
    return found


def accounts(connection: Connection, customers: Iterable[int]) -> dict[int, Account]:
    """What is on record of these customers."""
    ids = sorted(customers)
    wanted = bulk.fill_temporary(connection, "loyal", {"id": int}, ((who,) for who in ids))
    found = {who: Account() for who in ids}
    spoken = ("id", "customer_id", "name", "at", "properties", "order_id")
    of_events = (
        select(*(event.c[name] for name in spoken))
        .join(wanted, wanted.c.id == event.c.customer_id)
        .where(event.c.name.in_(points.EVENTS), event.c.seq.is_not(None))
    )
    of_orders = ("order_id", "customer_id", "status", "total", "refunded", "ordered_at")
    bought = select(*(order.c[name] for name in of_orders)).join(wanted, wanted.c.id == order.c.customer_id)
    brought = (
        select(referral.c.event_id, referral.c.referrer_id, referral.c.points, referral.c.converted_at)
        .join(wanted, wanted.c.id == referral.c.referrer_id)
        .where(referral.c.state == "converted")
    )
    kept = select(entry).join(wanted, wanted.c.id == entry.c.customer_id)
    for row in connection.execute(bought).all():
        found[row.customer_id].orders.append(row)
    for row in connection.execute(of_events).all():
        found[row.customer_id].events.append(row)
    for row in connection.execute(brought):
        found[row.referrer_id].friends.append(row)
    # Sorted here: SQLite would rather read the whole ledger in its order.
    for row in sorted(connection.execute(kept).all(), key=lambda row: int(row.id)):
        found[row.customer_id].entries.append(row)
    return found


def targets_of(account: Account, rules: Rules, now: datetime) -> tuple[dict[str, Target], Purse]:
    """What each cause comes to, those among them whose points have lapsed; and what is left."""
    targets = dict(_targets(account, rules))
    credits, debits = [], []
    for cause, one in targets.items():
        if one.points > 0:
            credits.append(rules.credit(cause, one.at, one.points, one.terms or Terms()))
        elif one.points < 0:
            debits.append(Debit(cause, one.at, -one.points))
    left = purse(credits, debits, now)
    for credit in credits:
        if (gone := left.lapsed.get(credit.cause)) and credit.lapses_at is not None:
            targets[f"lapse:{credit.cause}"] = Target(-gone, "expire", credit.lapses_at)
    return targets, left


def _targets(account: Account, rules: Rules) -> Iterator[tuple[str, Target]]:
    known = account.terms
    for one in account.orders:
        cause = f"order:{one.order_id}"
        if cause in known or rules.since is None or one.ordered_at >= rules.since:
            terms = known.get(cause, rules.terms)
            paid = 0 if one.status == "cancelled" or one.total is None else one.total - one.refunded
            yield cause, Target(terms.earned(paid), "earn", one.ordered_at, terms)
    undone = {one.order_id for one in account.orders if one.status in _UNDONE}
    for one in account.events:
        if said := points.told(one.name, one.properties or {}):
            cause = f"event:{one.id}"
            # What was spent on an order that is given back whole comes back, too.
            back = one.name == points.REDEEMED and one.order_id in undone
            yield cause, Target(0 if back else said, _KINDS[one.name], one.at, known.get(cause, rules.terms))
    for one in account.friends:
        cause = f"referral:{one.event_id}"
        yield cause, Target(one.points, "give", one.converted_at, known.get(cause, rules.terms))
    for one in account.entries:
        if one.cause.startswith("give:"):
            yield one.cause, Target(one.points, one.kind, one.at, known.get(one.cause, rules.terms))


def _differences(
    account: Account, targets: Mapping[str, Target], now: datetime
) -> Iterator[tuple[str, str, int, datetime, Terms | None]]:
    """What must be added so that every cause comes to its target: kind, cause, points, when, terms."""
    sums = account.sums
    for cause in sorted({*targets, *sums}):
        target = targets.get(cause)
        difference = (target.points if target else 0) - sums.get(cause, 0)
        if not difference:
            continue
        if target is not None and cause not in sums:
            yield target.kind, cause, difference, target.at, target.terms
        else:
            kind = "reverse" if difference < 0 or target is None else _again(target.kind)
            yield (
                ("expire" if cause.startswith("lapse:") and difference < 0 else kind),
                cause,
                difference,
                now,
                None,
            )


def _again(kind: str) -> str:
    """What a cause comes to moreover; what was taken comes back."""
    return kind if kind in ("earn", "give") else "reverse"


def _add(
    connection: Connection, new: list[tuple[int, str, str, int, datetime, Terms | None]], now: datetime
) -> None:
    if not new:
        return
    causes = sorted({cause for _, _, cause, _, _, _ in new})
    wanted = bulk.fill_temporary(connection, "points_cause", {"cause": str}, ((cause,) for cause in causes))
    there = select(func.count()).where(entry.c.cause == wanted.c.cause).scalar_subquery()
    numbers: dict[str, int] = dict(tuple(row) for row in connection.execute(select(wanted.c.cause, there)))
    rows = []
    # What somebody loses to another comes first, so that the numbers follow.
    for who, kind, cause, change, at, terms in sorted(new, key=lambda one: (one[2], one[3], one[0])):
        number = numbers.get(cause, 0)
        numbers[cause] = number + 1
        rows.append((who, kind, cause, number, change, at, now, None if terms is None else terms.document()))
    bulk.insert_rows(connection, entry, _COLUMNS, rows)


def follow_merges(connection: Connection, survivors: Iterable[int]) -> None:
    """The points of who turned out to be two: all that the ledger says of both."""
    wanted = bulk.fill_temporary(connection, "loyal", {"id": int}, ((who,) for who in sorted(set(survivors))))
    total = func.coalesce(func.sum(entry.c.points), 0)
    summed = (
        select(wanted.c.id, total)
        .outerjoin_from(wanted, entry, entry.c.customer_id == wanted.c.id)
        .group_by(wanted.c.id)
    )
    rows = [(who, int(points)) for who, points in connection.execute(summed)]
    bulk.update_rows(connection, customer, "id", ["points"], rows)
