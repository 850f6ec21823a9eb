"""Ctrl-C and SIGTERM, counted: the first asks to stop, the second to hurry."""

from __future__ import annotations

import signal
import time
from types import FrameType


class Stopped(Exception):
    """Somebody has asked us to stop."""


class Stops:
    """From its making on, Ctrl-C, SIGTERM and a closed terminal end nothing by themselves, but `pause`."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._heard)

    def pause(self, seconds: float) -> None:
        """Sleep, not longer than until the first request. Stopped if there was one."""
        until = time.monotonic() + seconds
        while not self.count and time.monotonic() < until:
            time.sleep(0.1)
        if self.count:
            raise Stopped

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
