"""How fast a provider is asked: so many requests a second, and not before a pause is over."""

from __future__ import annotations

import asyncio

BURST = 0.1  # seconds of the rate that may go at once after a time of silence


class Pace:
    """Requests of one way out, over all its deliveries. `rate`: a second; 0: no limit."""

    def __init__(self, rate: float) -> None:
        self._apart = 1 / rate if rate else 0.0
        self._next = self._until = 0.0

    async def wait(self) -> None:
        """Until one more request is within the rate, and no pause is on."""
        now = asyncio.get_running_loop().time()
        start = max(self._next, now - BURST)
        self._next = start + self._apart
        while (seconds := max(start, self._until) - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Nobody asks before so many seconds from now."""
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)
