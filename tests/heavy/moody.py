"""A provider of bad moods on this machine: it counts what it takes, and its answers are not to be relied on.

It speaks as Resend does (a request for each message, under an idempotency key that it honours) and as
Postmark does (several in a request, no keys).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from random import Random
from threading import Lock, Thread
from typing import Literal

from tests.heavy.helpdesk import Server

# fine: takes it and says so. busy: 429. down: 500 and nothing taken. broken: takes it, and says 500. slow:
# takes it, and answers when nobody listens any more. gone: takes it, and hangs up. deaf: neither takes nor
# answers.
Mood = Literal["fine", "busy", "down", "broken", "slow", "gone", "deaf"]
MOODS: dict[Mood, int] = {"fine": 88, "busy": 2, "down": 2, "broken": 2, "slow": 2, "gone": 2, "deaf": 2}
PATIENCE = 0.4  # seconds that its clients wait


class Moody:
    """What was taken: how often each message. `moods`: how many answers were of each."""

    def __init__(self, seed: int, wait: float) -> None:
        self.taken: Counter[str] = Counter()
        self.moods: Counter[Mood] = Counter()
        self.repeated = 0  # asked again under a key that was known
        self.port = 0
        self.wait = wait
        self.lock = Lock()
        self._random = Random(seed)
        self._under_way: set[str] = set()

    def mood(self) -> Mood:
        """The next one."""
        with self.lock:
            (mood,) = self._random.choices(list(MOODS), list(MOODS.values()))
            self.moods[mood] += 1
        return mood

    def take(self, keys: list[str], remembered: bool) -> None:
        """Count them, but not twice what it remembers."""
        with self.lock:
            if remembered and keys[0] in self.taken:
                self.repeated += 1
            else:
                self.taken.update(keys)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    moody: Moody

    def do_POST(self) -> None:
        """In whatever mood it is."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        moody, mood, key = self.moody, self.moody.mood(), self.headers["idempotency-key"]
        keys = [key] if key else [one["Metadata"]["send_id"] for one in body]
        time.sleep(moody.wait)
        if mood not in ("busy", "down", "deaf"):
            moody.take(keys, remembered=bool(key))
        if mood in ("slow", "deaf"):
            time.sleep(2 * PATIENCE)
        if mood in ("gone", "deaf"):
            self.close_connection = True
            return
        status = {"busy": 429, "down": 500, "broken": 500}.get(mood, 200)
        taken = [{"ErrorCode": 0, "MessageID": f"p-{one}"} for one in keys]
        self._answer(status, ({"id": f"r-{key}"} if key else taken) if status == 200 else {})

    def _answer(self, status: int, document: object) -> None:
        answer = json.dumps(document).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("retry-after", "1")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def moody(seed: int, wait: float = 0.02) -> Iterator[Moody]:
    """The provider while it is open. `wait`: seconds that everything takes it."""
    provider = Moody(seed, wait)
    with Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"moody": provider})) as server:
        provider.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
