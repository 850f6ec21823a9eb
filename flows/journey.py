"""A turn of a journey as a Prefect flow; its graph of tasks is the journey's own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
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

from flows.ahead import Ahead
from flows.project import present, settings
from flows.showing import SKIPPED, artifact_key, headline, turn_page
from flows.source import journey_named
from flows.waking import forget_wakes, schedule_wake_up, wake_again, wake_at
from loyaltyloop.deployments import describe, seconds
from loyaltyloop.errors import TurnAtWork, TurnPutOff, TurnRefused
from loyaltyloop.journey.model import Journey
from loyaltyloop.turn.counts import TurnReport
from loyaltyloop.turn.engine import open_turn
from loyaltyloop.turn.permits import ahead
from loyaltyloop.turn.stages import Stage
from loyaltyloop.turn.world import World
from tasks.graph import task_of

# Has somebody been asked about a time still to come, as `loop run` does, and meant it?
_MEANT: ContextVar[bool] = ContextVar("meant", default=False)
FORM = """{about}

Args:
    now: The moment the turn looks at. Leave it empty for the present.
    customers: Only these customers, by their ids. Leave it empty for everyone.
    dry_run: Show what would happen, change nothing and send nothing. Other turns wait until it has ended.
    limit: At most so many customers at each step. Leave it empty for all.
    woken_by: What arrived; filled in where an event has woken the journey, and told in the run's name.
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
    fields: dict[str, tuple[Any, object]] = {
        "now": (datetime | None, None),
        "customers": (list[str], []),
        "dry_run": (bool, False),
        "limit": (Annotated[int, Field(ge=1)] | None, None),
        "woken_by": (str, ""),
    }
    parameters = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind, default=default)
        for name, (kind, default) in fields.items()
    ]
    return Signature(parameters, return_annotation=Any)


@dataclass(frozen=True)
class Walked:
    """A turn that is over."""

    report: TurnReport
    stages: Sequence[Stage]
    apart: timedelta  # between two turns, at least


def take_turn(
    journey: str,
    now: datetime | None = None,
    customers: list[str] | None = None,
    dry_run: bool = False,
    limit: int | None = None,
    woken_by: str = "",
) -> State[Any]:
    """One turn, from opening to the next wake-up. Its state's data is the TurnReport, or the refusal."""
    restricted = {"customers": tuple(customers or ()), "limit": limit, "dry_run": dry_run}
    begun = present()
    try:
        if now and not dry_run:
            refuse_the_future(journey, now.astimezone(UTC))
        walked = walk(journey, now and now.astimezone(UTC), **restricted)
    except TurnAtWork as refusal:
        if woken_by:  # the turn at work may have begun before what has arrived
            wake_again(journey)
        return skip(refusal)
    except TurnPutOff as refusal:
        return skip(refusal)
    except TurnRefused as refusal:
        get_run_logger().error("%s", refusal)
        rename("refused")
        logging.getLogger("prefect.flow_runs").addFilter(_no_trace_back)
        return Failed(message=str(refusal), data=refusal)
    line = show(walked, dry_run, woken_by)
    # A turn of some customers, or at a moment that somebody chose, says nothing of when the next is due.
    if not (now or any(restricted.values())):
        forget_wakes(journey, begun)
        wake(journey, walked)
    return Completed(message=line, data=walked.report)


def refuse_the_future(journey: str, now: datetime) -> None:
    """TurnRefused for a turn at a time (UTC) still to come that nobody was asked about: a mistyped year."""
    told = "" if _MEANT.get() else ahead(journey, now, present())
    if told:
        raise TurnRefused(f"now: {told}. If you mean it, say `loop run {journey} --now T --yes`.")


def skip(refusal: TurnPutOff) -> State[Any]:
    """Nothing is wrong, and a later turn will do it."""
    get_run_logger().info("%s", refusal)
    rename(SKIPPED)
    return Completed(name="Skipped", message=str(refusal), data=refusal)


def _no_trace_back(record: logging.LogRecord) -> bool:
    """Prefect's engine ends every failed run's log with one; a refusal is told already, and no accident."""
    return not record.msg.startswith("Engine execution exited")


def walk(journey: str, now: datetime | None, **restricted: Any) -> Walked:
    """Every stage a task, after its parents; a turn that finds nothing to do ends in its first task.

    `now`: None for the present.
    """
    world = World.open(settings(), clock=None if now else present)
    with open_turn(world, journey, now or present(), **restricted) as turn:
        ahead, done = Ahead(turn), dict[str, State[Any]]()
        for stage in turn.stages:
            parents = [done[name] for name in stage.after]
            task = task_of(stage)
            done[stage.name] = task(quote(ahead), quote(stage), wait_for=parents, return_state=True)
            done[stage.name].result()  # raises what the task raised: nothing further is tried
            if ahead.idle:
                break
        apart = timedelta(seconds=seconds(turn.frame.shop.turns_at_least_apart))
        return Walked(turn.report(), turn.stages, apart)


def show(walked: Walked, dry_run: bool, woken_by: str) -> str:
    """Name the run by what it did, and keep a page of who moved where. Returns the turn in one line."""
    report, stages = walked.report, walked.stages
    line = headline(report, stages)
    how = "dry run" if dry_run else f"woken by {woken_by}" if woken_by and not report.idle else ""
    rename(f"{line} ({how})" if how else line)
    if report.messages_wait:
        get_run_logger().warning("Messages wait: %s.", report.messages_wait)
    if not report.idle:
        page = turn_page(report, stages, dry_run)
        create_markdown_artifact(page, key=artifact_key(report.journey), description=line)
    return line


def name_at_start() -> str:
    """Until it is known what the turn did."""
    woken_by = flow_run.parameters.get("woken_by")
    if flow_run.parameters.get("dry_run"):
        return "dry run"
    return f"woken by {woken_by}" if woken_by else "turn"


def rename(name: str) -> None:
    """Give this flow run a name that says something in a list."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), name=name)


def wake(journey: str, walked: Walked) -> None:
    """Schedule the next turn for when something is known to come, and say when that is."""
    if not walked.report.coming:
        return
    moment = wake_at(walked.report.coming[0][0], present(), walked.apart)
    if scheduled := schedule_wake_up(journey, moment):
        get_run_logger().info("The next turn is scheduled for %s UTC.", f"{scheduled:%Y-%m-%d %H:%M}")


def take_turn_here(journey: str, **given: Any) -> TurnReport:
    """One turn as a flow run of this process. What the turn refuses is raised."""
    found = journey_named(journey)
    if found is None:
        raise TurnRefused(
            f"There is no journey {journey!r}: nothing of that name was applied, nor is it in journeys/."
        )
    token = _MEANT.set(True)
    try:
        state = cast("State[Any]", as_flow(found)(**given, return_state=True))
    finally:
        _MEANT.reset(token)
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return cast(TurnReport, outcome)
