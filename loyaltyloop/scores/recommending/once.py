"""What is counted over all customers once, as of an instant, and kept: ahead of who needs it, or with them.

Counting takes seconds, so turns have it done ahead, in a transaction that only reads; what is put there then
is a short one. Whoever asks for what nobody has counted counts it within their own transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Connection, Table, delete, insert, select

from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Figure

figure: Table = Figure.__table__  # type: ignore[attr-defined]

Opened = Callable[[], AbstractContextManager[Connection]]
Rows = list[dict[str, Any]]
_LOCK = 0x10A1_7101


@dataclass(frozen=True)
class Once(ABC):
    """Rows of the table `figure`, of one kind and instant. `DONE`: the key of that which says that all are
    there. `KEPT`: how long before a newer instant they stay.
    """

    kind: str
    as_of: datetime
    DONE: ClassVar[str]
    KEPT: ClassVar[timedelta]

    @abstractmethod
    def rows(self, connection: Connection) -> Rows:
        """Count: the slow part, which only reads."""

    def there(self, connection: Connection) -> bool:
        """Has somebody counted it?"""
        return self.as_of in self._known(connection)

    def ensure(self, connection: Connection) -> None:
        """Count it within this transaction, unless it is there."""
        if not self.there(connection):
            self.keep(connection, None)

    def ahead(self, reading: Opened, writing: Opened) -> None:
        """Count it in a transaction that only reads, unless it is there; it is there when this returns."""
        with reading() as connection:
            if self.there(connection):
                return
            rows = self.rows(connection)
        with writing() as connection:
            self.keep(connection, rows)

    def too_early(self, connection: Connection, present: datetime) -> bool:
        """Was any of its kind counted for a time that has not come? It lacks what comes until then."""
        return any(one > present for one in self._known(connection))

    def forget_too_early(self, connection: Connection, present: datetime) -> None:
        """Let it be counted anew when its time has come."""
        connection.execute(delete(figure).where(figure.c.kind == self.kind, figure.c.as_of > present))

    def keep(self, connection: Connection, rows: Rows | None) -> None:
        """Put it there, unless another worker has done so meanwhile. None: it is counted here."""
        if is_postgres(connection):  # on SQLite a transaction that writes is alone
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if self.there(connection):
            return
        counted = self.rows(connection) if rows is None else rows
        old = delete(figure).where(figure.c.kind == self.kind, figure.c.as_of < self.as_of - self.KEPT)
        connection.execute(old)
        connection.execute(insert(figure), counted)

    def _known(self, connection: Connection) -> set[datetime]:
        done = select(figure.c.as_of).where(
            figure.c.kind == self.kind, figure.c.as_of >= self.as_of, figure.c.key == self.DONE
        )
        return set(connection.execute(done).scalars())


def start_of_day(now: datetime) -> datetime:
    """In UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def only_reads(connection: Connection) -> bool:
    """Was it opened to read (`store.database.read`)? Then what is not there is counted for this once."""
    return bool(connection.get_execution_options().get("reading"))
