"""Judging candidates and writing down what became of each: an enrolment, a place in the queue, a refusal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, select, update

from loyaltyloop.journey.admission import Candidate, Earlier, Key, Rules, Verdict, admit
from loyaltyloop.journey.clock.times import to_instant, to_local
from loyaltyloop.journey.model import ByDate, Journey
from loyaltyloop.store.among import among, rows_among
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import end, ended_state, enrolment
from loyaltyloop.store.models import Entry
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame

entry: Table = Entry.__table__  # type: ignore[attr-defined]
_ENROLMENT = (
    "journey", "version", "customer_id", "customer_key", "one_per", "occurrence", "entered_at", "enrolled_at",
    "trigger", "trigger_event_id", "order_id", "held_out", "step", "state", "arrived_at", "ended_at", "end",
)  # fmt: skip
_ENTRY = (
    "journey", "customer_id", "at", "one_per", "occurrence", "trigger", "trigger_event_id", "cause", "state",
    "reason", "judged_at",
)  # fmt: skip
_EARLIER = [
    enrolment.c[name]
    for name in ("id", "customer_id", "one_per", "occurrence", "entered_at", "ended_at", "trigger_event_id")
]
# Only what somebody did or asked for leaves a refusal on record; a daily check of everybody would not end.
ON_RECORD = ("event", "hand", "start")


class Enrolling:
    """Enrols candidates of one journey at one turn."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.journey = frame.journey

    def enrol(self, connection: Connection, candidates: Sequence[Candidate]) -> Counts:
        """Judge them in the order given and write what became of each; counts by outcome and reason."""
        if not candidates:
            return Counts()
        earlier = _earlier(connection, self.journey, candidates)
        rules = Rules(
            self.journey.name,
            self.journey.enter,
            self.journey.holdout,
            self.frame.shop.holdout if self.journey.purpose == "marketing" else type(self.journey.holdout)(0),
            self.room(connection),
        )
        entering: list[Verdict] = []
        counts: Counter[str] = Counter()
        settled: list[Verdict] = []
        for verdict in admit(candidates, earlier, rules):
            counts[_label(verdict)] += verdict.outcome != "repeat"
            if verdict.ends:
                self._insert(connection, entering)
                entering = []
                self._restart(connection, verdict.candidate)
            (entering if verdict.outcome in ("enter", "hold_out") else settled).append(verdict)
            if verdict.candidate.queue_id is not None:
                _note_queued(connection, verdict, self.frame.now)
        self._insert(connection, entering)
        self._record(connection, settled)
        return Counts(dict(sorted((name, number) for name, number in counts.items() if number)))

    def room(self, connection: Connection) -> int | None:
        """How many may still enter in the shop's present hour, day or week; None: any number."""
        enter, frame = self.journey.enter, self.frame
        if enter.at_most is None:
            return None
        start = _window(frame.now, enter.at_most_per or "day", frame.shop.timezone)
        entered = select(func.count()).where(
            enrolment.c.journey == self.journey.name, enrolment.c.enrolled_at >= start
        )
        return max(0, enter.at_most - connection.execute(entered).scalar_one())

    def _insert(self, connection: Connection, entering: Iterable[Verdict]) -> None:
        rows = [self._row(verdict) for verdict in entering]
        if rows:
            insert_rows(connection, enrolment, _ENROLMENT, rows)

    def _row(self, verdict: Verdict) -> tuple[Any, ...]:
        candidate, now, out = verdict.candidate, self.frame.now, verdict.outcome == "hold_out"
        newest = self.frame.versions[-1]
        standing = (
            (None, "ended", now, now, "held_out") if out else (newest.journey.first, "ready", now, None, None)
        )
        return (
            self.journey.name, newest.number, candidate.customer_id, candidate.customer_key,
            candidate.one_per or "", candidate.occurrence, candidate.at, now, candidate.trigger,
            candidate.event_id, candidate.order_id, out, *standing,
        )  # fmt: skip

    def _restart(self, connection: Connection, candidate: Candidate) -> None:
        running = select(enrolment.c.id).where(
            enrolment.c.journey == self.journey.name,
            enrolment.c.customer_id == candidate.customer_id,
            enrolment.c.one_per == candidate.one_per,
            enrolment.c.ended_at.is_(None),
        )
        ended = ended_state(self.journey)
        end(connection, self.frame.now, "restarted", connection.execute(running).scalars(), ended=ended)

    def _record(self, connection: Connection, settled: Iterable[Verdict]) -> None:
        """New places in the queue, and refusals. A restricted turn leaves these to the next whole one."""
        rows = []
        for verdict in settled:
            candidate = verdict.candidate
            queued = verdict.outcome == "queue"
            refused = verdict.outcome == "refuse" and candidate.cause in ON_RECORD
            if candidate.queue_id is not None or not (queued or refused) or not self.frame.limits.all:
                continue
            rows.append((
                self.journey.name, candidate.customer_id, candidate.at, candidate.one_per or "",
                candidate.occurrence, candidate.trigger, candidate.event_id, candidate.cause,
                "queued" if queued else "refused", verdict.reason, self.frame.now,
            ))  # fmt: skip
        insert_rows(connection, entry, _ENTRY, rows)


def _note_queued(connection: Connection, verdict: Verdict, now: datetime) -> None:
    """Who was in the queue leaves it, but for those who go on waiting."""
    mine = entry.c.id == verdict.candidate.queue_id
    if verdict.outcome == "queue":
        connection.execute(update(entry).where(mine, entry.c.judged_at.is_(None)).values(judged_at=now))
    elif verdict.outcome == "refuse":
        values = {"state": "refused", "reason": verdict.reason, "judged_at": now}
        connection.execute(update(entry).where(mine).values(values))
    else:
        connection.execute(delete(entry).where(mine))


def _label(verdict: Verdict) -> str:
    names = {"enter": "", "hold_out": "held out", "queue": "waiting for room", "repeat": "repeated"}
    return names.get(verdict.outcome, f"refused: {verdict.reason}")


def _earlier(connection: Connection, journey: Journey, candidates: Sequence[Candidate]) -> dict[Key, Earlier]:
    """What is known of these customers' earlier entries, and which of them wait in the queue."""
    known: dict[Key, Earlier] = defaultdict(Earlier)
    dated = isinstance(journey.enter.by, ByDate)
    for ids in batches(sorted({candidate.customer_id for candidate in candidates})):
        mine = enrolment.c.journey == journey.name
        rows = connection.execute(rows_among(connection, _EARLIER, enrolment.c.customer_id, ids, mine)).all()
        for row in rows:
            _add(known[row.customer_id, row.one_per], row)
            if dated:
                _add(known[row.customer_id, None], row)
        if journey.enter.at_most is not None:
            for customer_id, one_per in _queued(connection, journey.name, ids):
                known[customer_id, one_per].queued = True
    return known


def _add(before: Earlier, row: Row[Any]) -> None:
    last = before.last_entered_at
    before.last_entered_at = row.entered_at if last is None else max(last, row.entered_at)
    before.occurrences.add(row.occurrence)
    if row.trigger_event_id is not None:
        before.event_ids.add(row.trigger_event_id)
    if row.ended_at is None:
        before.running.append(row.id)


def _queued(connection: Connection, journey: str, ids: Sequence[int]) -> list[Row[Any]]:
    mine = (entry.c.journey == journey, entry.c.state == "queued")
    asked = select(entry.c.customer_id, entry.c.one_per)
    return list(connection.execute(asked.where(among(connection, entry.c.customer_id, ids), *mine)))


def _window(now: datetime, per: str, zone: str) -> datetime:
    """The start (UTC) of the shop's present hour, day or week (from Monday)."""
    local = to_local(now, zone)
    if per == "hour":
        return to_instant(local.replace(minute=0, second=0, microsecond=0), zone)
    day = local.date() - timedelta(days=local.weekday() if per == "week" else 0)
    return to_instant(datetime.combine(day, time()), zone)
