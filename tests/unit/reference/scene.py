"""A small stage for scenarios: one journey, one customer, times written as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.reference.interpreter import Reference
from tests.reference.reading import SHOP, read
from tests.reference.state import Enrolment, Happening, Message, Visit


def at(text: str) -> datetime:
    """A UTC instant, such as `2024-03-30 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Scene:
    """What happens to customer `ann` (and whoever else appears) in one journey."""

    def __init__(self, text: str, *more: str, zone: str = "Europe/London") -> None:
        self.reference = Reference([read(each) for each in (text, *more)], SHOP)
        self.number = 0
        self.knows("ann", email="ann@example.com", timezone=zone)
        self.does("Consent Granted", "2024-01-01 00:00", channel="email")

    def knows(self, person: str, **traits: Any) -> None:
        """Traits known since the beginning of the year."""
        self._feed("identify", "2024-01-01 00:00", person, traits)

    def does(
        self, name: str, when: str, arrives: str | None = None, person: str = "ann", **properties: Any
    ) -> None:
        """An event, and when it arrives if not at once."""
        self._feed("track", when, person, properties, name, arrives)

    def _feed(
        self,
        kind: str,
        when: str,
        person: str,
        properties: dict[str, Any],
        name: str = "",
        arrives: str | None = None,
    ) -> None:
        self.number += 1
        event = Happening(
            number=self.number,
            message_id=f"m{self.number}",
            type=kind,
            at=at(when),
            arrived_at=at(arrives or when),
            name=name,
            user_id=None if person.startswith("visitor") else person,
            anonymous_id=person if person.startswith("visitor") else None,
            properties=properties,
        )
        self.reference.feed([event])

    def joins(self, person: str, visitor: str, when: str) -> None:
        """It turns out that a visitor was this customer all along."""
        self.number += 1
        alias = Happening(
            self.number,
            f"m{self.number}",
            "alias",
            at(when),
            at(when),
            user_id=person,
            previous_id=visitor,
        )
        self.reference.feed([alias])

    def turns(self, *whens: str) -> None:
        """Turns of every journey, one after another."""
        for when in whens:
            self.reference.run(at(when))

    @property
    def enrolments(self) -> list[Enrolment]:
        return self.reference.enrolments

    @property
    def only(self) -> Enrolment:
        """The one enrolment that there is."""
        [enrolment] = self.enrolments
        return enrolment

    def message(self, step: str) -> Message:
        """The message of that step."""
        return self.only.messages[step]

    def visit(self, step: str) -> Visit:
        """The visit to that step."""
        return next(visit for visit in self.only.visits if visit.step == step)
