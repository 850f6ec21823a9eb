"""Several deliverers at once, some killed: python -m tests.heavy.deliverers URL WAY PORT KILLS SEED.

Each process takes turn after turn of a journey of its own and hands over what is ready of all. When so many
were killed the others go on until nothing is left. Prints how many were killed, and the seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from random import Random

from pydantic import SecretStr
from sqlalchemy import Engine, select

from loyaltyloop.channels.http.postmark import Postmark, PostmarkSettings
from loyaltyloop.channels.http.resend import Resend, ResendSettings
from loyaltyloop.channels.out import WayOut
from loyaltyloop.errors import TurnRefused
from loyaltyloop.store.database import open_engine, read
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.heavy.moody import PATIENCE
from tests.reference.staging import MESSAGE, Taken

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
JOURNEYS = ("north", "east", "south", "west")
FASTER = 120  # made-up seconds in one: what is put off for five minutes is tried again soon
SETTLED = ("handed_over", "unknown", "refused")


def way_out(name: str, port: int) -> WayOut:
    """The provider's own way out, to this machine."""
    url, secret = f"http://127.0.0.1:{port}", SecretStr("key")
    if name == "resend":
        return Resend(
            ResendSettings(url=url, rate=60, at_once=8, timeout=PATIENCE, api_key=secret),
            lambda: datetime.now(UTC),
        )
    # So slow that a hundred are killed before all has left.
    return Postmark(
        PostmarkSettings(url=url, rate=2, at_once=4, timeout=PATIENCE, token=secret),
        lambda: datetime.now(UTC),
    )


def deliver(url: str, name: str, port: int, journey: str, start: float) -> None:
    """Take turns until everything is settled."""
    engine = open_engine(url)
    ways = {"email": way_out(name, port), "hook": Taken()}
    world = World(engine, ways, b"a secret for tests", "https://shop.example")
    while unsettled(engine):
        now = NOW + timedelta(seconds=FASTER * (time.monotonic() - start))
        try:
            run_turn(world, journey, now)
        except TurnRefused:  # the lock of one that was killed is about to go
            time.sleep(0.05)
        time.sleep(0.05)


def unsettled(engine: Engine) -> bool:
    """Is there a customer who stands at a message, or a message to come?"""
    with read(engine) as connection:
        states = set(connection.execute(select(MESSAGE.c.state).distinct()).scalars())
    return not states or not states <= set(SETTLED)


def main(url: str, name: str, port: int, kills: int, seed: int) -> None:
    """Let them work, and kill them."""
    random, start = Random(seed), time.monotonic()

    def begin(journey: str) -> int:
        if child := os.fork():
            return child
        try:
            deliver(url, name, port, journey, start)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)

    children = {journey: begin(journey) for journey in JOURNEYS}
    killed = 0
    while killed < kills:
        time.sleep(random.uniform(0.02, 0.5))
        journey = random.choice(JOURNEYS)
        os.kill(children[journey], signal.SIGKILL)
        _, status = os.waitpid(children[journey], 0)
        if not os.WIFSIGNALED(status):
            break  # nothing was left to do
        killed += 1
        children[journey] = begin(journey)
    codes = [os.waitpid(child, 0)[1] for journey, child in children.items() if _is_there(child)]
    print(killed, round(time.monotonic() - start, 1), flush=True)
    sys.exit(any(codes))


def _is_there(child: int) -> bool:
    try:
        os.kill(child, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
