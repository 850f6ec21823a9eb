"""The figures: what was measured, what it is held against, and whether that is met."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.databases import Server
from benchmarks.delivery import Rates, by_http, by_http_together, by_smtp
from benchmarks.floor import floor
from benchmarks.idle import idle
from benchmarks.ingest import ingest
from benchmarks.ingest_calls import SIZE
from benchmarks.journeys import as_files, walk
from benchmarks.large import memory
from benchmarks.scores import Cost, few, measured
from benchmarks.sink import sink

PER_SECOND = {"sqlite": 3_000, "postgresql": 2_000}
MEMORY = 1024.0  # MiB
IDLE = 2.0  # times the turn with few waiting
INGEST = 3.0  # times the bare endpoint
DELIVERY = 0.5  # of the bare loop
MANY = 1_000_000  # products
SCORES = 60.0  # seconds, to fit all models and to score all customers
FIT_MEMORY, SCORE_MEMORY = 2048.0, 1024.0  # MiB


@dataclass(frozen=True)
class Sizes:
    """How many customers go through the journey, how many wait in the idle turns, how many batches come.

    `letters`: how many messages leave in each round; `scored`: how many customers are scored.
    """

    customers: int = 10_000
    few: int = 10_000
    many: int = 1_000_000
    large: int = 0
    batches: int = 200
    letters: int = 1_000
    scored: int = 100_000


@dataclass(frozen=True)
class Figure:
    """One line of the table; `met` is None where nothing is demanded."""

    name: str
    ours: str
    floor: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def figures(server: Server, sizes: Sizes) -> Iterator[Figure]:
    """Measure on this database, figure by figure."""
    yield from _journey(server, sizes.customers)
    yield _idle(server, sizes)
    if sizes.large:
        yield _memory(server, sizes.large)


def ingest_figures(server: Server, sizes: Sizes) -> Iterator[Figure]:
    """What an event costs the service that takes it by HTTP, until it is committed."""
    ours, floor = ingest(server, sizes.batches)
    yield Figure(
        f"ingest in batches of {SIZE}, an event: CPU of the service",
        f"{ours.process:.0f} µs",
        f"{floor.process:.0f} µs (bare endpoint)",
        f"{ours.process / floor.process:.2f}",
        f"<= {INGEST:.0f} times",
        ours.process <= INGEST * floor.process,
    )
    if server.pid is not None:
        yield Figure(
            "CPU of PostgreSQL for it",
            f"{ours.server:.0f} µs",
            f"{floor.server:.0f} µs",
            f"{ours.server / floor.server:.2f}",
        )
    yield Figure("events a second, one process", f"{ours.rate:,.0f}", f"{floor.rate:,.0f}")


def delivery_figures(server: Server, sizes: Sizes) -> Iterator[Figure]:
    """How many messages leave in a second, against a bare loop that hands over the same ones, ready made."""
    count = sizes.letters
    with sink() as (http, mail, real):
        yield _rate("messages a second over HTTP", by_http(server, http, count), DELIVERY)
        yield _rate("by SMTP to aiosmtpd", by_smtp(server, real, count), DELIVERY)
        yield _rate("over HTTP, 25 in a request", by_http_together(server, http, count))
        yield _rate("by SMTP to a server that does nothing", by_smtp(server, mail, count))


def score_figures(server: Server, sizes: Sizes) -> Iterator[Figure]:
    """What fitting the models costs on the sample shop's year, and scoring many customers."""
    costs, people = measured(server, sizes.scored), f"{sizes.scored:,} customers"
    yield from _cost("all models fitted, judged, fitted again", costs.fitted, FIT_MEMORY)
    yield from _cost(f"{people} read, scored, given 10 products", costs.served, SCORE_MEMORY)
    yield from _cost(f"{people} in the database predicted by 3 models", costs.first, SCORE_MEMORY)
    yield from _cost("and on the next day", costs.second, SCORE_MEMORY)
    yield from _cost(f"ten orders of {MANY:,} products: nothing learned", few(server, MANY), FIT_MEMORY)


def _cost(name: str, cost: Cost, memory: float) -> Iterator[Figure]:
    by = f" by {cost.processes} processes" if cost.processes > 1 else ""
    beside = f", {cost.database:.1f} of the database" if cost.database else ""
    ours = f"{cost.wall:.1f} s, {cost.cpu:.1f} CPU seconds{by}{beside}"
    yield Figure(name, ours, target=f"<= {SCORES:.0f} s", met=cost.seconds <= SCORES)
    yield Figure(
        "memory for it", f"{cost.peak:.0f} MiB", target=f"<= {memory:.0f} MiB", met=cost.peak <= memory
    )


def _rate(name: str, rates: Rates, target: float | None = None) -> Figure:
    ratio = rates.ours / rates.bare
    ours, bare = f"{rates.ours:,.0f}", f"{rates.bare:,.0f} (ready, bare loop)"
    if target is None:
        return Figure(name, ours, bare, f"{ratio:.2f}")
    return Figure(name, ours, bare, f"{ratio:.2f}", f">= {target}", ratio >= target)


def _journey(server: Server, count: int) -> Iterator[Figure]:
    walk(server, 500)  # imports and compiles
    before = floor(server, count)
    walked = walk(server, count)
    # The machine may have slowed down meanwhile: the floor is taken before and after.
    both = before + floor(server, count)
    target = PER_SECOND[server.kind]
    rate = 1e6 / walked.customer
    yield Figure(
        "journey with two mails, to stored bodies, a customer",
        f"{walked.customer:.0f} µs, {rate:,.0f} per CPU-second",
        f"{both:.0f} µs (two steps)",
        f"{walked.customer / both:.2f}",
        f">= {target:,} per CPU-second",
        rate >= target,
    )
    yield Figure("hand-over to a way out that takes all, a message", f"{walked.message:.0f} µs")
    yield Figure(
        "hand-over as synced .eml files, a message",
        f"{as_files(server, max(count // 10, 200), server.folder / 'outbox'):.0f} µs",
    )


def _idle(server: Server, sizes: Sizes) -> Figure:
    small, large = idle(server, sizes.few, sizes.many)
    return Figure(
        f"idle turn, {sizes.few:,} and {sizes.many:,} waiting",
        f"{small * 1e3:.1f} ms, {large * 1e3:.1f} ms",
        ratio=f"{large / small:.2f}",
        target=f"<= {IDLE:.0f} times",
        met=large <= IDLE * small,
    )


def _memory(server: Server, count: int) -> Figure:
    peak, seconds = memory(server, count)
    return Figure(
        f"{count:,} enter in one turn, memory",
        f"{peak:.0f} MiB ({seconds:.0f} CPU seconds)",
        target=f"<= {MEMORY:.0f} MiB",
        met=peak <= MEMORY,
    )


def show(console: Console, kind: str, found: list[Figure]) -> None:
    """The table of one database."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    title = f"{kind} (load average {load} on {os.cpu_count()} cores)"
    table = Table("figure", "ours", "floor", "ratio", "target", "met", title=title, box=box.SIMPLE)
    for figure in found:
        met = "" if figure.met is None else "yes" if figure.met else "NO"
        table.add_row(figure.name, figure.ours, figure.floor, figure.ratio, figure.target, met)
    console.print(table)
