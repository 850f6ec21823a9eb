"""After the delivery: customers whose message has left or was refused go on."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="after delivery",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def settle(turn: Turn, stage: Stage) -> State[Any]:
    """Walk the steps once more for those whom the delivery has let go."""
    return work(turn, stage)
