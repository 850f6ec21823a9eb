"""The way out by SMTP: a few connections, each for many messages."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import monotonic

from loyaltyloop.channels.mail.smtp_line import Line, Server
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.journey.addresses import is_local
from loyaltyloop.settings import Settings

__all__ = ["Server", "Smtp"]

TIMEOUT = 30.0  # seconds for each answer
# So many messages in a row that lost their connection: one may be to blame itself, not two.
LOST = 2
MOST = 1000  # messages of a claim, where the server takes so many within a second


class Smtp(WayOut):
    """Hands messages to a mail server. SMTP knows no repetition, so a lost answer is never tried again."""

    name = "smtp"
    idempotent = False

    def __init__(self, server: Server, timeout: float = TIMEOUT) -> None:
        self.far = not is_local(server.host)
        self.batch = 50 * server.connections
        self._lines = [Line(server, timeout) for _ in range(server.connections)]

    @classmethod
    def of(cls, settings: Settings) -> Smtp:
        """The server that the settings name."""
        return cls(
            Server(
                settings.smtp_host,
                settings.smtp_port,
                settings.smtp_user,
                settings.smtp_password.get_secret_value(),
                settings.smtp_tls,
                connections=settings.smtp_connections,
            )
        )

    def open(self) -> str | None:
        """Why there is not one connection, if so."""
        return None if any(line.connected for line in self._lines) else self._lines[0].connect()

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Each message by itself, and what a message has in its way it tells by itself, too.

        A server that hangs costs its time-out with each try, so it is not tried again for every message.
        """
        queue, began = _Queue(batch), monotonic()
        queue.away = self.open()  # before the others try: a server that takes one connection takes this one
        with ThreadPoolExecutor(len(self._lines)) as threads:
            working = [threads.submit(self._work, line, queue) for line in self._lines]
        failed = next((error for one in working if (error := one.exception())), None)
        if failed is None:
            # What a line gave back when no other was at work any more.
            self._work(next((line for line in self._lines if line.connected), self._lines[0]), queue)
        told = queue.told()
        if queue.away is None:
            self.learn(len(told), monotonic() - began, len(self._lines), MOST)
        yield from told
        if failed is not None:
            raise failed

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def _work(self, line: Line, queue: _Queue) -> None:
        """One line's part of the queue. One that gets no connection leaves its part to the others."""
        while (taken := queue.take()) is not None:
            place, message = taken
            if queue.away is None and (failed := line.connect()):
                if any(other.connected for other in self._lines):
                    queue.give_back(place, message)
                    return
                queue.away = failed
            if queue.away is not None:
                queue.tell(place, Outcome(message.key, "try_again", queue.away, away=True))
                continue
            queue.tell(place, line.send(message))
            if line.lost >= LOST:
                queue.away = "the mail server loses one connection after the other"


class _Queue:
    """Messages that wait, and what became of the others. `away`: why no other would fare better now."""

    def __init__(self, batch: Iterable[Outgoing]) -> None:
        self.away: str | None = None
        self._batch = enumerate(batch)
        self._back: deque[tuple[int, Outgoing]] = deque()
        self._told: dict[int, Outcome] = {}
        self._lock = Lock()

    def take(self) -> tuple[int, Outgoing] | None:
        """The next with its place; None when there is none."""
        with self._lock:
            return self._back.popleft() if self._back else next(self._batch, None)

    def give_back(self, place: int, message: Outgoing) -> None:
        """It was not offered to anybody."""
        with self._lock:
            self._back.append((place, message))

    def tell(self, place: int, outcome: Outcome) -> None:
        """What became of the message of this place."""
        self._told[place] = outcome

    def told(self) -> list[Outcome]:
        """All outcomes, in the order of the messages."""
        return [self._told[place] for place in sorted(self._told)]
