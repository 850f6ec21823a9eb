"""What all tasks have in common: when another try is worth it, and what the UI shows of the outcome."""

from __future__ import annotations

from typing import Any, Protocol

from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy.exc import InterfaceError, OperationalError

from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.stages import Stage
from tasks.words import told

PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR")


class Turn(Protocol):
    """A turn at work, of which a task does one stage."""

    def run(self, stage: Stage) -> Counts:
        """Do it; what moved."""
        ...


def passing(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Is another try worth it? Yes if the database was busy or away; a mistake stays one."""
    error = state.data
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    # PostgreSQL calls only passing troubles operational; SQLite calls a missing column so, too.
    return str(getattr(error.orig, "sqlite_errorname", PASSING[0])).startswith(PASSING)


def work(turn: Turn, stage: Stage) -> State[Any]:
    """Do a stage; its outcome is the state's message, which the UI shows and the run's log repeats."""
    return Completed(message=told(stage, turn.run(stage)))
