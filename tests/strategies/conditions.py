"""Conditions of every kind, and customers to ask them of: hostile values, and times on the edges.

Values and times come from small pools, so that what is compared is often equal or next to equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from loyaltyloop.journey.condition import (
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
    Segment,
    Test,
    Timed,
    Where,
)
from loyaltyloop.journey.times import Duration
from loyaltyloop.journey.view import Engagement, Enrolled, Event, Message, View

EVENTS = ("Order Completed", "Product Viewed", "Signed Up")
STEPS = ("hello", "ask", "later")
JOURNEYS = ("mine", "other")
KINDS = ("clicked", "opened", "replied", "received", "bounced")
ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
)
NAMES = (
    "a",
    "b",
    "total",
    "products",
    "product_id",
    "order_id",
    "dot.ted",
    'quo"ted',
    "back\\slash",
    "ü𝄞",
    "",
    "$",
)
# After the clocks of London, New York, Lord Howe and Casablanca have changed.
NOWS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2024-04-01T00:30",
        "2024-11-04T05:59",
        "2024-10-06T15:01",
        "2024-04-14T02:00",
        "2024-06-15T12:00",
    )
)

# ── values ──────────────────────────────────────────────────────────────────

TEXTS = (
    *(
        "",
        "a",
        "A",
        "ab",
        "b",
        "B",
        "ä",
        "a\u0308",
        "\uffff",
        "𝄞",
        "𝄞a",
        "1",
        "1.0",
        "true",
        "null",
        "%",
        "_",
        "{}",
        "[]",
    ),
    *(
        '"',
        "\\",
        "'",
        "GB",
        "gold",
        "2024-03-30",
        "2024-04-01T00:30:00Z",
        "2024-04-01T00:30:00+01:00",
        "2023-02-29",
    ),
    *("0999-01-01", "9999-12-31T23:59:59-23:59", " 2024-03-30", "\u0001", "\u2028"),
)
# What stays the same on its way through JSON: integers of 64 bits, else 15 significant digits.
NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    7,
    100,
    2**53,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    10**15 + 1,
    0.1,
    0.3,
    1.5,
    -2.5,
    99.99,
    1e20,
    1e-7,
)
DECIMALS = (
    *map(
        Decimal, ("0.1", "0.30000000000000004", "1.50", "1E+20", "99.99", "-2.5", "1e-7", "9007199254740993")
    ),
)
DATES = (date(2024, 3, 30), date(2024, 4, 1), date(1960, 2, 29), date(1, 1, 1))


@cache
def texts() -> st.SearchStrategy[str]:
    return st.sampled_from(TEXTS) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3)


@cache
def scalars() -> st.SearchStrategy[Any]:
    """What a condition compares with."""
    return (
        texts()
        | st.booleans()
        | st.sampled_from([n for n in NUMBERS if isinstance(n, int)])
        | st.sampled_from(DECIMALS)
    )


@cache
def json_scalars() -> st.SearchStrategy[Any]:
    return texts() | st.booleans() | st.none() | st.sampled_from(NUMBERS)


@cache
def json_values() -> st.SearchStrategy[Any]:
    nested = st.lists(json_scalars() | lines(), max_size=3)
    return json_scalars() | json_scalars() | nested | lines() | st.just([[1], ["a"]])


@cache
def lines() -> st.SearchStrategy[dict[str, Any]]:
    """Lines of an order, or any small object."""
    return st.dictionaries(st.sampled_from(NAMES), json_scalars(), max_size=3)


@cache
def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Properties, traits: JSON objects."""
    special = st.fixed_dictionaries(
        {},
        optional={
            "product_id": json_scalars(),
            "products": st.lists(lines(), max_size=2),
            "order_id": json_scalars(),
        },
    )
    plain = st.dictionaries(st.sampled_from(NAMES), json_values(), max_size=4)
    return st.builds(lambda one, other: {**one, **other}, plain, special)


# ── times ───────────────────────────────────────────────────────────────────

DURATIONS = tuple(
    map(Duration.of, ("2 days", "1 day", "1 month", "48 hours", "90 minutes", "1 week 3 hours"))
)


@cache
def durations() -> st.SearchStrategy[Duration]:
    return st.sampled_from(DURATIONS)


@cache
def instants(now: datetime) -> st.SearchStrategy[datetime]:
    """Around `now`, and around the limits of durations."""
    near = [
        timedelta(0),
        timedelta(microseconds=1),
        timedelta(microseconds=-1),
        timedelta(hours=1),
        timedelta(minutes=30),
    ]
    limits = st.builds(lambda d, zone: d.before(now, zone), durations(), st.sampled_from(ZONES))
    return st.builds(datetime.__add__, st.just(now) | limits, st.sampled_from(near))


# ── conditions ──────────────────────────────────────────────────────────────


@cache
def checks(now: datetime, deep: bool = True) -> st.SearchStrategy[Check]:
    ops = st.sampled_from(["is", "not", "over", "under", "at_least", "at_most", "contains"])
    agos = st.builds(Ago, durations(), st.sampled_from([-1, 1]))
    simple = (
        st.builds(Compare, ops, scalars())
        | st.builds(OneOf, st.lists(scalars(), max_size=3).map(tuple))
        | st.builds(Between, scalars(), scalars())
        | st.builds(
            Timed, st.sampled_from(["before", "after"]), agos | instants(now) | st.sampled_from(DATES)
        )
        | st.builds(Known, st.booleans())
    )
    if not deep:
        return simple
    inner = st.tuples(st.sampled_from(NAMES), tests(now, deep=False))
    return simple | st.builds(Has, scalars() | st.lists(inner, max_size=2).map(tuple).map(Where))


@cache
def tests(now: datetime, deep: bool = True) -> st.SearchStrategy[Test]:
    return st.lists(checks(now, deep), min_size=1, max_size=2).map(tuple)


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


FACTS = (
    "email",
    "country",
    "birthday",
    "created_at",
    "tags",
    "orders",
    "lifetime_value",
    "average_order",
    "last_order_at",
)
ORDER_FACTS = ("order_id", "products", "total", "currency", "main_category", "status", "a")


@cache
def states(now: datetime) -> st.SearchStrategy[Condition]:
    def about(subject: Any, names: tuple[str, ...]) -> st.SearchStrategy[Condition]:
        return st.builds(About, st.just(subject), fields(now, names, least=1))

    return (
        about("customer", FACTS)
        | about("customer", NAMES)
        | about("trigger", NAMES)
        | about("order", ORDER_FACTS)
        | about("scored", STEPS)
        | about("cart", ("value", "products"))
        | about("predicted", ("lapse",))
        | st.builds(Answered, st.sampled_from(STEPS), tests(now))
        | st.builds(Consents, st.sampled_from(["email", "sms"]), st.booleans())
        | st.builds(Reachable, st.sampled_from(["email", "sms", "push"]))
        | st.builds(Inside, st.sampled_from(JOURNEYS))
        | st.just(Redeemed("hello"))
    )


@cache
def conditions(now: datetime) -> st.SearchStrategy[Condition]:
    """Every kind of condition, nested."""
    leaves: st.SearchStrategy[Condition] = states(now) | deeds(now) | deeds(now) | engagements_asked()

    def wrap(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(parts, min_size=1, max_size=3).map(tuple)
        return (
            st.builds(AllOf, several)
            | st.builds(AnyOf, several)
            | st.builds(Not, parts)
            | st.builds(Segment, st.just("named"), parts)
        )

    return st.recursive(leaves, wrap, max_leaves=4)


# ── customers ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Asked:
    """A customer; `step` is where the enrolment stands."""

    view: View
    step: str = "hello"


@cache
def _facts(now: datetime) -> st.SearchStrategy[Mapping[str, Any]]:
    money = st.none() | st.sampled_from([0, 1, 10, 100, 150, 9999, -250, 10**12 + 1])
    return st.fixed_dictionaries(
        {
            "email": st.none() | texts(),
            "phone": st.none() | texts(),
            "country": st.none() | st.sampled_from(["GB", "gb", "DE", "\uffff"]),
            "birthday": st.none() | st.sampled_from(DATES),
            "created_at": st.none() | instants(now),
            "tags": st.lists(texts(), max_size=3),
            "orders": st.integers(0, 3),
            "lifetime_value": st.sampled_from([0, 1, 100, 150, 9999, 10**12 + 1]),
            "average_order": money,
            "last_order_at": st.none() | instants(now),
        }
    )


@cache
def _orders() -> st.SearchStrategy[Mapping[str, Any] | None]:
    return st.none() | st.fixed_dictionaries(
        {
            "order_id": st.just("o1"),
            "products": st.lists(lines(), max_size=2),
            "total": st.none() | st.sampled_from([0, 1, 100, 150, 9999]),
            "currency": st.none() | st.just("GBP"),
            "main_category": st.none() | texts(),
            "status": st.sampled_from(["open", "shipped"]),
        }
    )


@st.composite
def _enrolments(draw: st.DrawFn, now: datetime, events: tuple[Event, ...]) -> Enrolled:
    entered_by = draw(st.none() | st.sampled_from(events)) if events else None
    arrivals = draw(st.dictionaries(st.sampled_from(["ask", "later"]), instants(now), max_size=1))
    arrived_at = draw(instants(now))
    return Enrolled(
        id=1,
        entered_at=draw(instants(now)),
        trigger=entered_by.properties if entered_by else draw(documents()),
        trigger_event_id=entered_by.id if entered_by else None,
        order=draw(_orders()),
        arrived_at=arrived_at,
        arrivals={**arrivals, "hello": arrived_at},
        kept=draw(
            st.dictionaries(st.sampled_from(STEPS), json_values().filter(lambda v: v is not None), max_size=2)
        ),
    )


@st.composite
def _messages(draw: st.DrawFn, now: datetime) -> tuple[tuple[Message, ...], tuple[Engagement, ...]]:
    """One message a step, of this enrolment (1) and of another (2), and responses to them."""
    messages, engagements = [], []
    maybe = st.none() | instants(now)
    for number, journey in enumerate(JOURNEYS, start=1):
        for step in draw(st.lists(st.sampled_from(STEPS), unique=True, max_size=2)):
            state = draw(st.sampled_from(["planned", "handed_over", "delivered", "unknown", "bounced"]))
            messages.append(Message(number, journey, step, state, draw(maybe), draw(maybe)))
            for kind in draw(st.lists(st.sampled_from(KINDS), max_size=2)):
                at, machine = draw(instants(now)), draw(st.booleans())
                engagements.append(Engagement(number, journey, step, kind, at, draw(instants(now)), machine))
    return tuple(messages), tuple(engagements)


@st.composite
def _events(draw: st.DrawFn, now: datetime) -> tuple[Event, ...]:
    found = draw(
        st.lists(st.tuples(st.sampled_from(EVENTS), instants(now), instants(now), documents()), max_size=4)
    )
    return tuple(Event(number, *each) for number, each in enumerate(found, start=1))


@st.composite
def views(draw: st.DrawFn, now: datetime, exponent: int = 2) -> View:
    """A customer as of `now`, inside the journey `mine`; ids are counted from 1."""
    events = draw(_events(now))
    messages, engagements = draw(_messages(now))
    return View(
        now=now,
        zone=draw(st.sampled_from(ZONES)),
        customer=draw(_facts(now)),
        attributes=draw(documents()),
        events=events,
        consents=draw(st.dictionaries(st.sampled_from(["email", "sms"]), st.booleans())),
        engagements=engagements,
        messages=messages,
        inside=frozenset(draw(st.sets(st.sampled_from(JOURNEYS)))),
        enrolment=draw(_enrolments(now, events)),
        exponent=exponent,
    )
