"""Who enters: by events, dates that have come, conditions that hold."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="enter",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def enter(turn: Turn, stage: Stage) -> State[Any]:
    """Take in everyone who may enter now; each only once, however often it runs."""
    return work(turn, stage)
