"""Delivery alone, of all journeys: for when the way out was away, or a worker died while handing over."""

from __future__ import annotations

from typing import Any, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote

from flows.project import present, settings
from loyaltyloop.errors import TurnPutOff, TurnRefused
from loyaltyloop.store.database import read
from loyaltyloop.store.live.versions import live_journeys
from loyaltyloop.turn.engine import OpenTurn, open_turn
from loyaltyloop.turn.world import World
from tasks.graph import task_of


@flow(name="deliver messages", flow_run_name="delivery")
def deliver() -> State[Any]:
    """Hand over what is ready, of all journeys, without waiting for their next turns.

    Customers move on behind their messages at the next turn of their journey.
    """
    world = World.open(settings(), present)
    with read(world.engine) as connection:
        names = [row.name for row in live_journeys(connection)]
    for name in names:
        try:
            with open_turn(world, name, present()) as turn:
                return _deliver(turn)
        except TurnPutOff:
            continue  # its own turn, or none; any other journey's turn delivers for all
        except TurnRefused as refusal:
            return Failed(message=str(refusal))
    return Completed(name="Skipped", message="No journey is live, or all are at work: their turns deliver.")


def _deliver(turn: OpenTurn) -> State[Any]:
    stage = next(stage for stage in turn.stages if stage.kind == "deliver")
    state = cast("State[Any]", task_of(stage)(quote(turn), quote(stage), return_state=True))
    state.result()  # raises what the task raised
    wait = turn.frame.messages_wait
    return Completed(message=f"{state.message}; messages wait: {wait}" if wait else state.message)
