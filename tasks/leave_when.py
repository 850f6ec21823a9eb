"""`leave_when`: who has a reason to leave does so at once, wherever they stand."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="leave_when",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def leave_when(turn: Turn, stage: Stage) -> State[Any]:
    """Let those go for whom a reason to leave has come."""
    return work(turn, stage)
