"""The reference interpreter: turns in virtual time over everything that was fed."""

from __future__ import annotations

from datetime import datetime

from loyaltyloop.journey.conditions.condition import Did
from loyaltyloop.journey.model import Call, Journey, Set
from tests.reference.conditions import Asked, asks, deeds
from tests.reference.delivering import Delivering
from tests.reference.state import Enrolment
from tests.reference.steps import assign, call


class Reference(Delivering):
    """Turns of journeys over all that is known; each room that it stands on has a theme."""

    def run(self, now: datetime) -> None:
        """One turn of every journey, then the delivery, until nothing moves."""
        for journey in self.journeys:
            self.turn(journey, now)
        while self.deliver(now):
            pass
        self._close(now)
        for enrolment, message in self._ready(now):  # calls of `at_end`
            self._claim(enrolment, message, now)

    def turn(self, journey: Journey, now: datetime) -> None:
        """One turn of one journey, without the delivery."""
        self._apply(now)
        upto = len(self._touched)
        self._enter(journey, now)
        for enrolment in self._running(journey):
            self._leave_if_due(journey, enrolment, now)
        self._look_again(journey, upto, now)
        self._walk(journey, self._running(journey), now)
        self._measure(journey, now)

    def _look_again(self, journey: Journey, upto: int, now: datetime) -> None:
        """What a `hold_while` holds is due for whom something happened to since the journey's last turn."""
        fresh = self._touched[self._looked.get(journey.name, 0) : upto]
        self._looked[journey.name] = upto
        people = [self._who(one) for one in fresh]
        for enrolment in self.enrolments:
            if enrolment.journey == journey.name and enrolment.person in people:
                for message in enrolment.messages.values():
                    if message.state == "held" and message.holding:
                        message.due_at = min(message.due_at, now)

    def _close(self, now: datetime) -> None:
        """The `at_end` steps of whoever has ended in this turn."""
        for enrolment in self._ended:
            for step in self._journey(enrolment).at_end if not enrolment.held_out else ():
                asked = self._asked(enrolment.person, now, enrolment)
                if step.condition is not None and not asks(step.condition, asked):
                    continue
                if isinstance(step.action, Set):
                    assign(step.action, asked)
                    self._touched.append(enrolment.person)
                elif isinstance(step.action, Call):
                    call(step, step.action, enrolment, asked, at_end=True)
        self._ended = []

    def _measure(self, journey: Journey, now: datetime) -> None:
        """The first event that reached the goal, from entering on and within its time."""
        if journey.goal is None:
            return
        assert isinstance(journey.goal, Did)
        for enrolment in self.enrolments:
            if enrolment.journey == journey.name and enrolment.goal_at is None:
                enrolment.goal_at = self._goal_at(journey, journey.goal, enrolment, now)

    def _goal_at(self, journey: Journey, goal: Did, enrolment: Enrolment, now: datetime) -> datetime | None:
        zone, since = self.zone(enrolment.person), enrolment.entered_at
        until = journey.goal_within.after(since, zone) if journey.goal_within else None
        asked = Asked(enrolment.person, now, zone, [], enrolment, since)
        reached = [event.at for event in deeds(goal, asked) if until is None or event.at <= until]
        return min(reached, default=None)
