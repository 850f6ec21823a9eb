"""The benchmark measures work that was done: a handful of customers through each of its scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import delivery
from benchmarks.databases import KINDS, Server, server
from benchmarks.floor import floor
from benchmarks.idle import idle
from benchmarks.ingest import ingest
from benchmarks.journeys import as_files, walk
from benchmarks.large import memory
from benchmarks.sink import sink


@pytest.fixture(params=KINDS)
def running(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of each kind."""
    with server(request.param) as started:
        yield started


def test_every_scene_does_its_work(running: Server, tmp_path: Path) -> None:
    """Each scene counts at its end what became of its customers, and raises if that is not all of them."""
    walked = walk(running, 30)
    assert walked.customer > 0
    assert walked.message > 0
    assert floor(running, 30) > 0
    assert as_files(running, 5, tmp_path) > 0
    assert len(list(tmp_path.glob("*.eml"))) == 10
    assert min(idle(running, 10, 30)) > 0
    assert memory(running, 50)[0] > 50
    if running.pid is not None:
        assert min(taken.server for taken in ingest(running, 20, rounds=1)) > 0


@pytest.mark.parametrize("way", [delivery.by_http, delivery.by_http_together, delivery.by_smtp])
def test_delivery_is_measured_by_messages_that_really_left(
    way: Callable[[Server, int, int], delivery.Rates], tmp_path: Path
) -> None:
    with sink() as (http, _, real):
        rates = way(Server("sqlite", tmp_path), real if way is delivery.by_smtp else http, 30)
    assert rates.ours > 0
    assert rates.bare > 0
