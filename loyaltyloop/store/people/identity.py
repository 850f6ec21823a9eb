"""Whose an event is: ids find customers, make them, and tell when two of them are one.

In memory, over the customers that a chunk of events can concern; `people.py` reads and writes the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from loyaltyloop.store.people.customers import Person

Kind = Literal["user", "anonymous"]
Id = tuple[Kind, str]
_NEVER = datetime.max.replace(tzinfo=UTC)


class Identified(Protocol):
    """What of an event tells whose it is."""

    @property
    def type(self) -> str: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def anonymous_id(self) -> str | None: ...
    @property
    def previous_id(self) -> str | None: ...


def ids_of(event: Identified) -> Iterator[Id]:
    """Every id by which the event may find a customer."""
    if event.user_id is not None:
        yield "user", event.user_id
    if event.anonymous_id is not None:
        yield "anonymous", event.anonymous_id
    if event.previous_id is not None:
        yield "user", event.previous_id
        yield "anonymous", event.previous_id


@dataclass
class People:
    """The customers concerned, by id and by key; what changed about their ids is in `linked` and `merges`."""

    by_id: dict[Id, Person] = field(default_factory=dict)
    by_key: dict[str, Person] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)  # keys of customers who were merged
    is_taken: Callable[[str], bool] = lambda _key: False  # of keys that are not loaded
    linked: dict[Id, Person] = field(default_factory=dict)
    merges: list[tuple[Person, Person]] = field(default_factory=list)  # survivor, merged

    def find(self, identity: Id) -> Person | None:
        """The customer known by this id, as things stand now."""
        person = self.by_id.get(identity)
        return None if person is None else survivor_of(person)

    def whose(self, event: Identified) -> Person:
        """The customer whose event this is: found, made, linked or merged as the event says."""
        user: Id | None = None if event.user_id is None else ("user", event.user_id)
        device: Id | None = None if event.anonymous_id is None else ("anonymous", event.anonymous_id)
        if event.type == "alias" and user is not None and event.previous_id is not None:
            return self._alias(user, event.previous_id)
        if event.type == "alias" and device is not None and event.previous_id is not None:
            return self._same_device(device, ("anonymous", event.previous_id))
        if user is None or device is None:
            return self._find_or_make(user or device)
        if event.type == "identify":
            return self._identify(user, device)
        return self._find_or_make(user)  # a device alone proves nothing: people share them

    def _find_or_make(self, identity: Id | None) -> Person:
        if identity is None:
            raise ValueError("an event without any id was recorded")
        return self.find(identity) or self._make(identity)

    def _make(self, identity: Id) -> Person:
        key = identity[1]
        if not self._free(key):  # a user's id that is, or once was, also a device's
            key = f"{identity[0]}:{key}"
            while not self._free(key) or self.is_taken(key):
                key = f"{identity[0]}:{key}"
        person = Person(key=key, changed=True, columns={"tags": []})
        self.by_key[key] = person
        self._link(identity, person)
        return person

    def _free(self, key: str) -> bool:
        return key not in self.by_key and key not in self.retired

    def _link(self, identity: Id, person: Person) -> None:
        self.by_id[identity] = self.linked[identity] = person
        person.known |= identity[0] == "user"

    def _identify(self, user: Id, device: Id) -> Person:
        """Both ids at once. Two known people are never merged: the device changes hands."""
        named, holder = self.find(user), self.find(device)
        if named is None:
            named = holder if holder is not None and not holder.known else self._make(user)
            self._link(user, named)
        elif holder is not None and holder is not named and not holder.known:
            return self._merge(named, holder)
        if self.find(device) is not named:
            self._link(device, named)
        return named

    def _alias(self, user: Id, previous: str) -> Person:
        """The old id is the same person as the new one; it stays theirs, as a user's and a device's id.

        A device that is known as somebody else's changes hands. An erased customer is nobody else: such an
        alias says nothing.
        """
        old: tuple[Id, Id] = (("user", previous), ("anonymous", previous))
        users, holder = [self.find(identity) for identity in (user, old[0])], self.find(old[1])
        shared = holder is not None and holder.known and holder not in users
        found = [one for one in (*users, None if shared else holder) if one is not None]
        person = found[0] if found else self._make(user)
        if any(other is not person and other.erased is not person.erased for other in found):
            return person
        for other in found[1:]:
            person = self._merge(person, survivor_of(other))
        for identity in (user, *old):
            if self.find(identity) is not person:
                self._link(identity, person)
        return person

    def _same_device(self, device: Id, former: Id) -> Person:
        """Two anonymous ids of one customer: a guest's address, and an order. Who is known stays apart."""
        holder, other = self.find(device), self.find(former)
        if holder is not None and other is not None and holder is not other:
            if not (holder.known and other.known):
                return self._merge(holder, other)
            self._link(former, holder)
        person = holder or other or self._make(device)
        for identity in (device, former):
            if self.find(identity) is None:
                self._link(identity, person)
        return person

    def _merge(self, one: Person, other: Person) -> Person:
        one = survivor_of(one)
        if one is other:
            return one
        if one.erased or other.erased:  # nothing is added to a tombstone, and nobody becomes one
            return other if one.erased else one
        survivor, merged = sorted((one, other), key=_seniority)
        survivor.absorb(merged)
        self.merges.append((survivor, merged))
        return survivor


def survivor_of(person: Person) -> Person:
    """Who this customer is after all merges."""
    while person.merged_into is not None:
        person = person.merged_into
    return person


def _seniority(person: Person) -> tuple[bool, datetime, str]:
    """The known over the anonymous, then who was seen first, then the key."""
    return not person.known, person.first_seen_at or _NEVER, person.key
