"""Who survives a merge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from loyaltyloop.store.people.customers import Person
from loyaltyloop.store.people.identity import Id, People, ids_of, survivor_of

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@dataclass
class Said:
    type: str = "track"
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None


def folk(*people: tuple[Id, Person]) -> People:
    return People(by_id=dict(people), by_key={person.key: person for _, person in people})


@pytest.mark.parametrize(
    ("one", "other", "survivor"),
    [
        (Person("b", known=True, first_seen_at=LATE), Person("a", first_seen_at=EARLY), "b"),
        (Person("b", known=True, first_seen_at=EARLY), Person("a", known=True, first_seen_at=LATE), "b"),
        (Person("b", known=True, first_seen_at=EARLY), Person("a", known=True, first_seen_at=EARLY), "a"),
        (Person("b", known=True, first_seen_at=EARLY), Person("a", known=True), "b"),
    ],
)
def test_known_then_seen_first_then_the_key(one: Person, other: Person, survivor: str) -> None:
    people = folk((("user", "u"), one), (("user", "d"), other))
    found = people.whose(Said("alias", user_id="u", previous_id="d"))
    assert found.key == survivor
    assert survivor_of(one if found is other else other) is found


def test_nobody_merges_with_an_erased_customer() -> None:
    erased, other = Person("b", known=True, erased=True), Person("a")
    people = folk((("user", "u"), erased), (("anonymous", "d"), other))
    people.whose(Said("alias", user_id="u", previous_id="d"))
    assert (survivor_of(erased), survivor_of(other)) == (erased, other)


def test_every_id_that_can_find_somebody() -> None:
    said = Said("alias", user_id="new", previous_id="old", anonymous_id="d")
    assert list(ids_of(said)) == [
        ("user", "new"),
        ("anonymous", "d"),
        ("user", "old"),
        ("anonymous", "old"),
    ]


def test_an_event_of_nobody_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="without any id"):
        People().whose(Said())
