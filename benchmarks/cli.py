"""What `make bench` runs: each figure on each database, and a table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from rich.console import Console

from benchmarks.databases import KINDS, Server, server
from benchmarks.figures import Figure, Sizes, delivery_figures, figures, ingest_figures, score_figures, show

WIDTH = 150  # of the table, where the terminal does not say
MILLION = 1_000_000


def main() -> None:
    """Measure and print; the exit code is 1 if a target is missed."""
    options = _parser().parse_args()
    sizes = Sizes(
        options.customers,
        options.few,
        options.many,
        MILLION if options.large else 0,
        options.batches,
        options.letters,
        options.scored,
    )
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    missed = 0
    for kind in [options.only] if options.only else KINDS:
        with server(kind) as running:
            found = list(_measured(running, sizes, options))
        show(console, kind, found)
        missed += sum(figure.met is False for figure in found)
    raise SystemExit(1 if missed else 0)


def _measured(running: Server, sizes: Sizes, options: argparse.Namespace) -> Iterator[Figure]:
    """All but the scores, which take minutes, or what was asked for alone."""
    if options.scores:
        yield from score_figures(running, sizes)
        return
    if not options.ingest and not options.delivery:
        yield from figures(running, sizes)
    if not options.delivery:
        yield from ingest_figures(running, sizes)
    if not options.ingest:
        yield from delivery_figures(running, sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--customers", type=int, default=Sizes.customers, help="who walk the whole journey")
    parser.add_argument("--few", type=int, default=Sizes.few, help="who wait in the lesser idle turn")
    parser.add_argument("--many", type=int, default=Sizes.many, help="who wait in the greater idle turn")
    parser.add_argument("--large", action="store_true", help="also let a million enter in one turn")
    parser.add_argument("--ingest", action="store_true", help="only how events are taken by HTTP")
    parser.add_argument("--batches", type=int, default=Sizes.batches, help="of 100 events, by HTTP")
    parser.add_argument("--delivery", action="store_true", help="only how fast messages leave")
    parser.add_argument("--letters", type=int, default=Sizes.letters, help="that leave in each of 4 rounds")
    parser.add_argument("--scores", action="store_true", help="only what fitting and scoring cost")
    parser.add_argument("--scored", type=int, default=Sizes.scored, help="customers, with --scores")
    parser.add_argument("--only", choices=KINDS, help="one database instead of both")
    return parser
