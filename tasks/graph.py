"""Which task does which stage of a turn."""

from __future__ import annotations

from typing import Any

from prefect import Task

from loyaltyloop.turn.stages import Stage
from tasks.apply import apply_events
from tasks.ask import ask
from tasks.branch import branch
from tasks.call import call
from tasks.deliver import deliver
from tasks.enter import enter
from tasks.give import give
from tasks.leave import leave
from tasks.leave_when import leave_when
from tasks.recommend import recommend
from tasks.report import report
from tasks.score import score
from tasks.send import send
from tasks.set import set_
from tasks.settle import settle
from tasks.split import split
from tasks.start import start
from tasks.wait import wait
from tasks.wait_for import wait_for

WORDS: dict[str, Task[..., Any]] = {
    "send": send,
    "ask": ask,
    "wait": wait,
    "wait_for": wait_for,
    "branch": branch,
    "split": split,
    "recommend": recommend,
    "score": score,
    "give": give,
    "set": set_,
    "call": call,
    "start": start,
    "leave": leave,
}
PHASES: dict[str, Task[..., Any]] = {
    "apply": apply_events,
    "enter": enter,
    "leave": leave_when,
    "deliver": deliver,
    "settle": settle,
    "report": report,
}


def task_of(stage: Stage) -> Task[..., Any]:
    """The task that does this stage, under the stage's own name in the graph."""
    found = WORDS[stage.verb] if stage.kind == "step" else PHASES[stage.kind]
    return found.with_options(task_run_name=stage.name)
