"""`call`: one signed web hook for each customer who stands here."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="call", retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=passing, cache_policy=NO_CACHE
)
def call(turn: Turn, stage: Stage) -> State[Any]:
    """Plan one call each; the delivery posts them."""
    return work(turn, stage)
