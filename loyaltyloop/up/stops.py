"""Ctrl-C and SIGTERM, counted: the first asks to stop, the second to hurry."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Any


class Stopped(Exception):
    """Somebody has asked us to stop."""


class Stops:
    """Within it, Ctrl-C, SIGTERM and a closed terminal end nothing by themselves; `pause` tells of them."""

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stops:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pause(self, seconds: float) -> None:
        """Sleep, not longer than until the first request. Stopped if there was one."""
        until = time.monotonic() + seconds
        while not self.count and time.monotonic() < until:
            time.sleep(0.1)
        if self.count:
            raise Stopped

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
