"""`give`: a voucher, points or a badge."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="give",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def give(turn: Turn, stage: Stage) -> State[Any]:
    """Give each customer a voucher, points or a badge, as long as there are any."""
    return work(turn, stage)
