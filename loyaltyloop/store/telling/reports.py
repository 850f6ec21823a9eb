"""Numbers by journey, version, step and path, counted from what is on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Table, and_, case, cast, func, literal, select

from loyaltyloop.journey.model import Ask, Call, Journey, Score, Send, Step
from loyaltyloop.journey.question import Question
from loyaltyloop.store.inside.answers import Value, count_answers
from loyaltyloop.store.live.versions import live_journeys, load_version
from loyaltyloop.store.models import Enrolment, Message, TurnLog, Visit
from loyaltyloop.store.predictions.score_counts import count_scores
from loyaltyloop.store.telling.stopped import stopped

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
turn_log: Table = TurnLog.__table__  # type: ignore[attr-defined]
visit: Table = Visit.__table__  # type: ignore[attr-defined]

# The stage under which `TurnLog.counts` says who entered; two words: no step can be called so.
ENTERING = "who enters"
# Why a visit ended that was none: `why` of who arrived at a step whose `if` does not hold.
PASSED_OVER = "its `if` does not hold"
LEFT = ("handed_over", "delivered", "bounced", "complained")


@dataclass(frozen=True)
class Line:
    """One line of the report.

    Without a step it is of the whole version: who entered (`arrived`), whose way has ended (`left`).
    With one, `arrived` is how many came to the step, `left` how many left it by this path, `standing` how
    many are there. `messages` left the house; `unsent` says what became of the others, by state, and of how
    many there was none (`PASSED_OVER`). `held_out`: how many of those who entered were kept out to compare;
    `held_out_goal`: how many of these, `goal`: how many of the others have reached the goal. `refused`: who
    did not enter, by reason, of the whole journey. `answers`: of a step that asks, how many answered what;
    `wording`: these answers' words. `scores`: of a `score`, what each version of its model said (see
    score_counts.py). `stopped`: why the journey's marketing has stopped by itself.
    """

    journey: str
    version: int
    step: str | None = None
    path: str | None = None
    arrived: int = 0
    left: int = 0
    standing: int = 0
    messages: int = 0
    unsent: dict[str, int] = field(default_factory=dict)
    goal: int = 0
    held_out: int = 0
    held_out_goal: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    wording: dict[str, str] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    stopped: str = ""


def report(connection: Connection, journey: str | None = None) -> list[Line]:
    """The lines in the order of journeys (priority, name), versions and steps."""
    lines: list[Line] = []
    for row in live_journeys(connection):
        if journey in (None, row.name):
            lines += _of_journey(connection, row.name, row.version)
    return lines


Place = tuple[int, str]  # version, step


def _of_journey(connection: Connection, journey: str, newest: int) -> Iterator[Line]:
    totals = _totals(connection, journey)
    visits = _visits(connection, journey)
    standing = _standing(connection, journey)
    files = {
        version: load_version(connection, journey, version).journey for version in sorted({newest, *totals})
    }
    messages, answers = _messages(connection, journey), count_answers(connection, journey)
    for place, number in _passed_over(connection, journey, files):
        messages.setdefault(place, Counter())[PASSED_OVER] = number
    refused, why = _refused(connection, journey), stopped(connection).get(journey, "")
    for version, file in files.items():
        whole = totals.get(version, Line(journey, version))
        calls = {step.name for step in (*file, *file.at_end) if isinstance(step.action, Call)}
        sent = [told for (number, step), told in messages.items() if number == version and step not in calls]
        counts = sum(sent, Counter[str]())
        told = {"refused": refused, "stopped": why} if version == newest else {}
        yield replace(_with_messages(whole, counts), **told)  # type: ignore[arg-type]
        scored = [step.name for step in file if isinstance(step.action, Score)]
        scores = count_scores(connection, journey, scored)
        for line in _of_version(file, version, visits, standing, messages, answers):
            own = [] if line.path else scores.get((version, line.step or ""), [])
            yield replace(line, scores=own) if own else line


def _of_version(
    file: Journey,
    version: int,
    visits: dict[Place, dict[str, tuple[int, int]]],
    standing: dict[Place, int],
    messages: dict[Place, Counter[str]],
    answers: dict[Place, Counter[Value]],
) -> Iterator[Line]:
    for step in file:
        place = (version, step.name)
        taken = visits.get(place, {})
        here = standing.get(place, 0)
        arrived = sum(left for left, _ in taken.values()) + here
        known = [path for path, _ in step.edges] or [""]
        for path in [*known, *sorted(set(taken) - set(known))]:
            left, goal = taken.get(path, (0, 0))
            line = Line(file.name, version, step.name, path, arrived, left, here, goal=goal)
            if path == known[0]:
                told = _in_order(step, answers.get(place, Counter()))
                line = _with_messages(line, messages.get(place, Counter()))
                line = replace(line, answers=told, wording=_words(step, told))
            yield line
    for step in file.at_end:
        if counts := messages.get((version, step.name)):
            yield _with_messages(Line(file.name, version, step.name, "", sum(counts.values())), counts)


def _in_order(step: Step, counts: Counter[Value]) -> dict[str, int]:
    """Answers in the question's order; what it does not offer, behind them."""
    asked = Question.of(step.action).choices if isinstance(step.action, Ask) else ()
    choices = [one.value for one in asked]
    others = sorted((value for value in counts if value not in choices), key=str)
    return {str(value): counts[value] for value in [*choices, *others] if counts[value]}


def _words(step: Step, told: dict[str, int]) -> dict[str, str]:
    choices = Question.of(step.action).choices if isinstance(step.action, Ask) else ()
    return {str(one.value): one.text for one in choices if str(one.value) in told}


def _with_messages(line: Line, counts: Counter[str]) -> Line:
    unsent = {state: number for state, number in sorted(counts.items()) if state not in LEFT}
    return replace(line, messages=sum(counts[state] for state in LEFT), unsent=unsent)


def _totals(connection: Connection, journey: str) -> dict[int, Line]:
    out, inside = enrolment.c.held_out, ~enrolment.c.held_out
    reached = enrolment.c.goal_at.is_not(None)
    rows = connection.execute(
        select(
            enrolment.c.version,
            func.count(),
            _number(enrolment.c.ended_at.is_not(None)),
            _number(enrolment.c.ended_at.is_(None)),
            _number(and_(inside, reached)),
            _number(out),
            _number(and_(out, reached)),
        )
        .where(enrolment.c.journey == journey)
        .group_by(enrolment.c.version)
    )
    return {
        version: Line(
            journey,
            version,
            arrived=arrived,
            left=left,
            standing=standing,
            goal=goal,
            held_out=held_out,
            held_out_goal=held_out_goal,
        )
        for version, arrived, left, standing, goal, held_out, held_out_goal in rows
    }


def _number(where: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.sum(case((where, 1), else_=0)), Integer)


def _visits(connection: Connection, journey: str) -> dict[Place, dict[str, tuple[int, int]]]:
    """How many left each step by each path, and how many of them have reached the goal."""
    # Who left the journey at a step took none of its paths.
    left = and_(visit.c.why.like("left%"), enrolment.c.end == "left")
    path = case((left, literal("left: ") + enrolment.c.reason), else_=visit.c.path).label("way")
    columns = (enrolment.c.version, visit.c.step, path)
    rows = connection.execute(
        select(*columns, func.count(), _number(enrolment.c.goal_at.is_not(None)))
        .join(enrolment, enrolment.c.id == visit.c.enrolment_id)
        .where(enrolment.c.journey == journey)
        .group_by(*columns)
    )
    found: dict[Place, dict[str, tuple[int, int]]] = {}
    for version, step, way, left, goal in rows:
        found.setdefault((version, step), {})[way] = (left, goal)
    return found


def _standing(connection: Connection, journey: str) -> dict[Place, int]:
    columns = (enrolment.c.version, enrolment.c.step)
    rows = connection.execute(
        select(*columns, func.count())
        .where(enrolment.c.journey == journey, enrolment.c.ended_at.is_(None))
        .group_by(*columns)
    )
    return {(version, step): number for version, step, number in rows}


def _messages(connection: Connection, journey: str) -> dict[Place, Counter[str]]:
    columns = (enrolment.c.version, message.c.step, message.c.state)
    rows = connection.execute(
        select(*columns, func.count())
        .join(enrolment, enrolment.c.id == message.c.enrolment_id)
        .where(enrolment.c.journey == journey)
        .group_by(*columns)
    )
    found: dict[Place, Counter[str]] = {}
    for version, step, state, number in rows:
        found.setdefault((version, step), Counter())[state] = number
    return found


def _passed_over(
    connection: Connection, journey: str, files: Mapping[int, Journey]
) -> Iterator[tuple[Place, int]]:
    """Of each step that sends: how many came to it and got no message, as its `if` did not hold."""
    sending = {
        (version, step.name)
        for version, file in files.items()
        for step in file
        if isinstance(step.action, Send | Ask | Call)
    }
    columns = (enrolment.c.version, visit.c.step)
    rows = connection.execute(
        select(*columns, func.count())
        .join(enrolment, enrolment.c.id == visit.c.enrolment_id)
        .where(enrolment.c.journey == journey, visit.c.why == PASSED_OVER)
        .group_by(*columns)
    )
    return (((version, step), number) for version, step, number in rows if (version, step) in sending)


def _refused(connection: Connection, journey: str) -> dict[str, int]:
    """Who did not enter, by reason, as the turns counted them: too old ones leave no other record."""
    counts: Counter[str] = Counter()
    mine = select(turn_log.c.counts).where(turn_log.c.journey == journey)
    for told in connection.execute(mine).scalars():
        entered: dict[str, Any] = told.get(ENTERING, {})
        refused = ((_reason(path), people) for path, people in entered.items() if path.startswith("refused"))
        counts.update(dict(refused))
    return dict(sorted(counts.items()))


def _reason(path: str) -> str:
    return path.partition(": ")[2] or path
