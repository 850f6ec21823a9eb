"""What arrives: events, what models predict, and the wish to be erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from loyaltyloop.journey.conditions.condition import About, Test, walk
from loyaltyloop.journey.model import Journey, WaitFor
from tests.reference.known import Known
from tests.reference.state import Happening, Person, Stop
from tests.reference.values import holds


class Arriving(Known):
    """What is known changes by what is heard."""

    def feed(self, events: Iterable[Happening]) -> None:
        """Take events in; one that was fed before adds nothing, nor one of somebody who was erased."""
        fresh = {event.identity: event for event in reversed(list(events)) if event.identity not in self.fed}
        self.fed |= dict.fromkeys(fresh)
        for event in self.graves.living(reversed(fresh.values())):
            self.fed[event.identity] = event

    def _apply(self, now: datetime) -> None:
        self.now = now
        done = {event.identity for event in self._applied}
        waiting = [e for e in self.fed.values() if e and e.arrived_at <= now and e.identity not in done]
        for event in sorted(waiting, key=lambda e: (e.arrived_at, e.number)):
            self.people.apply(event)
            self._applied.append(event)
            self._pools.used(event, self.enrolments)
            self._stops += self._told_of_addresses(event)
            self._touched.append(event)
        for person in self.people:
            _inherit(person)

    def _told_of_addresses(self, event: Happening) -> list[Stop]:
        """What a message's bounce, or a complaint, says of where it went; else of where they are now."""
        hard = event.name == "Email Bounced" and event.properties.get("type") == "hard"
        if event.type != "track" or not (hard or event.name == "Email Marked as Spam"):
            return []
        key = event.properties.get("email_id")
        messages = [m for e in self.enrolments for m in e.messages.values() if m.channel == "email"]
        sent = [m.to for m in messages if m.key == key and m.to]
        to = sent[0] if sent else self.people.owner(event).attribute("email")
        return [Stop(to.lower(), hard, min(event.at, event.arrived_at))] if to else []

    def _who(self, touched: Happening | Person | None) -> Person | None:
        """To whom it happened; None: to somebody who was erased."""
        return self.people.owner(touched) if isinstance(touched, Happening) else touched

    def predict(self, name: str, model: str, value: float | None) -> None:
        """From now on this is what a model says of this customer (None: nothing); who is unknown stays so."""
        if not self.people.knows(name):
            return
        person = self.people.known_by(name)
        tests = [test for journey in self.journeys for test in _waited_for(journey, model)]
        before = [holds(test, person.predicted.get(model), _never) for test in tests]
        if value is None:
            person.predicted.pop(model, None)
        else:
            person.predicted[model] = value
        if before != [holds(test, value, _never) for test in tests]:
            self._touched.append(person)

    def erase(self, name: str, now: datetime) -> None:
        """Nothing is known of this customer any more; what runs ends, what waits is refused."""
        person = self.people.known_by(name)
        ids = self.people.ids_of(person)
        mine = [enrolment for enrolment in self.enrolments if enrolment.person is person]
        keys = {person.key, *(enrolment.customer_key for enrolment in mine)}
        self.graves.dig(person, ids, keys, now)
        for enrolment in mine:
            if enrolment.running:
                self._finish(enrolment, now, "erased", None)
                self._ended.remove(enrolment)  # no `at_end` steps
            for message in enrolment.messages.values():
                if message.state in ("planned", "held"):
                    message.state, message.reason = "refused", "erased"
                message.to = None
            self._pools.forget(enrolment)
            enrolment.customer_key = enrolment.one_per = enrolment.occurrence = "erased"
        self._started = [(journey, each) for journey, each in self._started if each.person is not person]
        self._touched = [None if self._who(one) is person else one for one in self._touched]
        self.people.forget(person)


def _inherit(person: Person) -> None:
    """Who is now one with others keeps what was said of them, or has what was said of the oldest."""
    for other in sorted(person.joined, key=lambda one: one.number):
        person.predicted = {**other.predicted, **person.predicted}
    person.joined = []


def _waited_for(journey: Journey, model: str) -> Iterator[Test]:
    """The comparisons with a prediction that move somebody who stands still."""
    asked = [rule for _, rule in journey.leave_when]
    waiting = (step for step in journey if isinstance(step.action, WaitFor))
    asked += [path.when for step in waiting for path in step.paths if path.when]
    for part in (part for rule in asked for part in walk(rule)):
        if isinstance(part, About) and part.subject == "predicted":
            yield from (test for name, test in part.where.fields if name == model)


def _never(_: object) -> datetime:
    raise AssertionError("a prediction is compared with no instant")
