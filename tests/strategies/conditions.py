"""Conditions of every kind, nested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    AllOf,
    Answered,
    AnyOf,
    Between,
    Check,
    Compare,
    Condition,
    Consents,
    Did,
    Engaged,
    Has,
    Inside,
    Known,
    Not,
    OneOf,
    Reachable,
    Redeemed,
    Scalar,
    Segment,
    Test,
    Timed,
    Where,
)
from tests.strategies.values import DATES, NAMES, choose, durations, instants, scalars

EVENTS = ("Order Completed", "Product Viewed", "Signed Up")
STEPS = ("hello", "hello", "ask", "later")
JOURNEYS = ("mine", "other")
KINDS = ("clicked", "clicked", "clicked", "received", "received", "opened", "replied", "bounced")


RANGES: tuple[tuple[Scalar, Scalar], ...] = (
    (0, 2),
    (1, Decimal("1.5")),
    ("a", "b"),
    ("", "\uffff"),
    ("a", 2),
    (2, 1),
)


@cache
def checks(now: datetime, deep: bool = True) -> st.SearchStrategy[Check]:
    """Every check; `deep`: `has` with fields of elements, too."""
    ops = st.sampled_from(["is", "not", "over", "under", "at_least", "at_most", "contains"])
    agos = st.builds(Ago, durations(), st.sampled_from([-1, 1]))
    kinds: list[st.SearchStrategy[Check]] = [
        st.builds(Compare, ops, scalars()),
        st.builds(OneOf, st.sampled_from([0, 2, 4]).flatmap(lambda n: st.tuples(*[scalars()] * n))),
        st.sampled_from(RANGES).map(lambda ends: Between(*ends)),
        st.builds(Between, scalars(), scalars()),
        st.builds(Timed, st.sampled_from(["before", "after"]), agos | instants(now) | st.sampled_from(DATES)),
        st.builds(Known, st.booleans()),
        st.builds(Has, scalars()),
    ]
    if deep:
        inner = st.tuples(st.sampled_from(NAMES), tests(now, deep=False))
        kinds += [st.builds(Has, st.lists(inner, max_size=2).map(tuple).map(Where))]
    return choose(*kinds)


@cache
def tests(now: datetime, deep: bool = True) -> st.SearchStrategy[Test]:
    """One check mostly, or two."""
    one = checks(now, deep)
    return choose(st.tuples(one), st.tuples(one), st.tuples(one, one))


@cache
def fields(now: datetime, names: tuple[str, ...], least: int = 0) -> st.SearchStrategy[Where]:
    pair = st.tuples(st.sampled_from(names), tests(now))
    return st.lists(pair, min_size=least, max_size=2).map(tuple).map(Where)


@cache
def counts() -> st.SearchStrategy[Test]:
    """`times`: mostly at least one."""
    ops = st.sampled_from(["is", "not", "over", "under", "at_least", "at_most"])
    numbers = st.integers(0, 3) | st.just(Decimal("1.5"))
    checks: st.SearchStrategy[Check] = st.builds(Compare, ops, numbers)
    often: st.SearchStrategy[Check] = st.sampled_from(
        [Compare("at_least", 1), Compare("at_least", 2), Between(1, 2), OneOf((1, 3))]
    )
    return st.tuples(often | checks)


@cache
def deeds(now: datetime) -> st.SearchStrategy[Did]:
    return st.builds(
        Did,
        st.lists(st.sampled_from(EVENTS), min_size=1, max_size=2, unique=True).map(tuple),
        st.none() | durations(),
        st.none() | st.sampled_from(["entered", "step", "ever", *STEPS]),
        counts(),
        st.just(Where()) | fields(now, NAMES),
        st.none() | st.sampled_from(["order_id", "product_id", "a"]),
    )


@cache
def engagements_asked() -> st.SearchStrategy[Engaged]:
    within = st.none() | durations()
    own = st.builds(Engaged, st.sampled_from(KINDS), st.sampled_from(STEPS), st.none(), within)
    steps = st.none() | st.sampled_from(STEPS)
    return own | st.builds(Engaged, st.sampled_from(KINDS), steps, st.sampled_from(JOURNEYS), within)


AMOUNTS = (0, 1, Decimal("1.5"), Decimal("0.15"), Decimal("99.99"), Decimal("1.505"), 100, 9999)
# Facts, with values that their columns hold.
FITTING: Mapping[str, Sequence[Scalar]] = {
    "email": ("a", "ab", "\uffff"),
    "country": ("GB", "gb", "DE"),
    "birthday": ("2024-03-30", "2024-04-01", "1960"),
    "tags": ("a", "ab", 1),
    "orders": (0, 1, 2, Decimal("1.5")),
    "lifetime_value": AMOUNTS,
    "average_order": AMOUNTS,
    "created_at": ("2024-03-30", 1),
    "last_order_at": ("2024-03-30", 1),
    "order_id": ("o1", "o2", "1"),
    "products": ("a", 1),
    "total": AMOUNTS,
    "currency": ("GBP", "EUR"),
    "main_category": ("a", "ab"),
    "status": ("open", "shipped"),
    "a": ("a",),
    "value": AMOUNTS,
    "quantity": (0, 1, 2, Decimal("1.5")),
    "lines": (1, 2),
    "url": ("a", "ab"),
    "began_at": ("2024-03-30", 1),
    "updated_at": ("2024-03-30", 1),
}
ORDER_FACTS = ("order_id", "products", "total", "currency", "main_category", "status", "a")
CART_FACTS = ("products", "value", "quantity", "lines", "currency", "url", "began_at", "updated_at", "a")
CUSTOMER_FACTS = tuple(name for name in FITTING if name not in ORDER_FACTS + CART_FACTS)


@cache
def facts_asked(now: datetime, names: tuple[str, ...]) -> st.SearchStrategy[Where]:
    """Facts, mostly compared with what they may well be."""
    ops = st.sampled_from(["is", "not", "over", "under", "at_least", "at_most", "contains"])
    ends = st.sampled_from(["before", "after"])

    def fitting(name: str) -> st.SearchStrategy[Check]:
        values = st.sampled_from(FITTING[name])
        return choose(
            st.builds(Compare, ops, values),
            st.builds(Compare, ops, values),
            st.builds(Timed, ends, st.builds(Ago, durations(), st.just(-1)) | st.sampled_from(DATES)),
            st.builds(Between, values, values),
            st.builds(Has, values),
            checks(now),
        )

    pair = st.sampled_from(names).flatmap(lambda name: st.tuples(st.just(name), st.tuples(fitting(name))))
    return st.lists(pair, min_size=1, max_size=2).map(tuple).map(Where)


@cache
def states(now: datetime) -> st.SearchStrategy[Condition]:
    """Conditions that no event satisfies."""

    def about(subject: Any, fields: st.SearchStrategy[Where]) -> st.SearchStrategy[Condition]:
        return st.builds(About, st.just(subject), fields)

    def named(*names: str) -> st.SearchStrategy[Where]:
        return fields(now, names, least=1)

    kinds: list[st.SearchStrategy[Condition]] = [
        about("customer", facts_asked(now, CUSTOMER_FACTS)),
        about("customer", facts_asked(now, CUSTOMER_FACTS)),
        about("customer", named(*NAMES)),
        about("customer", named(*NAMES)),
        about("trigger", named(*NAMES)),
        about("trigger", named(*NAMES)),
        about("order", facts_asked(now, ORDER_FACTS)),
        about("order", facts_asked(now, ORDER_FACTS)),
        about("scored", named(*STEPS)),
        st.builds(Answered, st.sampled_from(STEPS), tests(now)),
        st.builds(Consents, st.sampled_from(["email", "sms"]), st.booleans()),
        st.builds(Reachable, st.sampled_from(["email", "sms", "push"])),
        st.builds(Inside, st.sampled_from(JOURNEYS)),
        about("cart", facts_asked(now, CART_FACTS)),
        about("predicted", named("lapse", "value")) | st.builds(Redeemed, st.sampled_from(STEPS)),
    ]
    return choose(*kinds)


@cache
def conditions(now: datetime) -> st.SearchStrategy[Condition]:
    """Every kind of condition, nested."""
    kinds: list[st.SearchStrategy[Condition]] = [states(now), states(now), deeds(now), engagements_asked()]
    leaves = choose(*kinds)

    def wrap(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(parts, min_size=1, max_size=3).map(tuple)
        return (
            st.builds(AllOf, several)
            | st.builds(AnyOf, several)
            | st.builds(Not, parts)
            | st.builds(Segment, st.just("named"), parts)
        )

    return st.recursive(leaves, wrap, max_leaves=4)
