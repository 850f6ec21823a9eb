"""The next turn: one run, scheduled for when somebody is due, or the journey looks again for who enters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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


def _pending(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            tags=FlowRunFilterTags(all_=[MARK]),
        )
    )


def _time(run: FlowRun) -> datetime:
    return run.next_scheduled_start_time or run.expected_start_time or datetime.max.replace(tzinfo=UTC)
