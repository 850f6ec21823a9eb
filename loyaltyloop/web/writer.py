"""Events of many requests, committed together: each request is answered after the commit that holds its own.

One thread writes. While one transaction commits, what arrives gathers for the next: the busier the service,
the larger its transactions. Nothing is acknowledged that a dying process could lose.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from time import perf_counter

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from loyaltyloop.store.database import write
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.segment import Call

MOST = 5000  # calls of one transaction; a request's own are never torn apart
WAITING = 2000  # requests that may wait for their commit; more are asked to come again


class Busy(Exception):
    """More requests wait than the database keeps up with: the sender shall try again."""


@dataclass(frozen=True, eq=False)
class _Parcel:
    calls: Sequence[Call]
    done: Future[None]


# What is done beside recording, in the same transaction and under the same lock.
After = Callable[[Connection, Sequence[Call]], object]
# Told of each transaction that ended: how many calls, how many seconds, and whether they are committed.
Observe = Callable[[int, float, bool], object]
# Who is told of what was committed. It must return at once, and raise nothing.
Told = Callable[[Sequence[Call]], object]


class Writer:
    """Commits calls in the order in which they came; whatever was accepted is committed before it ends."""

    def __init__(
        self,
        engine: Engine,
        after: After = lambda _connection, _calls: None,
        told: Told = lambda _calls: None,
        observe: Observe = lambda _calls, _seconds, _well: None,
    ) -> None:
        self._engine = engine
        self._after = after
        self._told = told
        self._observe = observe
        self._parcels: queue.Queue[_Parcel | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._closed = False

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Take nothing more, commit what was taken, and end."""
        if not self._closed:
            self._closed = True
            self._parcels.put(None)
            self._thread.join()

    @property
    def waiting(self) -> int:
        """How many requests wait for their commit."""
        return self._parcels.qsize()

    def put(self, calls: Sequence[Call]) -> Future[None]:
        """Done when these calls are committed; carries the database's error if they could not be. Busy."""
        done: Future[None] = Future()
        if self._closed:
            raise Busy
        try:
            self._parcels.put_nowait(_Parcel(calls, done))
        except queue.Full:
            raise Busy from None
        return done

    def _work(self) -> None:
        ending = False
        while not ending:
            parcels, ending = self._gather()
            if parcels:
                self._commit(parcels)

    def _gather(self) -> tuple[list[_Parcel], bool]:
        """What waits now, at least one; and whether it is the last."""
        found: list[_Parcel] = []
        size = 0
        next_one = self._parcels.get()
        while next_one is not None:
            found.append(next_one)
            size += len(next_one.calls)
            if size >= MOST:
                return found, False
            try:
                next_one = self._parcels.get_nowait()
            except queue.Empty:
                return found, False
        return found, True

    def _commit(self, parcels: Sequence[_Parcel]) -> None:
        # Of a request that was given up nobody is told; what it brought is committed all the same.
        asked = [parcel for parcel in parcels if parcel.done.set_running_or_notify_cancel()]
        error = self._record([call for parcel in parcels for call in parcel.calls])
        if error is None or len(parcels) == 1 or isinstance(error, OperationalError):
            _answer(asked, error)
            return
        # One that cannot be recorded fails alone, and takes no other's events with it.
        for parcel in parcels:
            _answer([parcel] if parcel in asked else [], self._record(parcel.calls))

    def _record(self, calls: Sequence[Call]) -> Exception | None:
        """Commit these; the error, if they could not be."""
        started = perf_counter()
        try:
            with write(self._engine) as connection:
                record(connection, calls)
                self._after(connection, calls)
        except Exception as error:
            self._observe(len(calls), perf_counter() - started, False)
            return error
        self._observe(len(calls), perf_counter() - started, True)
        self._told(calls)
        return None


def _answer(parcels: Iterable[_Parcel], error: Exception | None) -> None:
    for parcel in parcels:
        if error is None:
            parcel.done.set_result(None)
        else:
            parcel.done.set_exception(error)
