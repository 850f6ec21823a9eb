"""Tidying up: what is due about people's data is done, and runs in which nothing happened are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterName,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from flows.project import present, settings
from flows.showing import NOTHING, SKIPPED
from loyaltyloop.deployments import MARK
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.schema import open_store
from loyaltyloop.web.housekeeping import look_after

MANY = 200  # Prefect answers with at most so many


@flow(name="tidy up", flow_run_name="tidying")
def tidy_up(after_days: Annotated[int, Field(ge=1)] = 2) -> State[Any]:
    """Do what is due about people's data (docs/privacy.md), and forget the records of turns that found
    nothing to do, or were skipped.

    Args:
        after_days: How long records are kept.
    """
    given = settings()
    done = look_after(open_store(given.database), given, present())
    ended = present() - timedelta(days=after_days)
    idle = FlowRunFilter(
        name=FlowRunFilterName(any_=[NOTHING, SKIPPED]),
        tags=FlowRunFilterTags(all_=[MARK]),
        end_time=FlowRunFilterEndTime(before_=ended),
    )
    forgotten = 0
    with get_client(sync_client=True) as client:
        while runs := client.read_flow_runs(flow_run_filter=idle, limit=MANY):
            for run in runs:
                client.delete_flow_run(run.id)
            forgotten += len(runs)
    told = counted(forgotten, "run in which nothing happened was", "runs in which nothing happened were")
    return Completed(message="; ".join(filter(None, (f"{told} forgotten", done))))
