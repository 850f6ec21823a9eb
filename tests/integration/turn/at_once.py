"""Turns of several journeys at one instant, each in a process of its own: python -m ... URL NOW JOURNEY..."""

from __future__ import annotations

import os
import sys

from loyaltyloop.store.database import open_engine
from loyaltyloop.turn.runner import run_turn
from tests.integration.turn.stage import utc
from tests.reference.staging import world


def main(url: str, now: str, *journeys: str) -> int:
    """Begin them all together; how many of them failed."""
    waits, begin = os.pipe()
    children = []
    for journey in journeys:
        child = os.fork()
        if child == 0:
            os.close(begin)
            os.read(waits, 1)  # ends for all of them when nobody can write any more
            run_turn(world(open_engine(url)), journey, utc(now))
            os._exit(0)
        children.append(child)
    os.close(begin)
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
