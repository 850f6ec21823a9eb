"""The delivery: messages that are ready, through the gate."""

from __future__ import annotations

from datetime import datetime

from loyaltyloop.journey.model import Ask, Journey, Send
from tests.reference.channels import OF_CHANNEL
from tests.reference.conditions import address_of
from tests.reference.gate import Verdict, judge
from tests.reference.gifts import shows
from tests.reference.state import Enrolment, Message
from tests.reference.walking import Walking


class Delivering(Walking):
    """What may leave is claimed in its order; then those who stood there walk on."""

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
