"""The whole journey enter -> send -> wait -> branch -> send, in two turns."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, Table, func, select

from benchmarks.databases import Server
from benchmarks.shop import START, open_shop, sign_up
from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.store.database import read
from loyaltyloop.store.models import Message
from loyaltyloop.turn import handing
from loyaltyloop.turn.handing import Handed
from loyaltyloop.turn.runner import tick
from loyaltyloop.turn.world import World

PUBLIC = "https://t.example"
LATER = START + timedelta(days=2, minutes=1)
message: Table = Message.__table__  # type: ignore[attr-defined]


class Taken(WayOut):
    """A way out that takes everything and does nothing."""

    name, idempotent, batch = "taken", True, EmlFiles.batch

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing stays open."""

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        for each in batch:
            yield Outcome(each.key, "handed_over")


@dataclass(frozen=True)
class Walked:
    """CPU microseconds: a customer from entering to stored bodies; a message from there to its way out."""

    customer: float
    message: float


def walk(server: Server, count: int, out: WayOut | None = None) -> Walked:
    """Take so many customers through the journey."""
    with server.database() as engine:
        open_shop(engine)
        sign_up(engine, count)
        world = World(engine, {"email": out or Taken()}, b"a secret of this benchmark only", PUBLIC)
        gc.collect()
        measured = _Handing(server)
        start = server.cpu()
        with patch.object(handing, "hand_over", measured.work):
            tick(world, START)
            tick(world, LATER)
        whole = server.cpu() - start
        _check(engine, count)
    return Walked((whole - measured.spent) / count * 1e6, measured.spent / (2 * count) * 1e6)


class _Handing:
    """Stands in for the hand-over, and measures it."""

    def __init__(self, server: Server) -> None:
        self.spent = 0.0
        self._server = server
        self._work: Any = handing.hand_over

    def work(self, *words: Any) -> Handed:
        start = self._server.cpu()
        handed: Handed = self._work(*words)
        self.spent += self._server.cpu() - start
        return handed


def _check(engine: Engine, count: int) -> None:
    """Figures of work that was not done are none."""
    with read(engine) as connection:
        found = dict(
            connection.execute(select(message.c.state, func.count()).group_by(message.c.state)).tuples().all()
        )
    if found != {"handed_over": 2 * count}:
        raise RuntimeError(f"{2 * count} messages should have been handed over: {found}")


def as_files(server: Server, count: int, folder: Path) -> float:
    """CPU microseconds a message: loaded, assembled, written to a synced file, recorded."""
    return walk(server, count, EmlFiles(folder)).message
