"""What models say of all customers today, made before a turn must wait for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Engine

from loyaltyloop.turn.predicting import refresh
from tasks.running import passing


@task(
    name="predict",
    task_run_name="predict",
    retries=3,
    retry_delay_seconds=[10, 60, 300],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def predict(engine: Engine, now: datetime) -> State[Any]:
    """Let the live models that journeys ask for say what they do of everybody."""
    models = refresh(engine, now)
    nothing = "nothing is predicted: no journey asks for it, or no model is live"
    return Completed(message=f"predicted for today: {', '.join(models)}" if models else nothing)
