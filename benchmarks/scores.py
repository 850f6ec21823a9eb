"""What it costs to fit every model on the sample shop's year, and to score and recommend for many customers.

Fitting is done by a process of its own, scoring by two at once, half of the customers each: as many as there
are cores. The many customers are those of the sample shop, read, scored and ranked again and again, each time
under ids of their own. For the day's predictions they are so many in the database, too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from benchmarks.databases import Server
from benchmarks.score_shop import END, SHIFT, fill_up, open_catalogue, open_year
from loyaltyloop.demo.sample import CURRENCY
from loyaltyloop.scores.models.learners import LEARNERS, Known
from loyaltyloop.scores.models.live import Live, live_model
from loyaltyloop.scores.purchases.reading import read_known
from loyaltyloop.scores.ranking.order import rank
from loyaltyloop.scores.ranking.shelf_side import ItemSide, item_side
from loyaltyloop.scores.training.training import train
from loyaltyloop.store.database import open_engine, read
from loyaltyloop.store.models import Customer
from loyaltyloop.turn.predicting import refresh

RANKING = "recommend"
TOP = 10
BATCH = 2_000  # customers
PREDICTED = ["lapse", "refill", "value"]


@dataclass(frozen=True)
class Cost:
    """Wall seconds; CPU seconds and the most memory (MiB) of all `processes` together.

    `database`: CPU seconds of the database's own processes.
    """

    wall: float
    cpu: float
    peak: float
    processes: int = 1
    database: float = 0.0

    @property
    def seconds(self) -> float:
        """What it takes where nobody else is at work: the CPU seconds of one of them, if it had to wait."""
        return min(self.wall, self.cpu / self.processes)


@dataclass(frozen=True)
class Costs:
    """Of fitting all models, of scoring and recommending, and of what two days predict, one after another."""

    fitted: Cost
    served: Cost
    first: Cost
    second: Cost


def measured(server: Server, customers: int) -> Costs:
    """With so many customers."""
    with server.database() as engine:
        open_year(engine)
        url = engine.url.render_as_string(hide_password=False)
        fitted = _alone(server, f"fit({url!r})")
        halves = (customers // 2, customers - customers // 2)
        served = _alone(server, *(f"serve({url!r}, {half})" for half in halves))
        fill_up(engine, customers)
        days = [_alone(server, f"predict({url!r}, {day})") for day in range(2)]
        return Costs(fitted, served, *days)


def few(server: Server, products: int) -> Cost:
    """Of a training that finds ten orders of so many products."""
    with server.database() as engine:
        open_catalogue(engine, products)
        return _alone(server, f"fit({engine.url.render_as_string(hide_password=False)!r}, 'fallback')")


def _alone(server: Server, *calls: str) -> Cost:
    """Each call in a process of its own, all at once."""
    began, before = time.perf_counter(), server.cpu_of_server()
    started = [_started(call) for call in calls]
    told = [process.communicate()[0] for process in started]
    wall = time.perf_counter() - began
    if any(process.returncode for process in started):
        raise RuntimeError(f"{calls[0]} did not end well")
    cpu, peak = (sum(float(one.split()[place]) for one in told) for place in (0, 1))
    return Cost(wall, cpu, peak, len(calls), server.cpu_of_server() - before)


def _started(call: str) -> subprocess.Popen[str]:
    code = f"from benchmarks.scores import fit, predict, serve, used; {call}; print(*used())"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def used() -> tuple[float, float]:
    """CPU seconds of this process, and its most memory in MiB.

    Of the process alone: what `getrusage` says holds that of the process that started it, too.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    most = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return time.process_time(), int(most) / 1024


def fit(url: str, decision: str = "first") -> None:
    """Every model, as `loop train` does; `decision`: what must come of each."""
    engine = open_engine(url)
    for name in LEARNERS:
        outcome = train(engine, name, END)
        if outcome.decision != decision:
            raise RuntimeError(f"{name}: {outcome.decision} instead of {decision}: {outcome.why}")


def serve(url: str, customers: int) -> None:
    """All numbers and ten products for so many customers, in batches that are read from the database."""
    engine = open_engine(url)
    with read(engine) as connection:
        models = {name: _live(connection, name) for name in LEARNERS}
        whole = read_known(connection, END, CURRENCY)
    side = item_side(whole.past, whole.catalogue)
    del whole
    done = 0
    for known in _batches(engine, customers):
        done += _serve(known, models, side)
    if done != customers:
        raise RuntimeError(f"{customers} customers should be served: {done}")


def predict(url: str, day: int) -> None:
    """What the night does: every model is asked about everybody, and what differs is written."""
    found = refresh(open_engine(url), END + timedelta(days=day, hours=2))
    if found != PREDICTED:
        raise RuntimeError(f"{found} are predicted instead of {PREDICTED}")


def _live(connection: Connection, name: str) -> Live:
    found = live_model(connection, name, END)
    if found is None:
        raise RuntimeError(f"{name} should be live")
    return found


def _serve(known: Known, models: dict[str, Live], side: ItemSide) -> int:
    people = len(known.past.customers)
    for name, live in models.items():
        if name == RANKING:
            found = len(rank(live.model, side, known.past, known.looks, TOP).what)
        else:
            found = len(live.model.score(known))
        if found != people:
            raise RuntimeError(f"{name} told of {found} customers instead of {people}")
    return people


def _batches(engine: Engine, customers: int) -> Iterator[Known]:
    with read(engine) as connection:
        ids = list(connection.execute(select(Customer.__table__.c.id)).scalars())  # type: ignore[attr-defined]
    left, again = customers, 0
    while left:
        for start in range(0, min(left, len(ids)), BATCH):
            some = ids[start : start + min(BATCH, left)]
            with read(engine) as connection:
                known = read_known(connection, END, CURRENCY, timedelta(days=90), some)
            yield _shifted(known, again * SHIFT)
            left -= len(some)
        again += 1


def _shifted(known: Known, by: int) -> Known:
    return replace(known, past=replace(known.past, customers=known.past.customers + by))
