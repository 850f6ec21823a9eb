"""What another process does in the midst of ours."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from loyaltyloop.store.database import read
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.live.versions import load_shop
from tests.integration.turn.stage import Stage, utc


class Meanwhile:
    """Something that another process does, begun in the midst of ours; it may have to wait for us."""

    def __init__(self, what: Callable[[], object]) -> None:
        self._what = what
        self._pool = ThreadPoolExecutor(1)
        self._running: Future[object] | None = None

    def begin(self) -> None:
        """Begin, once, and let it go on until it stands still or is done."""
        if self._running is None:
            self._running = self._pool.submit(self._what)
            wait([self._running], timeout=0.5)

    def end(self) -> None:
        """It is done, without an error."""
        assert self._running is not None
        self._running.result(timeout=30)
        self._pool.shutdown()

    def before(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, in front of which this begins."""

        def late(*words: Any, **named: Any) -> Any:
            self.begin()
            return work(*words, **named)

        return late


def merging(stage: Stage, at: str) -> Meanwhile:
    """Ada turns out to own the tablet."""

    def merge() -> None:
        stage.merged("ada", "tablet", at)
        with read(stage.engine) as connection:
            shop = load_shop(connection)
        apply_events(stage.engine, utc(at), shop)

    return Meanwhile(merge)
