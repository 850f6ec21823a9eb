"""What a `wait_for` decides: the earliest event wins, however late it came, within the lateness allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from loyaltyloop.journey.conditions.condition import AllOf, Answered, AnyOf, Compare, Condition, Did, Engaged
from loyaltyloop.journey.model import WaitFor
from tests.reference.conditions import Asked, Window, answer, asks, deeds, responses
from tests.reference.state import Happening

Place = tuple[datetime, int]
# A state that holds has no time of its own: it goes with whatever event it is joined to.
TIMELESS: Place = (datetime.min.replace(tzinfo=UTC), 0)


def decided_path(wait: WaitFor, asked: Asked, time_out: datetime, lateness: timedelta) -> str | None:
    """The path that an answer decides for, the silent path, or None: wait on."""
    since = asked.since
    assert since is not None
    window = Window(since, time_out, time_out + lateness)
    looking = replace(asked, window=window, own_since=wait.since is not None)
    answers = []
    for order, path in enumerate(wait.paths[:-1]):
        assert path.when is not None
        place = satisfied(path.when, looking)
        if place is not None:
            at, number = place if place is not TIMELESS else (asked.now, 0)
            answers.append((at, order, number, path.name))
    if answers:
        return min(answers)[-1]
    return wait.paths[-1].name if asked.now >= time_out + lateness else None


def satisfied(condition: Condition, asked: Asked) -> Place | None:
    """The event by which the condition came to hold; TIMELESS for a state that holds; None: it does not."""
    match condition:
        case AllOf(parts):
            places = [satisfied(part, asked) for part in parts]
            return None if None in places else max((p for p in places if p), default=TIMELESS)
        case AnyOf(parts):
            found = [p for p in (satisfied(part, asked) for part in parts) if p is not None]
            timed = [p for p in found if p is not TIMELESS]
            return min(timed, default=TIMELESS if found else None)
        case Did(times=(Compare("at_least", int(count)),)) if count > 0:
            events = deeds(condition, asked)
            return events[count - 1].place if len(events) >= count else None
        case Engaged():
            first = [e.place for e in responses(condition, asked) if isinstance(e, Happening)]
            return min(first, default=_as_state(condition, asked))
        case Answered() if said := answer(condition, asked):
            return said.place if asks(condition, asked) else None
        case _:
            return _as_state(condition, asked)


def _as_state(condition: Condition, asked: Asked) -> Place | None:
    return TIMELESS if asks(condition, asked) else None
