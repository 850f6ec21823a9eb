"""Who asks, by what it calls itself. The list says of each agent who told so, and when it was looked up."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["clicked", "opened"]
FILE = Path(__file__).with_name("agents.csv")
# Every browser's agent begins like this; a program that follows links for itself often says its own name.
BROWSERS = ("mozilla/", "opera/", "ucweb/")
_LONGEST = 1000  # characters of an agent that are looked at


class Agent(NamedTuple):
    """One line of the list. `how`: is, or has."""

    match: str
    how: str
    clicks: str
    opens: str
    what: str
    source: str
    seen: str

    def fits(self, agent: str) -> bool:
        """Is the line about this agent, written in small letters?"""
        return agent == self.match if self.how == "is" else self.match in agent


@lru_cache(maxsize=1)
def agents() -> tuple[Agent, ...]:
    """The list, in its order: the first line that fits decides."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(Agent(**line) for line in csv.DictReader(file))


def is_machine(agent: str, kind: Kind) -> bool:
    """Is it the agent of a machine? Pictures are loaded by mail programs, too, which are not listed."""
    return _is_machine(agent[:_LONGEST].strip().lower(), kind)


@lru_cache(maxsize=4096)
def _is_machine(agent: str, kind: Kind) -> bool:
    for line in agents():
        if line.fits(agent):
            return (line.clicks if kind == "clicked" else line.opens) == "machine"
    return kind == "clicked" and not agent.startswith(BROWSERS)
