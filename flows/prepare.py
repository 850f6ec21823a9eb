"""What a Prefect server must hold beside the deployments, and what it must not; `loop deploy` runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import DeploymentSort
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from loyaltyloop.deployments import MARK, POOL

MANY = 200  # Prefect answers with at most so many
WATCH = "A turn without a heartbeat has died"


def prepare(client: SyncPrefectClient) -> None:
    """Make the work pool and the watch, where they are missing."""
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(
            WorkPoolCreate(
                name=POOL, type="process", description="The turns of Loyalty Loop, each a process."
            )
        )
    if not client.read_automations_by_name(WATCH):
        client.create_automation(watch_for_death())


def watch_for_death() -> AutomationCore:
    """Worker and run killed together leave the run Running, and its journey's only place taken, for ever.

    A run gives a sign of life every 30 seconds (PREFECT_FLOWS_HEARTBEAT_FREQUENCY): after 90 it is given up.
    """
    return AutomationCore(
        name=WATCH,
        description="Frees the journey's place; the next turn finds and finishes what this one had begun.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={
                "prefect.flow-run.heartbeat",
                "prefect.flow-run.Completed",
                "prefect.flow-run.Failed",
                "prefect.flow-run.Cancelled",
                "prefect.flow-run.Crashed",
            },
            match={"prefect.resource.id": ["prefect.flow-run.*"]},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=90),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message="No sign of life for 90 seconds: it has died. The next turn goes on from there.",
            )
        ],
    )


def bury(client: SyncPrefectClient, worker: str) -> None:
    """Give up the runs that this worker, now about to start, had at work when it was killed.

    The watch would do so too, but not while no server runs; and until then their journeys' places are taken.
    """
    at_work = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING]))
    ours = FlowRunFilterTags(all_=[MARK])
    for run in client.read_flow_runs(flow_run_filter=FlowRunFilter(state=at_work, tags=ours)):
        if run.labels.get("prefect.worker.name") == worker:
            client.set_flow_run_state(run.id, Crashed(message="Its worker was killed."), force=True)


def retire(client: SyncPrefectClient, keep: set[str]) -> None:
    """Take away our deployments that nobody wants any more, and the automations that wake them."""
    for deployment in [one for one in _ours(client) if one.name not in keep]:
        client.delete_resource_owned_automations(f"prefect.deployment.{deployment.id}")
        client.delete_deployment(deployment.id)


def _ours(client: SyncPrefectClient) -> Iterator[DeploymentResponse]:
    """All our deployments, page by page."""
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[MARK]))
    read = 0
    while page := client.read_deployments(
        deployment_filter=ours, limit=MANY, offset=read, sort=DeploymentSort.NAME_ASC
    ):
        yield from page
        read += len(page)


def main(wanted: str) -> None:
    """Do all of it. `wanted` is JSON: `keep`, the deployments' names; `worker`, the name of one, or null."""
    asked = json.loads(wanted)
    with get_client(sync_client=True) as client:
        prepare(client)
        retire(client, set(asked["keep"]))
        if asked["worker"]:
            bury(client, asked["worker"])


if __name__ == "__main__":
    main(sys.argv[1])
