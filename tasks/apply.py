"""What has arrived goes to customers, orders and facts."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="apply events",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def apply_events(turn: Turn, stage: Stage) -> State[Any]:
    """Apply all events that have arrived up to now and that nobody has applied yet."""
    return work(turn, stage)
