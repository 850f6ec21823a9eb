"""The reference interpreter: turns in virtual time over everything that was fed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from loyaltyloop.journey.clock.times import zone_names
from loyaltyloop.journey.conditions.condition import About, Did, Test, walk
from loyaltyloop.journey.model import (
    Ask,
    ByDate,
    ByEvent,
    ByHand,
    ByState,
    Call,
    Give,
    Journey,
    Send,
    Set,
    Shop,
    Step,
    WaitFor,
)
from tests.reference.channels import OF_CHANNEL
from tests.reference.conditions import Asked, address_of, asks, deeds
from tests.reference.entering import (
    Candidate,
    admitted,
    by_date,
    by_event,
    by_state,
    enrolled,
    period,
    started,
    state_holds,
)
from tests.reference.gate import Verdict, judge, leaving
from tests.reference.gifts import Pools, served, shows
from tests.reference.graves import Graves
from tests.reference.hashing import held_out
from tests.reference.hours import Hours
from tests.reference.people import People
from tests.reference.state import Enrolment, Happening, Message, Person, Stop, Visit
from tests.reference.steps import Enter, Go, Quit, Skip, Stay, act, assign, behind_next, call
from tests.reference.values import holds


class Reference:
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

    # ── what arrives ──

    def feed(self, events: Iterable[Happening]) -> None:
        """Take events in; one that was fed before adds nothing, nor one of somebody who was erased."""
        fresh = {event.identity: event for event in reversed(list(events)) if event.identity not in self.fed}
        self.fed |= dict.fromkeys(fresh)
        for event in self.graves.living(reversed(fresh.values())):
            self.fed[event.identity] = event

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

    # ── a turn ──

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

    def _running(self, journey: Journey) -> list[Enrolment]:
        return [each for each in self.enrolments if each.journey == journey.name and each.running]

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

    def _who(self, touched: Happening | Person | None) -> Person | None:
        """To whom it happened; None: to somebody who was erased."""
        return self.people.owner(touched) if isinstance(touched, Happening) else touched

    def zone(self, person: Person) -> str:
        """Where the customer lives, as far as is known."""
        own = person.attribute("timezone")
        return own if own in zone_names() else self.shop.timezone

    def _asked(self, person: Person, now: datetime, enrolment: Enrolment | None = None) -> Asked:
        own = [each for each in self.enrolments if each.person is person]
        return Asked(person, now, self.zone(person), own, enrolment, models_from=self.models_from)

    # ── entering ──

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

    # ── leaving ──

    def _leave_if_due(self, journey: Journey, enrolment: Enrolment, now: datetime) -> None:
        reason = leaving(journey, enrolment, self._asked(enrolment.person, now, enrolment))
        if reason is not None:
            self._finish(enrolment, now, "left", reason)

    def _finish(
        self, enrolment: Enrolment, now: datetime, end: str, reason: str | None, path: str = ""
    ) -> None:
        if not enrolment.held_out:
            self._visited(enrolment, now, path)
        self._pools.release(enrolment)
        enrolment.step, enrolment.due_at = None, None
        enrolment.state, enrolment.end, enrolment.reason = "ended", end, reason
        self._ended.append(enrolment)

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

    def _journey(self, enrolment: Enrolment) -> Journey:
        return self._named(enrolment.journey)

    def _named(self, name: str) -> Journey:
        return next(each for each in self.journeys if each.name == name)

    def _visited(self, enrolment: Enrolment, now: datetime, path: str) -> None:
        assert enrolment.step is not None
        enrolment.visits.append(Visit(enrolment.step, enrolment.arrived_at, now, path))

    # ── walking ──

    def _walk(self, journey: Journey, who: list[Enrolment], now: datetime) -> None:
        """Step after step down the list; `leave_when` is looked at wherever somebody stands or comes."""
        for step in journey:
            for enrolment in served(step, who) if isinstance(step.action, Give) else who:
                if enrolment.step == step.name:
                    self._leave_if_due(journey, enrolment, now)
                if enrolment.step == step.name:
                    self._step(step, enrolment, now)

    def _step(self, step: Step, enrolment: Enrolment, now: datetime) -> None:
        asked = self._asked(enrolment.person, now, enrolment)
        arriving = enrolment.state == "ready"
        if arriving and step.condition is not None and not asks(step.condition, asked):
            self._go(enrolment, now, "", step.after)
            return
        if isinstance(step.action, Set):
            self._touched.append(enrolment.person)
        if isinstance(step.action, Give) and not self._gives(step, step.action, enrolment, now):
            self._finish(enrolment, now, "left", "nothing to give")
            return
        self._pools.blocked(self._journey(enrolment), step, enrolment)
        good = partial(self._hours.next, self._journey(enrolment), step, asked)
        match act(self.shop, step, enrolment, asked, good):
            case Skip():
                self._go(enrolment, now, "", behind_next(self._journey(enrolment), step))
            case Stay(due_at):
                enrolment.state = "sending" if isinstance(step.action, Send | Ask | Call) else "waiting"
                enrolment.due_at = due_at
            case Enter(name):
                if candidate := started(step, enrolment, self._named(name), now):
                    self._started.append((name, candidate))
                self._go(enrolment, now, "", step.after)
            case Quit(reason):
                self._finish(enrolment, now, "left", reason)
            case Go(path):
                self._go(enrolment, now, path, step.target(path))

    def _gives(self, step: Step, give: Give, enrolment: Enrolment, now: datetime) -> bool:
        """False: the customer leaves for it that there is nothing."""
        mine = [each for each in self.enrolments if each.journey == enrolment.journey]
        return self._pools.give(step, enrolment, mine, self.shop, now) or give.if_empty == "skip"

    def _go(self, enrolment: Enrolment, now: datetime, path: str, target: str | None) -> None:
        if target is None:
            self._finish(enrolment, now, "completed", None, path)
            return
        self._visited(enrolment, now, path)
        enrolment.step, enrolment.state = target, "ready"
        enrolment.arrived_at, enrolment.due_at = now, None

    # ── delivering ──

    def deliver(self, now: datetime) -> bool:
        """All messages that are ready, through the gate; then those who stood there walk on."""
        ready: list[tuple[Enrolment, Message]] = []
        while line := self._ready(now):
            for enrolment, message in line:
                self._claim(enrolment, message, now)
            ready += line
        for journey in self.journeys:
            self._walk(journey, [each for each, _ in ready if each.journey == journey.name], now)
        return bool(ready)

    def _ready(self, now: datetime) -> list[tuple[Enrolment, Message]]:
        """What may leave, in its order."""
        ready = [
            (enrolment, message)
            for enrolment in self.enrolments
            for message in enrolment.messages.values()
            if message.state in ("planned", "held") and message.due_at <= now
        ]
        return sorted(ready, key=self._turn_to_leave)

    def _turn_to_leave(self, each: tuple[Enrolment, Message]) -> tuple[bool, int, datetime, str]:
        """Calls after all messages to customers."""
        return (each[1].call, -self._journey(each[0]).priority, each[0].entered_at, each[1].key)

    def _claim(self, enrolment: Enrolment, message: Message, now: datetime) -> None:
        journey = self._journey(enrolment)
        asked = self._asked(enrolment.person, now, enrolment)
        verdict = judge(self.shop, journey, message, enrolment, asked, self._stops, self._sent())
        if verdict.state == "handed_over" and not self._shows(journey, message, enrolment, now):
            verdict = Verdict("refused", "gift")
        message.state, message.reason = verdict.state, verdict.reason
        message.due_at, message.holding = verdict.due_at or message.due_at, verdict.holding
        if verdict.state == "handed_over":
            to = address_of(enrolment.person, message.channel) if not message.call else None
            message.handed_over_at, message.to = now, None if message.channel == "push" else to
        if verdict.state == "refused" and verdict.reason in OF_CHANNEL and not message.call:
            self._turn_elsewhere(message, now)
        if verdict.left is not None:
            self._finish(enrolment, now, "left", verdict.left)

    def _shows(self, journey: Journey, message: Message, enrolment: Enrolment, now: datetime) -> bool:
        if message.call:
            return True
        action = journey.step(message.step).action
        send = action.send if isinstance(action, Ask) else action
        assert isinstance(send, Send)
        return shows(send.template, enrolment, journey, self.zone(enrolment.person), now)

    def _turn_elsewhere(self, message: Message, now: datetime) -> None:
        """It could not leave by its channel: by the next, if there is one."""
        message.passed += 1
        if message.others:
            message.channel, *others = message.others
            message.others, message.state, message.reason, message.due_at = tuple(others), "planned", "", now
        elif message.passed > 1:
            message.reason = "no channel"

    def _sent(self) -> list[tuple[Enrolment, Message]]:
        return [
            (enrolment, message)
            for enrolment in self.enrolments
            for message in enrolment.messages.values()
            if message.handed_over_at is not None
        ]

    # ── measuring ──

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


def _age(enrolment: Enrolment) -> tuple[datetime, str]:
    return (enrolment.entered_at, enrolment.customer_key)


def _alike(one: Enrolment, other: Enrolment) -> bool:
    return (one.journey, one.one_per) == (other.journey, other.one_per)
