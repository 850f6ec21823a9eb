"""What conditions on answers mean, case by case."""

from __future__ import annotations

from typing import Any

from loyaltyloop.journey.conditions.condition import Answered, AnyOf, Compare, Engaged, Known, Not
from loyaltyloop.journey.conditions.view import Engagement
from tests.unit.journey.anna import ago, answer
from tests.unit.journey.case import Case, state

ANSWERED = ago(days=7)
GIFT = Answered("ask", (Compare("is", "gift"),))
LOOKING = Answered("ask", (Compare("is", "looking"),))
AT_MOST_6 = Answered("ask", (Compare("at_most", 6),))
UNANSWERED = Answered("ask", (Known(False),))


def answers(*found: Engagement) -> dict[str, Any]:
    return {"engagements": found}


ANSWERS = [
    Case("answered", GIFT, True, ANSWERED),
    Case("answered otherwise before", LOOKING, False),
    Case("any answer", Answered("ask", ()), True, ANSWERED),
    Case(
        "the answer before, as the later one was too late",
        LOOKING,
        False,
        ago(days=7, hours=2),
        until=ago(days=7, hours=1),
    ),
    Case("answered, arrived too late", GIFT, True, None, deadline=ago(days=6, seconds=1)),
    Case("answered before the given instant", GIFT, True, None, since_given=True),
    Case("answered before it left", GIFT, True, None, more=answers(answer("gift", ago(days=9)))),
    Case("another question", Answered("hello", (Compare("is", "gift"),)), False),
    state("no answer is none that is another", Answered("later", (Compare("not", "gift"),)), False),
    state("no answer is unknown", Answered("later", (Known(False),)), True),
    Case("answered is known", UNANSWERED, False),
    state("not answered is a state", Not(GIFT), True, more=answers()),
    state("unknown in time", UNANSWERED, True, more=answers()),
    Case("a machine's answer", GIFT, False, more=answers(answer("gift", ANSWERED, machine=True))),
    Case("a number", AT_MOST_6, True, ANSWERED, more=answers(answer(6, ANSWERED))),
    Case("a greater number", AT_MOST_6, False, more=answers(answer(7, ANSWERED))),
    Case("digits are no number on a scale", AT_MOST_6, False, more=answers(answer("6", ANSWERED))),
    Case(
        "of two at one instant the one that came later",
        GIFT,
        True,
        ANSWERED,
        more=answers(answer("looking", ANSWERED, 1), answer("gift", ANSWERED, 2)),
    ),
    Case("answered or clicked: the least time", AnyOf((GIFT, Engaged("opened", "hello"))), True, ANSWERED),
]
