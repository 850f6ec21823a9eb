"""Who is who, and what is known of them: events applied one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.reference.graves import Graves
from tests.reference.state import Happening, Person

Merged = Callable[[Person, Person], None]
# Traits of Segment's `identify` whose names here are others.
NAMES = {"firstName": "first_name", "lastName": "last_name"}


class People:
    """Every customer by id. `merged` is told (who stays, who is joined to them)."""

    def __init__(self, merged: Merged, graves: Graves | None = None) -> None:
        self._known: dict[str, Person] = {}
        self._merged = merged
        self._graves = graves or Graves()
        self._created = 0

    def known_by(self, name: str) -> Person:
        """Who has this id now. KeyError for nobody."""
        return self._known[name]

    def knows(self, name: str) -> bool:
        """Is somebody known by this id?"""
        return name in self._known

    def ids_of(self, person: Person) -> list[str]:
        """Every id of theirs."""
        return [name for name, known in self._known.items() if known is person]

    def forget(self, person: Person) -> None:
        """They are no longer there."""
        self._known = {name: known for name, known in self._known.items() if known is not person}
        person.events = []

    def __iter__(self) -> Any:
        unique = {person.number: person for person in self._known.values()}
        return iter([unique[number] for number in sorted(unique)])

    def owner(self, event: Happening) -> Person:
        """Whose event it is now, after all that were joined."""
        return self._known[_ids(event)[0]]

    def apply(self, event: Happening) -> Person:
        """Find or create the customer, join ids that belong together, take over what the event says."""
        person = self._who(event)
        person.events.append(event)
        person.first_seen_at = min(person.first_seen_at, event.at)
        if event.device is not None:
            person.assign("device", event.device, event.at)
        match event.type, event.name:
            case "identify", _:
                _take_traits(person, event.properties, event.at)
            case "track", "Consent Granted":
                _take_consent(person, event, given=True)
            case "track", "Consent Withdrawn":
                _take_consent(person, event, given=False)
            case "track", "Preference Updated":
                _take_rhythm(person, event)
            case "track", "Unsubscribed" | "Email Marked as Spam":
                person.answer("email", "marketing", False, _answered_at(event))
        return person

    def _who(self, event: Happening) -> Person:
        ids = _ids(event)
        known = {id(self._known[each]): self._known[each] for each in ids if each in self._known}
        persons = sorted(known.values(), key=_seniority)
        person = persons[0] if persons else self._create(ids[0], event)
        for other in persons[1:]:
            self._join(person, other)
        for each in ids:
            self._known[each] = person
        person.known |= event.user_id is not None
        return person

    def _create(self, key: str, event: Happening) -> Person:
        self._created += 1
        kind = "anonymous" if event.user_id is None else "user"
        while key in self._graves.keys:  # nobody is given a key again
            key = f"{kind}:{key}"
        return Person(key, self._created, event.at)

    def _join(self, person: Person, other: Person) -> None:
        """The senior customer stays and takes over what is known of the other."""
        for name, (at, value) in other.attributes.items():
            person.assign(name, value, at)
        for (channel, purpose), (at, given) in other.consents.items():
            person.answer(channel, purpose, given, at)
        person.events += other.events
        person.first_seen_at = min(person.first_seen_at, other.first_seen_at)
        self._known = {each: person if known is other else known for each, known in self._known.items()}
        self._merged(person, other)


def _seniority(person: Person) -> tuple[bool, datetime, str]:
    """Of two who are one: the known before the anonymous, then who was seen first."""
    return (not person.known, person.first_seen_at, person.key)


def _ids(event: Happening) -> list[str]:
    """The ids of an event, that of the known customer first (the histories use no id for two things)."""
    found = [event.user_id, event.anonymous_id, event.previous_id if event.type == "alias" else None]
    return [each for each in found if each]


def _take_traits(person: Person, traits: Mapping[str, Any], at: datetime) -> None:
    for name, value in traits.items():
        if name != "address" and (name != "email" or "@" in value):  # what cannot be read changes nothing
            person.assign(NAMES.get(name, name), value, at)
    if "country" in traits.get("address", {}):
        person.assign("country", traits["address"]["country"], at)


def _take_consent(person: Person, event: Happening, given: bool) -> None:
    channel = event.properties["channel"]
    person.answer(channel, event.properties.get("purpose", "marketing"), given, _answered_at(event))


def _take_rhythm(person: Person, event: Happening) -> None:
    for name in ("often", "paused_until"):
        person.assign(name, event.properties[name], event.at)


def _answered_at(event: Happening) -> datetime:
    """Nobody answers later than the answer has arrived, whatever the clock says that told its time."""
    return min(event.at, event.arrived_at)
