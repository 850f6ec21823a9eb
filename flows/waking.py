"""The next turn: one run, scheduled for when somebody is due, or the journey looks again for who enters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

MARK = "wake-up"
SKEW = timedelta(seconds=2)  # between the clocks of Prefect's server and of a worker
AGAIN = timedelta(minutes=1)


def wake_at(due: datetime, ended: datetime, apart: timedelta) -> datetime:
    """When to wake: at the due time, not sooner than `apart` after this turn, rounded up to the minute."""
    moment = max(due, ended + apart).astimezone(UTC)
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)


def schedule_wake_up(journey: str, moment: datetime) -> datetime | None:
    """Have the journey's deployment run at `moment`, unless it is to wake sooner anyway.

    One wake-up is pending for each journey: a later one is taken back. None: nothing is deployed, so there
    is nobody to wake.
    """
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"{journey}/{journey}")
        except ObjectNotFound:
            return None
        pending = _pending(client, deployment.id)
        for run in pending:
            if _time(run) > moment:
                client.delete_flow_run(run.id)
        sooner = [_time(run) for run in pending if _time(run) <= moment]
    if sooner:
        return min(sooner)
    run_deployment(
        deployment.id,
        scheduled_time=moment,
        timeout=0,
        as_subflow=False,
        idempotency_key=f"{journey} at {moment:%Y-%m-%dT%H:%M}Z",
        flow_run_name="the next turn",
        tags=[MARK],
    )
    return moment


def wake_again(journey: str) -> None:
    """An event has woken a turn that met another, which may not have seen what has arrived."""
    schedule_wake_up(journey, wake_at(datetime.now(UTC) + AGAIN, datetime.now(UTC), timedelta(0)))


def forget_wakes(journey: str, begun: datetime) -> None:
    """Take back runs that events have asked for and that wait for a turn to end which began after them.

    A turn that began at `begun` has seen what they would look for; one by one they would find nothing.
    """
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"{journey}/{journey}")
        except ObjectNotFound:
            return
        for run in overtaken(_scheduled(client, deployment.id), begun):
            client.delete_flow_run(run.id)


def overtaken(runs: Iterable[FlowRun], begun: datetime) -> list[FlowRun]:
    """Those that events asked for before a turn began."""
    return [run for run in runs if woken(run.parameters) and run.created and run.created < begun - SKEW]


def woken(parameters: Mapping[str, Any]) -> bool:
    """Was the run asked for by an event, and by nothing else?"""
    return [name for name, value in parameters.items() if value] == ["woken_by"]


def _pending(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    return _scheduled(client, deployment, FlowRunFilterTags(all_=[MARK]))


def _scheduled(
    client: SyncPrefectClient, deployment: UUID, tags: FlowRunFilterTags | None = None
) -> list[FlowRun]:
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            tags=tags,
        )
    )


def _time(run: FlowRun) -> datetime:
    return run.next_scheduled_start_time or run.expected_start_time or datetime.max.replace(tzinfo=UTC)
