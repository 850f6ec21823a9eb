"""Wakes journeys in a thread of its own: who commits events tells what they were, and never waits."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from loyaltyloop.errors import LoopError
from loyaltyloop.journey.conditions.listening import Listening
from loyaltyloop.store.segment import Call
from loyaltyloop.web.responses.machines import HELD
from loyaltyloop.web.waking.agenda import GATHER, Agenda, Wake
from loyaltyloop.web.waking.heard import Heard, Pairs, answers, reason, traces
from loyaltyloop.web.waking.listeners import Directory, Listeners

log = logging.getLogger(__name__)
MOST = 5000  # traces between two rounds; where there are more, everybody is woken
PAUSE = 0.05  # seconds between two rounds, at least: the busiest service costs its waker little
FIRST_RETRY, LAST_RETRY = timedelta(seconds=1), timedelta(seconds=30)
MANY = "much that has arrived"


class CannotWake(LoopError):
    """Nobody could be told. The text says why, without an address."""


# Has turns of these journeys run. CannotWake if nobody answers.
Bell = Callable[[Sequence[Wake]], object]


class Waking(Protocol):
    """What a service needs of a waker."""

    def heard(self, calls: Sequence[Call]) -> None:
        """These were committed. Returns at once, and raises nothing."""

    def count_in(self, counts: Counter[tuple[str, ...]]) -> None:
        """Count there."""

    def start(self) -> None: ...

    def close(self) -> None: ...


class Nobody:
    """Wakes nobody: the next turn of each journey takes what has arrived."""

    def heard(self, calls: Sequence[Call]) -> None:
        """Nothing is done."""

    def count_in(self, counts: Counter[tuple[str, ...]]) -> None:
        """There is nothing to count."""

    def start(self) -> None:
        """There is nothing to start."""

    def close(self) -> None:
        """There is nothing to end."""


class Waker:
    """`ring`: how journeys are woken; `clock`: the present, UTC.

    Counted as `wake`: journeys that were `woken`, attempts that `failed`, rounds that were `unsure` of who
    listens, and `broken` ones.
    """

    def __init__(self, directory: Directory, ring: Bell, clock: Callable[[], datetime]) -> None:
        self._directory, self._ring, self._clock = directory, ring, clock
        self._wanted = Listening(merges=True)
        self._pairs = Pairs()
        self._lock = threading.Lock()
        self._heard: dict[Heard, datetime] = {}  # → when it was committed last
        self._overheard = False  # there was more than can be remembered
        self._agenda = Agenda()
        self._retry = FIRST_RETRY
        self._away = self._unsure = False
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._stir = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="waker", daemon=True)

    def count_in(self, counts: Counter[tuple[str, ...]]) -> None:
        """Count there, from now on; these keys are this thread's alone."""
        self._counts = counts

    def start(self) -> None:
        """Begin to wake."""
        self._thread.start()

    def close(self) -> None:
        """Wake whoever is due, and end. Who was to be woken later is found by the next turn."""
        self._closing = True
        self._stir.set()
        if self._thread.is_alive():
            self._thread.join()

    def heard(self, calls: Sequence[Call]) -> None:
        """Note what was committed."""
        now = self._clock()
        found = traces(calls, self._wanted, self._pairs, now)
        if not found:
            return
        with self._lock:
            self._heard.update(dict.fromkeys(found, now))
            if len(self._heard) > MOST:
                self._heard, self._overheard = {}, True
        self._stir.set()

    def round(self, now: datetime) -> datetime | None:
        """Look at what was heard and wake who is due at `now`; when to look again, at the latest."""
        self._sort(now)
        wakes = self._agenda.due(now)
        if wakes:
            self._wake(wakes, now)
        return self._agenda.next()

    def _work(self) -> None:
        again = self._safely(self._clock())  # who listens is known before the first event
        while not self._closing:
            self._stir.wait(None if again is None else max((again - self._clock()).total_seconds(), 0))
            self._stir.clear()
            if not self._closing:
                time.sleep(PAUSE)
                again = self._safely(self._clock())
        self._safely(self._clock() + GATHER)

    def _safely(self, now: datetime) -> datetime | None:
        """One round, whatever happens: a mistake of ours shall not end all waking."""
        try:
            return self.round(now)
        except Exception as error:
            log.error("a round of waking failed: %s", type(error).__name__)
            self._counts["wake", "broken"] += 1
            return now + LAST_RETRY

    def _sort(self, now: datetime) -> None:
        """Who is to be woken by what was heard since the last round."""
        with self._lock:
            heard, self._heard = self._heard, {}
            overheard, self._overheard = self._overheard, False
        for name, wanted in self._listeners(now).by_journey.items():
            for (trace, later), committed in heard.items():
                if answers(trace, wanted):
                    self._agenda.want(name, later or committed, reason(trace), now)
            if overheard and wanted != Listening():
                for ready in (now, now + HELD):
                    self._agenda.want(name, ready, MANY, now)

    def _listeners(self, now: datetime) -> Listeners:
        try:
            found = self._directory.look(now)
        except (SQLAlchemyError, LoopError) as error:
            self._counts["wake", "unsure"] += 1
            if not self._unsure:
                log.warning("who listens is not known: %s; by what was known", type(error).__name__)
            self._unsure = True
            return self._directory.listeners
        self._unsure = False
        self._wanted = found.all
        self._agenda.apart = found.apart
        self._agenda.keep(found.by_journey)
        return found

    def _wake(self, wakes: Iterable[Wake], now: datetime) -> None:
        wakes = list(wakes)
        try:
            self._ring(wakes)
        except CannotWake as why:
            self._agenda.put_off(now + self._retry)
            self._retry = min(self._retry * 2, LAST_RETRY)
            self._counts["wake", "failed"] += 1
            if not self._away:
                log.warning("journeys cannot be woken: %s; their next turns take what has arrived", why)
            self._away = True
            return
        self._agenda.done(wakes, now)
        self._counts["wake", "woken"] += len(wakes)
        if self._away:
            log.warning("journeys are woken again")
        self._away, self._retry = False, FIRST_RETRY
