"""What a `recommend` step costs for many customers at once: python -m benchmarks.recommending

On the sample shop's year: by the counted mix, then by the ranking that `loop train` fits on it. Seconds are
of CPU; each way is measured in a process of its own, whose memory is its peak.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from time import process_time

import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy import Table as TableOf
from sqlalchemy import select

from benchmarks.databases import KINDS, server
from benchmarks.score_shop import END, open_year
from loyaltyloop.journey.model import Recommend
from loyaltyloop.scores.recommending.learned import MODEL
from loyaltyloop.scores.recommending.recommend import Wanted, recommend
from loyaltyloop.scores.training.training import train
from loyaltyloop.store.database import open_engine, trial
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.models import Customer

WARMING = 100  # customers for whom all is counted that is counted once a day or week
_PEOPLE: TableOf = Customer.__table__  # type: ignore[attr-defined]


def main() -> None:
    """Measure and print, on each database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recommending", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--only", choices=KINDS, help="one database instead of both")
    options = parser.parse_args()
    table = Table(
        "database", "`best` by", "the day's first, s", "one customer, ms", "each of many, ms", "MiB"
    )
    for kind in [options.only] if options.only else KINDS:
        with server(kind) as running, running.database() as engine:
            open_year(engine)
            url = engine.url.render_as_string(hide_password=False)
            table.add_row(kind, "the counted mix", *_alone(url, options.customers))
            train(engine, MODEL, END)
            table.add_row(kind, "the learned ranking", *_alone(url, options.customers))
    Console(width=110).print(table)


def _alone(url: str, customers: int) -> list[str]:
    code = f"from benchmarks.recommending import told; told({url!r}, {customers})"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    found: list[str] = orjson.loads(done.stdout)
    return found


def told(url: str, customers: int) -> None:
    """Print what it costs: the first customers of a day and week, for whom all is counted; one; many."""
    with trial(open_engine(url)) as connection:
        shop = load_shop(connection)
        rows = connection.execute(select(_PEOPLE.c.id, _PEOPLE.c.country).order_by(_PEOPLE.c.id)).all()
        known = [rows[one % len(rows)] for one in range(customers)]
        people = [Wanted(row.id, one, row.country, {}) for one, row in enumerate(known)]
        costs = []
        for some in (people[:WARMING], people[:1], people):
            began = process_time()
            recommend(connection, some, Recommend(), shop, END)
            costs.append(process_time() - began)
    day, one, many = costs[0], costs[1] * 1000, costs[2] * 1000 / customers
    print(orjson.dumps([f"{day:.1f}", f"{one:.1f}", f"{many:.2f}", f"{_peak():.0f}"]).decode())


def _peak() -> float:
    """The most memory that this process had, in MiB; what the one that began it had does not count."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    [line] = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
