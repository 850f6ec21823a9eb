"""Killing a turn at chosen instants and starting it again, and telling what came of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from loyaltyloop.store.database import open_engine, read
from loyaltyloop.store.models import Body, Customer, Entry, LiveJourney
from tests.heavy.scene import NOW
from tests.reference.staging import ENROLMENT, MESSAGE, VISIT

ROOT = Path(__file__).parents[2]
BODY = Body.__table__  # type: ignore[attr-defined]
CUSTOMER = Customer.__table__  # type: ignore[attr-defined]
ENTRY = Entry.__table__  # type: ignore[attr-defined]
LIVE = LiveJourney.__table__  # type: ignore[attr-defined]


@dataclass
class Ran:
    """How a turn went that was killed now and then: seconds after its beginning, and seconds in all."""

    kills: list[float] = field(default_factory=list)
    seconds: float = 0.0


def run(url: str, outbox: str, kills: Sequence[float] = ()) -> Ran:
    """Start the turn; kill it and start it again at once, after so many seconds each; then let it end."""
    ran = Ran()
    for after in [*kills, None]:
        seconds, ended = _once(url, outbox, after)
        ran.seconds += seconds
        if ended:
            return ran
        ran.kills.append(seconds)
    raise AssertionError("the turn did not end")


def _once(url: str, outbox: str, after: float | None) -> tuple[float, bool]:
    """Seconds from the turn's beginning, and whether it ended by itself."""
    command = [sys.executable, "-m", "tests.heavy.worker", url, outbox, NOW.isoformat()]
    worker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "begins\n", worker.communicate()[1]
    start = perf_counter()
    try:
        told, errors = worker.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.communicate()
        return perf_counter() - start, False
    assert (told, worker.returncode) == ("ended\n", 0), errors
    return perf_counter() - start, True


def instants(number: int, seconds: float, seed: int) -> list[float]:
    """Random instants, one in each of so many equal parts of a turn."""
    random = Random(seed)
    return [seconds * (part + random.random()) / number for part in range(number)]


def steps(points: Sequence[float]) -> list[float]:
    """How long each worker lives, where the turn is killed at these points of its whole length."""
    return [later - earlier for earlier, later in zip([0.0, *points], points, strict=False)]


def told(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the turn came to, without the numbers of rows."""
    e, m, v = ENROLMENT.c, MESSAGE.c, VISIT.c
    who = (e.customer_key, e.one_per, e.occurrence)
    asked = {
        "messages": select(
            m.key, m.step, m.decided_at, m.state, m.reason, m.to, m.subject, BODY.c.html, BODY.c.text,
            BODY.c.links,
        ).select_from(MESSAGE.outerjoin(BODY, BODY.c.message_id == m.id)),
        "enrolments": select(*who, e.step, e.state, e.arrived_at, e.due_at, e.until_at, e.end, e.reason,
            e.held_out, e.goal_at),
        "visits": select(*who, v.step, v.arrived_at, v.left_at, v.path, v.why).where(v.enrolment_id == e.id),
        "entries": select(CUSTOMER.c.key, ENTRY.c.journey, ENTRY.c.at, ENTRY.c.occurrence, ENTRY.c.state,
            ENTRY.c.reason).where(ENTRY.c.customer_id == CUSTOMER.c.id),
        "customers": select(CUSTOMER.c.key, CUSTOMER.c.tags, CUSTOMER.c.orders, CUSTOMER.c.email),
        "turns": select(LIVE.c.name, LIVE.c.entering, LIVE.c.last_now),
    }  # fmt: skip
    engine = open_engine(url)
    with read(engine) as connection:
        found = {name: sorted(map(tuple, connection.execute(rows)), key=repr) for name, rows in asked.items()}
    engine.dispose()
    return found


def unfinished(url: str) -> dict[tuple[str, str], int]:
    """People and messages that stand where nobody may be left standing when a turn has ended."""
    stuck = select(ENROLMENT.c.state, func.count()).where(ENROLMENT.c.state.in_(("ready", "sent", "ending")))
    claimed = select(MESSAGE.c.state, func.count()).where(MESSAGE.c.state.in_(("claimed", "planned")))
    engine = open_engine(url)
    found: dict[tuple[str, str], int] = {}
    with read(engine) as connection:
        for what, rows in {
            "enrolment": stuck.group_by(ENROLMENT.c.state),
            "message": claimed.group_by(MESSAGE.c.state),
        }.items():
            found |= {(what, state): number for state, number in connection.execute(rows)}
    engine.dispose()
    return found


def files(outbox: Path) -> dict[str, str]:
    """All files of an outbox, finished or not, by name: the hash of what is in them."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(outbox.iterdir())}
