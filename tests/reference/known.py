"""All that the reference interpreter knows, how an enrolment moves on or ends, and how two people are one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from loyaltyloop.journey.clock.times import zone_names
from loyaltyloop.journey.model import Journey, Shop
from tests.reference.conditions import Asked
from tests.reference.entering import Candidate
from tests.reference.gate import leaving
from tests.reference.gifts import Pools
from tests.reference.graves import Graves
from tests.reference.hours import Hours
from tests.reference.people import People
from tests.reference.state import Enrolment, Happening, Person, Stop, Visit


class Known:
    """Journeys, a shop, and all customers with their enrolments, messages and visits."""

    def __init__(self, journeys: Iterable[Journey], shop: Shop) -> None:
        self.journeys = sorted(journeys, key=lambda journey: (-journey.priority, journey.name))
        self.shop = shop
        self.graves = Graves()
        self.people = People(self._merged, self.graves)
        self.enrolments: list[Enrolment] = []
        self.fed: dict[str, Happening | None] = {}  # None: of somebody who was erased
        self._applied: list[Happening] = []
        self._entered: dict[str, int] = {}  # how many applied events were judged, by journey
        self._checked: dict[str, str] = {}  # the last period in which a `when` was asked
        self._held: dict[str, set[str]] = {}  # for whom it held then, by key
        self._ended: list[Enrolment] = []  # in this turn
        self._stops: list[Stop] = []
        self._pools = Pools()
        self._hours = Hours(shop, self.people, self.enrolments, self.zone)
        self._touched: list[Happening | Person | None] = []  # to whom something happened, in order
        self._looked: dict[str, int] = {}  # how many of these each journey has looked at
        self._started: list[tuple[str, Candidate]] = []  # by `start`, and not judged yet
        self.models_from: datetime | None = None
        self.now = datetime.min.replace(tzinfo=UTC)

    def zone(self, person: Person) -> str:
        """Where the customer lives, as far as is known."""
        own = person.attribute("timezone")
        return own if own in zone_names() else self.shop.timezone

    def _asked(self, person: Person, now: datetime, enrolment: Enrolment | None = None) -> Asked:
        own = [each for each in self.enrolments if each.person is person]
        return Asked(person, now, self.zone(person), own, enrolment, models_from=self.models_from)

    def _journey(self, enrolment: Enrolment) -> Journey:
        return self._named(enrolment.journey)

    def _named(self, name: str) -> Journey:
        return next(each for each in self.journeys if each.name == name)

    def _running(self, journey: Journey) -> list[Enrolment]:
        return [each for each in self.enrolments if each.journey == journey.name and each.running]

    def _visited(self, enrolment: Enrolment, now: datetime, path: str) -> None:
        assert enrolment.step is not None
        enrolment.visits.append(Visit(enrolment.step, enrolment.arrived_at, now, path))

    def _go(self, enrolment: Enrolment, now: datetime, path: str, target: str | None) -> None:
        if target is None:
            self._finish(enrolment, now, "completed", None, path)
            return
        self._visited(enrolment, now, path)
        enrolment.step, enrolment.state = target, "ready"
        enrolment.arrived_at, enrolment.due_at = now, None

    def _finish(
        self, enrolment: Enrolment, now: datetime, end: str, reason: str | None, path: str = ""
    ) -> None:
        if not enrolment.held_out:
            self._visited(enrolment, now, path)
        self._pools.release(enrolment)
        enrolment.step, enrolment.due_at = None, None
        enrolment.state, enrolment.end, enrolment.reason = "ended", end, reason
        self._ended.append(enrolment)

    def _leave_if_due(self, journey: Journey, enrolment: Enrolment, now: datetime) -> None:
        reason = leaving(journey, enrolment, self._asked(enrolment.person, now, enrolment))
        if reason is not None:
            self._finish(enrolment, now, "left", reason)

    def _merged(self, stays: Person, joined: Person) -> None:
        """Two customers are one: of the running enrolments of both the earlier customer's go on."""
        running = sorted((e for e in self.enrolments if e.person in (stays, joined) and e.running), key=_age)
        for enrolment in running:
            first = next(each for each in running if _alike(each, enrolment))
            if first.person is not enrolment.person:
                self._finish(enrolment, self.now, "left", "merged")
        stays.joined += [joined, *joined.joined]
        for enrolment in self.enrolments:
            if enrolment.person is joined:
                enrolment.person = stays
        self._touched = [stays if one is joined else one for one in self._touched]
        for held in self._held.values():
            if joined.key in held:
                held.add(stays.key)  # for one of both it never ceased to hold
        self._started = [
            (name, replace(each, person=stays) if each.person is joined else each)
            for name, each in self._started
        ]


def _age(enrolment: Enrolment) -> tuple[datetime, str]:
    return (enrolment.entered_at, enrolment.customer_key)


def _alike(one: Enrolment, other: Enrolment) -> bool:
    return (one.journey, one.one_per) == (other.journey, other.one_per)
