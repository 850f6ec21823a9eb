"""An event loop for ways out: what they do over the network goes on at once, inside one call."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, which lives as long as the connections do."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "way-out")
        self._runner = self._thread.submit(asyncio.Runner).result()

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Its result, when it has one."""
        return self._thread.submit(self._runner.run, what).result()

    def close(self) -> None:
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()
