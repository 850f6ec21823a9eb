"""A sender: python -m benchmarks.ingest_load PORT KEY BATCHES CONNECTIONS SEED.

Posts that many batches over so many connections as fast as they are answered, and prints the seconds it took.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from threading import Lock
from time import perf_counter

from benchmarks.ingest_calls import bodies


def post(port: int, key: str, waiting: Iterator[bytes], lock: Lock) -> None:
    """Post what waits over one connection. Raises RuntimeError for any answer but 200."""
    connection = HTTPConnection("127.0.0.1", port)
    token = b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    while True:
        with lock:
            body = next(waiting, None)
        if body is None:
            connection.close()
            return
        connection.request("POST", "/v1/batch", body, headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != 200 or b'"success":true' not in told:
            raise RuntimeError(f"{answer.status}: {told[:200]!r}")


def main(port: str, key: str, batches: str, connections: str, seed: str) -> None:
    """Make the batches first: only the answering is timed."""
    made = list(bodies(int(batches), datetime.now(UTC), int(seed)))
    waiting, lock = iter(made), Lock()
    began = perf_counter()
    with ThreadPoolExecutor(int(connections)) as pool:
        for each in [pool.submit(post, int(port), key, waiting, lock) for _ in range(int(connections))]:
            each.result()
    print(perf_counter() - began)


if __name__ == "__main__":
    main(*sys.argv[1:])
