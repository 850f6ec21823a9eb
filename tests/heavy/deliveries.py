"""Deliverers that are killed, a provider of bad moods, and what must be so whatever happened."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.segment import Call
from tests.heavy.deliverers import JOURNEYS, NOW
from tests.heavy.killing import ROOT
from tests.heavy.moody import Moody
from tests.integration.turn.stage import DAYTIME
from tests.reference.staging import MESSAGE, make_live

JOURNEY = """\
journey: {name}
about: One letter for everybody.
purpose: service
enter: {{event: {name}}}
leave_when: {{gone: {{did: Left}}}}
steps:
  - send: hello
    template: test/hello
"""


@dataclass(frozen=True)
class Came:
    """What came of it: messages by state, kills, seconds; of the unknown, how many had been taken."""

    states: Counter[str]
    kills: int
    seconds: float
    there: int


def prepare(engine: Engine, people: int) -> None:
    """So many people in each journey, to whom a letter is due."""
    make_live(engine, [JOURNEY.format(name=name) for name in JOURNEYS], NOW - timedelta(days=1), DAYTIME)
    with write(engine) as connection:
        record(connection, _sign_ups(people))


def _sign_ups(people: int) -> Iterator[Call]:
    for name in JOURNEYS:
        for number in range(people):
            who = f"{name}{number}"
            yield _call(who, "identify", "", {"email": f"{who}@example.com"})
            yield _call(who, "track", name, {})


def _call(who: str, kind: str, name: str, properties: dict[str, str]) -> Call:
    at = NOW - timedelta(hours=1)
    return Call("test", f"{who}/{kind}", kind, name, who, None, None, at, at, properties, None)


def kill(engine: Engine, provider: Moody, way: str, kills: int, seed: int) -> Came:
    """Let deliverers work by this way out, kill so many of them, and hold what came of it to the promises."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.heavy.deliverers", url, way]
    command += [str(number) for number in (provider.port, kills, seed)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200)
    assert ran.returncode == 0, ran.stderr
    killed, seconds = ran.stdout.split()
    with read(engine) as connection:
        found = connection.execute(select(MESSAGE.c.key, MESSAGE.c.state)).tuples().all()
        states = dict(found)
    assert set(provider.taken) <= set(states)
    assert set(provider.taken.values()) == {1}, "a message was taken twice"
    settled = {"handed_over"} if way == "resend" else {"handed_over", "unknown"}
    assert set(states.values()) <= settled
    for key, state in states.items():
        assert state == "unknown" or key in provider.taken, "a message was lost"
    unknown = [key for key, state in states.items() if state == "unknown"]
    there = sum(key in provider.taken for key in unknown)
    return Came(Counter(states.values()), int(killed), float(seconds), there)
