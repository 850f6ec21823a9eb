"""`score`: a number for each customer, kept on the enrolment."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from loyaltyloop.turn.stages import Stage
from tasks.running import Turn, passing, work


@task(
    name="score",
    retries=3,
    retry_delay_seconds=[2, 10, 30],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def score(turn: Turn, stage: Stage) -> State[Any]:
    """Ask the live model for each customer's number and keep it, so that a retry finds the same."""
    return work(turn, stage)
