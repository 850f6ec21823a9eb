"""Delivery: what is ready leaves through the gate."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="deliver",
    retries=5,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def deliver(turn: Turn, stage: Stage) -> State[Any]:
    """Claim what may leave, render it, hand it over. What was claimed before is finished first."""
    return work(turn, stage)
