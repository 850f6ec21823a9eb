"""What is known of a customer: the latest by event time, whatever came first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from loyaltyloop.store.people.customers import Person, preferences, stamp_of, yearly

NINE = datetime(2026, 5, 1, 9, tzinfo=UTC)
TODAY = date(2026, 5, 1)


def learned(*told: tuple[int, dict[str, Any]]) -> Person:
    """A customer after traits, each so many hours after nine."""
    person = Person(key="ada", columns={"tags": []})
    for hour, traits in told:
        person.learn(traits, NINE + timedelta(hours=hour), TODAY)
    return person


def picture(person: Person) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    return {name: value for name, value in person.columns.items() if value}, person.attributes, person.stamps


def test_any_order_and_any_merge_ends_the_same() -> None:
    told: list[tuple[int, dict[str, Any]]] = [
        (0, {"city": "Paris", "plan": "a", "tags": ["x"]}),
        (1, {"city": "Rome", "plan": None}),
        (1, {"city": "Oslo", "plan": "b", "tags": []}),
        (2, {"tags": ["y", "x", "y"], "size": 38}),
    ]
    found = [picture(learned(*order)) for order in permutations(told)]
    for order in permutations(told):
        one, other = learned(*order[:2]), learned(*order[2:])
        one.absorb(other)
        found.append(picture(one))
    assert all(one == found[0] for one in found)
    assert found[0][0] == {"city": "Rome", "tags": ["x", "y"]}
    assert found[0][1] == {"plan": "b", "size": 38}


@pytest.mark.parametrize(
    ("traits", "columns"),
    [
        ({"firstName": " Ada "}, {"first_name": "Ada"}),
        ({"firstName": "A", "first_name": "Ada"}, {"first_name": "Ada"}),
        ({"email": "ada@example.com"}, {"email": "ada@example.com"}),
        ({"email": "nobody"}, {}),
        ({"email": "a@" + "b" * 260}, {}),
        ({"phone": 4420}, {"phone": "4420"}),
        ({"phone": True, "city": ["Paris"], "locale": ""}, {}),
        ({"city": "x" * 1001}, {}),
        ({"address": {"city": "Rome", "country": "it"}}, {"city": "Rome", "country": "IT"}),
        ({"country": "UK"}, {}),
        ({"timezone": "Europe/Rome"}, {"timezone": "Europe/Rome"}),
        ({"timezone": "+01:00"}, {}),
        ({"birthday": "1990-02-28T23:00:00Z"}, {"birthday": date(1990, 2, 28)}),
        ({"birthday": "1990-02-30"}, {}),
        ({"birthday": "2026-05-02"}, {}),
        ({"birthday": "1905-01-01"}, {}),
        ({"createdAt": "2020-01-02"}, {"created_at": datetime(2020, 1, 2, tzinfo=UTC)}),
        ({"createdAt": "1970-01-01"}, {}),
        ({"orders": 9, "lifetime_value": 9, "points": 9, "tier": "gold"}, {}),
    ],
)
def test_the_columns_of_a_customer(traits: dict[str, Any], columns: dict[str, Any]) -> None:
    person = learned((0, traits))
    assert {name: value for name, value in person.columns.items() if value} == columns
    assert set(person.attributes) <= {"address"}


def test_what_cannot_be_read_changes_nothing_but_null_does() -> None:
    assert learned((0, {"country": "GB"}), (1, {"country": "Narnia"})).columns["country"] == "GB"
    assert learned((0, {"country": "GB"}), (1, {"country": None})).columns["country"] is None
    assert learned((1, {"country": None}), (0, {"country": "GB"})).columns.get("country") is None


def test_the_dates_of_a_customer() -> None:
    person = learned(
        (0, {"birthday": "2000-02-29", "createdAt": "2020-01-01T23:30:00Z", "timezone": "Asia/Tokyo"}),
        (0, {"wedding": "2015-06-20", "moved": "1900-01-01", "note": "2015-06-20 or so", "n": 20150620}),
    )
    assert list(person.dates("Europe/London")) == [
        ("birthday", date(2000, 2, 29)),
        ("created_at", date(2020, 1, 2)),
        ("wedding", date(2015, 6, 20)),
    ]


def test_a_yearly_date_is_a_whole_date() -> None:
    assert yearly("2015-06-20") == date(2015, 6, 20)
    for value in ("2015-W25-6", "2015-06-2x", "0800-01-01", "1970-01-01", 20150620, None):
        assert yearly(value) is None


def test_stamps_sort_as_texts() -> None:
    moments = [NINE, NINE + timedelta(microseconds=1), NINE + timedelta(hours=1)]
    assert sorted(map(stamp_of, moments)) == [stamp_of(moment) for moment in moments]


LATER = NINE + timedelta(days=30)
PAUSED: dict[str, Any] = {"often": "pause", "paused_until": LATER.isoformat()}


def test_wishes_in_any_order_and_any_merge_end_the_same() -> None:
    told: list[tuple[int, dict[str, Any]]] = [
        (0, {"often": "less", "paused_until": None, "topics_off": ["news"]}),
        (1, PAUSED),
        (1, {"often": "normal"}),
        (2, {"topics_off": []}),
    ]

    def after(*some: tuple[int, dict[str, Any]]) -> Person:
        person = Person(key="ada", columns={"tags": []})
        for hour, said in some:
            person.prefer(said, NINE + timedelta(hours=hour))
        return person

    for order in permutations(told):
        one, other = after(*order[:2]), after(*order[2:])
        one.absorb(other)
        for found in (after(*order), one):
            assert (found.columns["often"], found.columns["paused_until"]) == ("pause", LATER)
            assert found.attributes == {"topics_off": []}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"often": "less"}, {"often": "less", "paused_until": None}),
        (PAUSED, {"often": "pause", "paused_until": LATER}),
        ({"often": "pause"}, {}),
        ({"often": "pause", "paused_until": "soon"}, {}),
        ({"often": "pause", "paused_until": "9999-12-31T00:00:00Z"}, {}),
        ({"often": "less", "paused_until": LATER.isoformat()}, {}),
        ({"often": None}, {}),
        ({"often": ["less"]}, {}),
        ({"paused_until": LATER.isoformat()}, {}),
        ({"topics_off": ["b", "a", "b", 7, None]}, {"topics_off": ["a", "b"]}),
        ({"topics_off": "news"}, {}),
        ({"email": "other@example.com"}, {}),
    ],
)
def test_what_can_be_read_of_wishes(said: dict[str, Any], read: dict[str, Any]) -> None:
    assert preferences(said) == read


def test_a_trait_sets_no_wish() -> None:
    """How often somebody wants to hear is said by their own choice, or by a journey's `set`."""
    found = learned((0, {"often": "less", "paused_until": LATER.isoformat()}))
    assert (found.columns, found.attributes) == ({"tags": []}, {})
