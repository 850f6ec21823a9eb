"""The walk: step after step down a journey."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from loyaltyloop.journey.model import Ask, Call, Give, Journey, Send, Set, Step
from tests.reference.conditions import asks
from tests.reference.entering import started
from tests.reference.gifts import served
from tests.reference.judging import Judging
from tests.reference.state import Enrolment
from tests.reference.steps import Enter, Go, Quit, Skip, Stay, act, behind_next


class Walking(Judging):
    """Whoever stands at a step takes it, waits, or leaves."""

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
