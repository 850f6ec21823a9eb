"""The floor of ingest: python -m benchmarks.ingest_bare DATABASE_URL PORT.

FastAPI and uvicorn as the service has them, one process: JSON is read, each call becomes a row of the very
table, executemany inserts the rows in a transaction of each request. Nothing is looked at, nobody asked for a
key, a call sent twice is an error.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import make_url
from starlette.concurrency import run_in_threadpool

from loyaltyloop.store.database import open_engine
from loyaltyloop.store.events.ingest import COLUMNS

KEPT = ("timezone", "locale", "page")
Row = tuple[object, ...]


def bare(url: str) -> FastAPI:
    """The application on a database that has the tables."""
    app = FastAPI()
    raw: Any = open_engine(url).connect().connection.dbapi_connection
    sqlite = make_url(url).get_backend_name() == "sqlite"
    marks = ", ".join(["?" if sqlite else "%s"] * len(COLUMNS))
    statement = f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES ({marks})"
    one = ThreadPoolExecutor(1)  # the connection is one thread's at a time

    def insert(rows: list[Row]) -> None:
        cursor = raw.cursor()
        if sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(statement, rows)
        raw.commit()

    @app.post("/v1/batch")
    async def batch(request: Request) -> Response:
        now = datetime.now(UTC)
        calls = orjson.loads(await request.body())["batch"]
        rows = [_row(call, now, sqlite) for call in calls]
        await run_in_threadpool(one.submit(partial(insert, rows)).result)
        return Response(orjson.dumps({"success": True}), media_type="application/json")

    return app


def _row(call: dict[str, Any], now: datetime, sqlite: bool) -> Row:
    said = call.get("properties") or call.get("traits") or {}
    at = datetime.fromisoformat(call["timestamp"])
    context = {name: call["context"][name] for name in KEPT}
    return (
        "segment",
        call["messageId"],
        call["type"],
        call.get("event", ""),
        call["userId"],
        call["anonymousId"],
        None,
        at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at,
        now.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else now,
        orjson.dumps(said).decode(),
        orjson.dumps(context).decode(),
        said.get("order_id"),
    )


def main(url: str, port: str) -> None:
    """Serve until the process is ended."""
    uvicorn.run(bare(url), host="127.0.0.1", port=int(port), log_level="warning", server_header=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
