"""A million enrolments in one turn: how much memory the process takes that runs it.

The turn runs in a process of its own. Nobody has consented to marketing, so that the million messages are
planned, judged and refused, and the million customers go on to their wait; bodies would fill 10 GB of disk.
"""

from __future__ import annotations

import resource
import subprocess
import sys

from sqlalchemy import Engine

from benchmarks.databases import Server
from benchmarks.idle import fill, instant
from benchmarks.journeys import PUBLIC, Taken
from benchmarks.shop import START, open_shop
from loyaltyloop.store.database import open_engine, write
from loyaltyloop.turn.runner import tick
from loyaltyloop.turn.world import World

_EVENT = """INSERT INTO event (source, message_id, type, name, user_id, at, arrived_at, properties, seq,
 customer_id) {numbers} SELECT 'benchmark', {key}, 'track', 'Signed Up', {key}, {at}, {at}, '{{}}', i,
 i FROM n"""


def memory(server: Server, count: int) -> tuple[float, float]:
    """(MiB at most, CPU seconds of the process) of one turn that so many enter."""
    with server.database() as engine:
        open_shop(engine)
        fill(engine, server.kind, 1, count, ("customer", _EVENT))
        url = engine.url.render_as_string(hide_password=False)
        code = f"from benchmarks.large import run; run({url!r}, {count})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peak, seconds = done.stdout.split()
        return float(peak), float(seconds)


def run(url: str, count: int) -> None:
    """One turn in this process; prints its peak memory in MiB and its CPU seconds."""
    engine = open_engine(url)
    tick(World(engine, {"email": Taken()}, b"a secret of this benchmark only", PUBLIC), START)
    _check(engine, count)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime)


def _check(engine: Engine, count: int) -> None:
    with write(engine) as connection:
        waiting = connection.exec_driver_sql(
            f"SELECT count(*) FROM enrolment WHERE state = 'waiting' AND due_at > {instant(START)}"
        ).scalar_one()
    if waiting != count:
        raise RuntimeError(f"{count} enrolments should wait: {waiting}")
