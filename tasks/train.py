"""A model is fitted, judged, and taken if it is not worse; its card is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Engine

from loyaltyloop.errors import TrainingAtWork
from loyaltyloop.scores.models.learners import learner
from loyaltyloop.scores.training.card_pages import page
from loyaltyloop.scores.training.card_words import headline
from loyaltyloop.scores.training.training import train as fit
from tasks.running import passing


@task(
    name="train",
    task_run_name="train {model}",
    retries=3,
    retry_delay_seconds=[10, 60, 300],
    retry_condition_fn=passing,
    cache_policy=NO_CACHE,
)
def train(model: str, engine: Engine, now: datetime) -> State[Any]:
    """Fit one model on what was known before `now`, and keep its card as an artifact."""
    try:
        found = fit(engine, model, now)
    except TrainingAtWork as busy:
        return Completed(name="Skipped", message=str(busy))
    create_markdown_artifact(page(found), key=f"model-{model}", description=learner(model).about)
    return Completed(message=headline(found))
