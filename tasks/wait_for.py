"""`wait_for`: customers stay until they have answered, or their time is over."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="wait_for",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def wait_for(turn: Turn, stage: Stage) -> State[Any]:
    """Let those go on who have answered or whose time is over, each by their path."""
    return work(turn, stage)
