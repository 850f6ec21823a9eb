"""Values, names and times from small pools, so that what is compared is often equal or next to equal.

Hostile ones are among them: text beyond the basic plane, digits as text, numbers that are no doubles' own,
names that a path of JSON must quote, times on the edges of durations.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from loyaltyloop.journey.clock.times import Duration

ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
)
COMMON_NAMES = ("a", "b", "products", "product_id", "order_id")
NAMES = (*COMMON_NAMES * 4, "dot.ted", 'quo"ted', "back\\slash", "ü𝄞", "", "$")
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


# What values and conditions have in common, so that they often meet.
COMMON = ("a", "a", "ab", "b", 1, 1, 2, 1.5, True, False, "2024-03-30")


MONEY = (0, 1, 100, 150, 9999, 10**12 + 1)  # minor units


def choose(*kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of these, each as often as it stands here (`|` of them would count the parts of each)."""

    @st.composite
    def chosen(draw: st.DrawFn) -> Any:
        return draw(kinds[draw(st.integers(0, len(kinds) - 1))])

    return chosen()


@cache
def texts() -> st.SearchStrategy[str]:
    """Any text that a database takes."""
    return st.sampled_from(TEXTS) | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3)


@cache
def hostile() -> st.SearchStrategy[Any]:
    return texts() | st.booleans() | st.sampled_from(NUMBERS)


@cache
def scalars() -> st.SearchStrategy[Any]:
    """What a condition compares with: no floats."""
    found = common_or(hostile() | st.sampled_from(DECIMALS))
    return found.map(lambda value: Decimal(repr(value)) if isinstance(value, float) else value)


def common_or(rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what values and conditions have in common."""
    common = st.sampled_from(COMMON)
    return choose(common, common, rare)


@cache
def json_scalars() -> st.SearchStrategy[Any]:
    """Values inside JSON."""
    return common_or(hostile() | st.none())


@cache
def json_values() -> st.SearchStrategy[Any]:
    """Values of attributes and properties."""
    nested = st.lists(json_scalars() | lines(), max_size=3)
    return st.one_of(json_scalars(), json_scalars(), nested, lines(), st.just([[1], ["a"]]))


@cache
def lines() -> st.SearchStrategy[dict[str, Any]]:
    """Lines of an order, or any small object."""
    return st.dictionaries(st.sampled_from(NAMES), json_scalars(), max_size=3)


@cache
def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Properties, attributes: JSON objects."""
    common = st.fixed_dictionaries(
        {"a": json_values(), "b": st.lists(json_scalars() | lines(), max_size=3)},
        optional={
            "product_id": json_scalars(),
            "products": st.lists(lines(), max_size=2),
            "order_id": json_scalars(),
        },
    )
    plain = st.dictionaries(st.sampled_from(NAMES), json_values(), max_size=1)
    return st.builds(lambda one, other: {**one, **other}, plain, common)


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


@cache
def pasts(now: datetime) -> st.SearchStrategy[datetime]:
    """When a customer entered, or came to a step: mostly long before."""
    early = st.sampled_from([timedelta(days=60), timedelta(days=60), timedelta(days=3), timedelta(hours=2)])
    return early.map(lambda ago: now - ago) | instants(now)
