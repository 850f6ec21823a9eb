"""What a Prefect server must hold beside the deployments; `loop deploy` runs it before and after Prefect's.

`python -m flows.prepare [WORKER]` makes the work pool and the watch, and gives up the runs that this worker
left when it was killed; with `--keep NAME ...` it takes away all other deployments of ours, and lists those
that stay, as JSON on the last line.
"""

from __future__ import annotations

import json
import sys
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
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from loyaltyloop.deployments import MARK, POOL

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


def retire(client: SyncPrefectClient, wanted: set[str]) -> list[DeploymentResponse]:
    """Take away our deployments that nobody wants any more; those that stay, by name."""
    ours = client.read_deployments(
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[MARK])), limit=200
    )
    for deployment in ours:
        if deployment.name not in wanted:
            client.delete_deployment(deployment.id)
    return sorted((one for one in ours if one.name in wanted), key=lambda one: one.name)


def main() -> None:
    """Prepare; or, with `--keep`, clear up and list."""
    with get_client(sync_client=True) as client:
        if "--keep" not in sys.argv:
            prepare(client)
            for worker in sys.argv[1:]:
                bury(client, worker)
            return
        kept = retire(client, set(sys.argv[2:]))
        flows = {one.flow_id: client.read_flow(one.flow_id).name for one in kept}
        print(json.dumps([{"name": one.name, "flow": flows[one.flow_id], "id": str(one.id)} for one in kept]))


if __name__ == "__main__":
    main()
