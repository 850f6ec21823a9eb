"""A journey, read and compiled: one list of steps in order, with their edges.

The Prefect flow, the plain runner and the printed plan walk `Journey.steps`.
Steps stand in topological order (every edge points further down the list, or to the end, `None`).
"""

from __future__ import annotations

from loyaltyloop.journey.model.caps import Cap
from loyaltyloop.journey.model.entering import (
    Again,
    ByDate,
    ByEvent,
    ByHand,
    BySchedule,
    ByState,
    Enter,
    Entrance,
)
from loyaltyloop.journey.model.journey import Journey, Step
from loyaltyloop.journey.model.quiet import QuietHours
from loyaltyloop.journey.model.recommending import Recommending
from loyaltyloop.journey.model.shop import Hook, Market, Sender, Shop, Topic
from loyaltyloop.journey.model.steps import (
    VERBS,
    Action,
    Ask,
    At,
    Branch,
    Call,
    Exclusion,
    Give,
    Leave,
    Path,
    Recommend,
    Score,
    Send,
    Set,
    Source,
    Split,
    Start,
    Until,
    Wait,
    WaitFor,
)
from loyaltyloop.journey.model.vouchers import Pool
from loyaltyloop.journey.model.words import CALLS, Channel, Purpose, Used, Weekday

__all__ = [
    "CALLS",
    "Action",
    "Again",
    "Ask",
    "At",
    "Branch",
    "ByDate",
    "ByEvent",
    "ByHand",
    "BySchedule",
    "ByState",
    "Call",
    "Cap",
    "Channel",
    "Enter",
    "Entrance",
    "Exclusion",
    "Give",
    "Hook",
    "Journey",
    "Leave",
    "Market",
    "Path",
    "Pool",
    "Purpose",
    "QuietHours",
    "Recommend",
    "Recommending",
    "Score",
    "Send",
    "Sender",
    "Set",
    "Shop",
    "Source",
    "Split",
    "Start",
    "Step",
    "Topic",
    "Until",
    "Used",
    "VERBS",
    "Wait",
    "WaitFor",
    "Weekday",
]
