"""A turn of a journey as a Prefect flow; its graph of tasks is the journey's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from inspect import Parameter, Signature
from typing import Annotated, Any, cast
from uuid import UUID

from prefect import Flow, flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.utilities.annotations import quote
from pydantic import Field

from flows.project import settings
from flows.showing import artifact_key, headline, turn_page
from flows.waking import schedule_wake_up, wake_at
from loyaltyloop.deployments import describe, seconds
from loyaltyloop.errors import TurnPutOff, TurnRefused
from loyaltyloop.journey.model import Journey
from loyaltyloop.turn.counts import TurnReport
from loyaltyloop.turn.engine import OpenTurn, open_turn
from loyaltyloop.turn.world import World
from tasks.graph import task_of

FORM = """{about}

Args:
    now: The moment the turn looks at. Leave it empty for the present.
    customers: Only these customers, by their ids. Leave it empty for everyone.
    dry_run: Show what would happen, change nothing and send nothing.
    limit: At most so many customers at each step. Leave it empty for all.
"""


def as_flow(journey: Journey) -> Flow[..., Any]:
    """The journey as a flow of its own: name, description and form from its file."""

    def turn(**given: Any) -> State[Any]:
        return take_turn(journey.name, **given)

    turn.__name__ = turn.__qualname__ = journey.name
    turn.__doc__ = FORM.format(about=journey.about)
    turn.__signature__ = form()  # type: ignore[attr-defined]
    return flow(name=journey.name, description=describe(journey), flow_run_name=name_at_start)(turn)


def form() -> Signature:
    """The parameters that a person can fill in; Prefect makes a form of them and holds to their limits."""
    fields = {
        "now": (datetime | None, None),
        "customers": (list[str], []),
        "dry_run": (bool, False),
        "limit": (Annotated[int, Field(ge=1)] | None, None),
    }
    parameters = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind, default=default)
        for name, (kind, default) in fields.items()
    ]
    return Signature(parameters, return_annotation=Any)


def take_turn(
    journey: str,
    now: datetime | None = None,
    customers: list[str] | None = None,
    dry_run: bool = False,
    limit: int | None = None,
) -> State[Any]:
    """One turn, from opening to the next wake-up. Its state's data is the TurnReport, or the refusal."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    whole = not (now or customers or dry_run or limit)
    try:
        with open_turn(
            World.open(settings()),
            journey,
            moment,
            customers=tuple(customers or ()),
            limit=limit,
            dry_run=dry_run,
        ) as turn:
            report = walk(turn)
            apart = timedelta(seconds=seconds(turn.frame.shop.turns_at_least_apart))
    except TurnPutOff as refusal:
        get_run_logger().info("%s", refusal)
        return Completed(name="Skipped", message=str(refusal), data=refusal)
    except TurnRefused as refusal:
        get_run_logger().error("%s", refusal)
        return Failed(message=str(refusal), data=refusal)
    show(report, dry_run)
    if whole and report.next_due:
        wake(journey, wake_at(report.next_due, datetime.now(UTC), apart))
    return Completed(message=headline(report), data=report)


def walk(turn: OpenTurn) -> TurnReport:
    """Every stage a task, after its parents; a turn that finds nothing to do ends in its first task."""
    done: dict[str, State[Any]] = {}
    for stage in turn.stages:
        parents = [done[name] for name in stage.after]
        state: State[Any] = task_of(stage)(quote(turn), quote(stage), wait_for=parents, return_state=True)
        state.result()  # raises what the task raised: nothing further is tried
        done[stage.name] = state
    return turn.report()


def show(report: TurnReport, dry_run: bool) -> None:
    """Name the run by what it did, and keep a page of who moved where."""
    rename(headline(report) + (" (dry run)" if dry_run else ""))
    if not report.idle:
        create_markdown_artifact(
            turn_page(report, dry_run),
            key=artifact_key(report.journey),
            description=f"**{report.journey}**: {headline(report)}",
        )


def name_at_start() -> str:
    """Until it is known what the turn did."""
    return "dry run" if flow_run.parameters.get("dry_run") else "turn"


def rename(name: str) -> None:
    """Give this flow run a name that says something in a list."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), name=name)


def wake(journey: str, moment: datetime) -> None:
    """Schedule the next turn, and say when."""
    scheduled = schedule_wake_up(journey, moment)
    if scheduled:
        get_run_logger().info("The next turn is scheduled for %s UTC.", f"{scheduled:%Y-%m-%d %H:%M}")


def take_turn_here(journey: str, **given: Any) -> TurnReport:
    """One turn as a flow run of this process. What the turn refuses is raised."""
    from flows import compiled

    state: State[Any] = getattr(compiled, journey)(**given, return_state=True)
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return cast(TurnReport, outcome)
