"""What all tasks have in common: when another try is worth it, and what the UI shows of the outcome."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Completed
from sqlalchemy.exc import InterfaceError, OperationalError

from loyaltyloop.turn.engine import OpenTurn
from loyaltyloop.turn.stages import Stage
from tasks.words import told


def passing(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Is another try worth it? Yes if the database was busy or away; a mistake stays one."""
    return isinstance(state.data, OperationalError | InterfaceError)


def work(turn: OpenTurn, stage: Stage) -> State[Any]:
    """Do a stage; its outcome stands in the run's log and beside the task in the UI."""
    outcome = told(stage, turn.run(stage))
    get_run_logger().info("%s: %s", stage.name, outcome)
    return Completed(message=outcome)
