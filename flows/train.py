"""The nightly training: each model is fitted anew, and takes the place of the live one if it is not worse.

Then what is predicted of customers is made, so that the day's first turns find it done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote

from flows.project import present, settings
from loyaltyloop.scores.models.learners import LEARNERS
from loyaltyloop.store.schema import open_store
from tasks.predict import predict
from tasks.train import train


@flow(name="train the scores", flow_run_name="training")
def train_scores(models: list[str] | None = None, now: datetime | None = None) -> State[Any]:
    """Fit the scores on what customers did, judge them on the newest period, use what is not worse. Then
    let those that journeys ask for say what they do of everybody today.

    Args:
        models: Only these are fitted, by name. Leave it empty for all.
        now: Nothing is looked at that came from then on, and nothing is predicted. Not in the future; leave
            it empty for the present.
    """
    moment = (now or present()).astimezone(UTC)
    if unknown := sorted(set(models or ()) - set(LEARNERS)):
        known = ", ".join(sorted(LEARNERS))
        return Failed(message=f"There is no model {', '.join(unknown)}. The models are: {known}.")
    if moment > present():
        return Failed(
            message=f"{moment:%Y-%m-%d %H:%M} UTC is still to come. Leave `now` empty for the present."
        )
    engine = open_store(settings().database)
    # One after another: each wants the processors and the memory for itself.
    ended = [
        cast("State[Any]", train(name, quote(engine), moment, return_state=True))
        for name in LEARNERS
        if not models or name in models
    ]
    if now is None:
        ended.append(cast("State[Any]", predict(quote(engine), present(), return_state=True)))
    told = "; ".join(str(state.message) for state in ended)
    return (Failed if any(not state.is_completed() for state in ended) else Completed)(message=told)
