"""Who enters a journey in its turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from loyaltyloop.journey.model import ByDate, ByEvent, ByHand, ByState, Journey
from tests.reference.arriving import Arriving
from tests.reference.entering import (
    Candidate,
    admitted,
    by_date,
    by_event,
    by_state,
    enrolled,
    period,
    state_holds,
)
from tests.reference.hashing import held_out


class Judging(Arriving):
    """Candidates are found and judged, in their order."""

    def _enter(self, journey: Journey, now: datetime) -> None:
        for candidate in self._started_for(journey, now):
            self._judge(journey, candidate, now)
        for candidate in sorted(self._candidates(journey, now), key=lambda each: each.order):
            self._judge(journey, candidate, now)

    def _candidates(self, journey: Journey, now: datetime) -> list[Candidate]:
        match journey.enter.by:
            case ByEvent():
                fresh = self._applied[self._entered.get(journey.name, 0) :]
                self._entered[journey.name] = len(self._applied)
                owners = [(event, self.people.owner(event)) for event in fresh]
                return list(by_event(journey, owners, lambda person: self._asked(person, now)))
            case ByDate() as by:
                return [c for person in self.people for c in by_date(by, person, now, self.zone(person))]
            case ByState() as by:
                return self._by_state(journey, by, now)
            case ByHand():
                return []
            case _:
                raise AssertionError("not part of the reference yet")

    def _by_state(self, journey: Journey, by: ByState, now: datetime) -> list[Candidate]:
        present = period(by.check, now, self.shop.timezone)
        if self._checked.get(journey.name) == present:
            return []
        asked = [self._asked(person, now) for person in self.people]
        found = list(by_state(journey, asked, self._held.get(journey.name, set()), present))
        self._checked[journey.name] = present
        self._held[journey.name] = {each.person.key for each in asked if state_holds(journey, each)}
        return found

    def _started_for(self, journey: Journey, now: datetime) -> list[Candidate]:
        """Those whom another journey started since the last turn, in order."""
        mine = [each for name, each in self._started if name == journey.name]
        self._started = [(name, each) for name, each in self._started if name != journey.name]
        return [replace(each, at=now) for each in mine]

    def _judge(self, journey: Journey, candidate: Candidate, now: datetime) -> None:
        earlier = [e for e in self.enrolments if e.journey == journey.name and e.person is candidate.person]
        enrolment = enrolled(journey, candidate, now, len(self.enrolments))
        if not admitted(candidate, journey, earlier, self._asked(candidate.person, now, enrolment)):
            return
        if journey.enter.while_inside == "restart":
            for old in earlier:
                if old.running and old.one_per == candidate.one_per:
                    self._finish(old, now, "left", "restarted")
        self.enrolments.append(enrolment)
        if held_out(journey.name, journey.holdout, enrolment.customer_key):
            enrolment.held_out = True
            self._finish(enrolment, now, "held_out", None)
