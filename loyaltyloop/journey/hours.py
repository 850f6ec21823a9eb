"""What `at: best` is for: which message's hour it is, and what that message wants."""

from __future__ import annotations

from typing import Literal

from loyaltyloop.journey.conditions.condition import AllOf, AnyOf, Condition, Did
from loyaltyloop.journey.model import Ask, Journey, Send, Step

Aim = Literal["order", "answer"]
_ORDER = "Order Completed"


def aim_of(journey: Journey, step: Step) -> Aim:
    """An order: of marketing whose journey has an order for its goal, or none. All else wants to be read.

    A wait has the aim of the message behind it.
    """
    about = step if isinstance(step.action, Send | Ask) else _behind(journey, step)
    if about is not None and isinstance(about.action, Ask):
        return "answer"
    purpose = about.action.purpose if about and isinstance(about.action, Send) else journey.purpose
    wanted = journey.goal is None or _names_order(journey.goal)
    return "order" if purpose == "marketing" and wanted else "answer"


def message_behind(journey: Journey, step: Step) -> Send | None:
    """The message that comes next below this step in the file; None: there is none."""
    following = _behind(journey, step)
    action = following.action if following else None
    return action.send if isinstance(action, Ask) else action if isinstance(action, Send) else None


def _behind(journey: Journey, step: Step) -> Step | None:
    names = [each.name for each in journey.steps]
    rest = journey.steps[names.index(step.name) + 1 :]
    return next((each for each in rest if isinstance(each.action, Send | Ask)), None)


def _names_order(condition: Condition) -> bool:
    match condition:
        case Did(events=events):
            return _ORDER in events
        case AllOf(parts) | AnyOf(parts):
            return any(_names_order(part) for part in parts)
        case _:
            return False
