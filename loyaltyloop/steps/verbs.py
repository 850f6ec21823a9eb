"""The verbs that work, by their word in a journey file."""

from __future__ import annotations

from loyaltyloop.steps import (
    ask,
    branch,
    call,
    give,
    leave,
    recommend,
    score,
    send,
    set,
    split,
    start,
    wait,
    wait_for,
)
from loyaltyloop.steps.stand import Verb

VERBS: dict[str, Verb] = {
    "send": send.look,
    "ask": ask.look,
    "wait": wait.look,
    "wait_for": wait_for.look,
    "branch": branch.look,
    "split": split.look,
    "recommend": recommend.look,
    "score": score.look,
    "give": give.look,
    "set": set.look,
    "call": call.look,
    "start": start.look,
    "leave": leave.look,
}
