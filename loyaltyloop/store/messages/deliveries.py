"""Deliveries at work: each has a name, and holds a lock that dies with its process or its connection.

So it is seen at once that a delivery died, without waiting for the ends of its leases.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyaltyloop.store.database import SHOP_LOCK, is_postgres, lock_engine


@contextmanager
def at_work(engine: Engine, name: str) -> Iterator[None]:
    """A delivery of this name, beside others; no other was ever called so. Waits for `all_done` to end."""
    if is_postgres(engine):
        with lock_engine(engine.url, os.getpid()).connect() as connection:
            for number in (_ALL, _number(name)):
                connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({number})")
            try:
                yield
            finally:
                with suppress(DBAPIError):  # a connection that is lost has no locks any more
                    connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        return
    with _file(engine).open("w") as all_of_them, _file(engine, name).open("w") as own:
        fcntl.flock(all_of_them, fcntl.LOCK_SH)
        fcntl.flock(own, fcntl.LOCK_EX)
        try:
            yield
        finally:
            _file(engine, name).unlink(missing_ok=True)


@contextmanager
def all_done(engine: Engine) -> Iterator[None]:
    """No delivery is at work inside: waits for those that are, and others wait for this to end."""
    if is_postgres(engine):
        with lock_engine(engine.url, os.getpid()).connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ALL})")
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ALL})")
        return
    with _file(engine).open("w") as all_of_them:
        fcntl.flock(all_of_them, fcntl.LOCK_EX)
        yield


def dead(engine: Engine, names: Collection[str]) -> set[str]:
    """Which of these deliveries have ended, or died."""
    if not names:
        return set()
    if not is_postgres(engine):
        return {name for name in names if _is_free(_file(engine, name))}
    found = set()
    with lock_engine(engine.url, os.getpid()).connect() as connection:
        for name in names:
            number = _number(name)
            if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({number})").scalar():
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({number})")
                found.add(name)
    return found


def _is_free(path: Path) -> bool:
    try:
        with path.open() as own:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)  # what a dead one has left
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def _file(engine: Engine, name: str = "") -> Path:
    return Path(f"{engine.url.database}.delivery{'.' if name else ''}{name}.lock")


def _number(name: str) -> int:
    # Shared: two names of one number only let a dead one look alive, until its leases end.
    return (SHOP_LOCK << 32) | crc32(f"delivery {name}".encode())


_ALL = (SHOP_LOCK << 32) | crc32(b"all deliveries")
