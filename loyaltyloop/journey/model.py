"""A journey, read and compiled: one list of steps in order, with their edges.

The Prefect flow, the plain runner and the printed plan walk `Journey.steps`.
Steps stand in topological order (every edge points further down the list, or to the end, `None`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Literal

from loyaltyloop.journey.condition import Condition, Scalar, Where
from loyaltyloop.journey.times import Duration

Purpose = Literal["marketing", "service", "transactional"]
Channel = Literal["email", "sms", "push", "best"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True)
class At:
    """The next such local time (and weekday) of the customer. `best`: the customer's good hour."""

    time: time | None = None
    days: tuple[Weekday, ...] = ()
    best: bool = False


# ── entering ────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ByEvent:
    events: tuple[str, ...]
    where: Where = Where()
    max_age: Duration = field(default_factory=lambda: Duration.of("24 hours"))


@dataclass(frozen=True)
class ByDate:
    """The yearly day of a date on the customer, in the customer's own zone."""

    attribute: str
    offset: Duration | None = None
    offset_sign: Literal[-1, 1] = 1
    at: time = time(0, 0)
    feb29: Literal["feb28", "mar1", "leap_only"] = "feb28"
    catch_up: Duration = field(default_factory=lambda: Duration.of("2 days"))


@dataclass(frozen=True)
class ByState:
    condition: Condition
    check: Literal["hourly", "daily"] = "daily"


@dataclass(frozen=True)
class BySchedule:
    rule: str  # RRULE or five-field cron, in the shop's zone
    to: Condition


@dataclass(frozen=True)
class ByHand:
    pass


Entrance = ByEvent | ByDate | ByState | BySchedule | ByHand


@dataclass(frozen=True)
class Again:
    """`never`, `always`, or after a duration counted from the last entry."""

    kind: Literal["never", "always", "after"] = "never"
    after: Duration | None = None


@dataclass(frozen=True)
class Enter:
    by: Entrance
    one_per: str = "customer"  # or a property of the event
    again: Again = Again()
    while_inside: Literal["ignore", "restart", "alongside"] = "ignore"
    condition: Condition | None = None
    at_most: int | None = None
    at_most_per: Literal["hour", "day", "week"] | None = None


# ── steps ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Path:
    """One way out of a step that decides. `share` in [0, 1], of `split` only."""

    name: str
    when: Condition | None = None
    share: Decimal | None = None


@dataclass(frozen=True)
class Send:
    template: str
    channel: Channel = "email"
    purpose: Purpose = "marketing"  # the reader fills in the journey's
    at: At | None = None
    expires_after: Duration | None = None  # the reader fills in 3 days but for transactional
    if_blocked: Literal["skip", "leave", "other_channel"] = "skip"


@dataclass(frozen=True)
class Ask:
    send: Send
    question: str
    answers: tuple[tuple[str, str], ...] = ()  # name, text
    scale: tuple[int, int] | None = None
    comment: bool = False


@dataclass(frozen=True)
class Until:
    """`until: ATTRIBUTE | trigger.PROPERTY | STEP.expires`, moved by `offset`."""

    source: str
    offset: Duration | None = None
    offset_sign: Literal[-1, 1] = 1
    if_past: Literal["proceed", "skip", "leave"] = "proceed"


@dataclass(frozen=True)
class Wait:
    duration: Duration | None = None  # exactly one of duration and until
    until: Until | None = None
    at: At | None = None
    reset_by: Condition | None = None


@dataclass(frozen=True)
class WaitFor:
    up_to: Duration | None = None
    until: Until | None = None
    reset_by: Condition | None = None
    since: str | None = None  # None: arrival here (a message's engagement: its hand-over)
    paths: tuple[Path, ...] = ()  # the last has no `when`


@dataclass(frozen=True)
class Branch:
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Split:
    paths: tuple[Path, ...] = ()
    choose: Literal["fixed", "best"] = "fixed"
    by: Literal["goal"] | None = None


Source = Literal[
    "repeat",
    "viewed",
    "cart",
    "with_trigger",
    "similar_to_trigger",
    "bought_together",
    "favourite_category",
    "trending",
    "popular_here",
    "new",
    "bestsellers",
    "best",
]
Exclusion = Literal["bought", "cart", "returned", "shown"]


@dataclass(frozen=True)
class Recommend:
    products: int = 4
    at_least: int = 1
    sources: tuple[Source, ...] = ("best",)
    exclude: tuple[Exclusion, ...] = ("bought", "cart", "returned", "shown")
    bought_within: Duration = field(default_factory=lambda: Duration.of("90 days"))
    where: Where = Where()
    fallback: tuple[Source, ...] = ()
    if_short: Literal["collapse", "skip", "leave"] = "collapse"


@dataclass(frozen=True)
class Score:
    model: str


@dataclass(frozen=True)
class Give:
    points: int | None = None
    voucher: str | None = None
    badge: str | None = None
    valid: Duration | None = None
    budget: int | None = None
    budget_per: Literal["day", "week", "month"] | None = None
    chance: Decimal | None = None
    if_empty: Literal["skip", "leave"] = "skip"


@dataclass(frozen=True)
class Set:
    attributes: tuple[tuple[str, Scalar | None], ...] = ()
    tags_add: tuple[str, ...] = ()
    tags_remove: tuple[str, ...] = ()
    often: Literal["less", "normal", "pause"] | None = None
    pause: Duration | None = None
    withdraw: tuple[str, ...] = ()  # channels


@dataclass(frozen=True)
class Call:
    hook: str | None = None
    url: str | None = None
    body: str | None = None


@dataclass(frozen=True)
class Start:
    journey: str


@dataclass(frozen=True)
class Leave:
    reason: str


Action = Send | Ask | Wait | WaitFor | Branch | Split | Recommend | Score | Give | Set | Call | Start | Leave
VERBS: dict[str, type[Action]] = {
    "send": Send,
    "ask": Ask,
    "wait": Wait,
    "wait_for": WaitFor,
    "branch": Branch,
    "split": Split,
    "recommend": Recommend,
    "score": Score,
    "give": Give,
    "set": Set,
    "call": Call,
    "start": Start,
    "leave": Leave,
}
_VERB_OF = {action: verb for verb, action in VERBS.items()}


@dataclass(frozen=True)
class Step:
    """One step and where it leads.

    `edges`: path name → the next step's name, or None for the journey's end. A step without paths has
    one edge, named "". `leave` has none. `first_name` is the oldest name through all `was`: keys and
    dice hang on it.
    """

    name: str
    action: Action
    edges: tuple[tuple[str, str | None], ...]
    after: str | None = None  # behind the step and all its paths: where one goes whose `if` does not hold
    condition: Condition | None = None
    first_name: str = ""
    was: tuple[str, ...] = ()
    line: int = 0
    within_paths: tuple[str, ...] = ()  # "first_answer.clicked", outermost first: for maps and reports

    @property
    def verb(self) -> str:
        """The word in the file."""
        return _VERB_OF[type(self.action)]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The ways out of a step that decides; empty for the others."""
        match self.action:
            case WaitFor() | Branch() | Split():
                return self.action.paths
            case _:
                return ()

    def target(self, path: str) -> str | None:
        """The step that a path leads to; None is the end."""
        return dict(self.edges)[path]


@dataclass(frozen=True)
class Journey:
    """A journey file, compiled."""

    name: str
    about: str
    enter: Enter
    steps: tuple[Step, ...]
    purpose: Purpose = "marketing"
    priority: int = 50
    leave_when: tuple[tuple[str, Condition], ...] = ()
    goal: Condition | None = None
    goal_within: Duration | None = None
    holdout: Decimal = Decimal(0)
    at_end: tuple[Step, ...] = ()
    uses: tuple[Used, ...] = ()

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def step(self, name: str) -> Step:
        """The step of that name; KeyError if there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def first(self) -> str:
        """Where whoever enters stands first."""
        return self.steps[0].name


@dataclass(frozen=True)
class Used:
    """A word whose machinery may be missing, with its place: what `apply` refuses, what `check` only maps."""

    word: str
    line: int
    column: int


# ── shop.yaml ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Sender:
    name: str
    email: str
    postal_address: str


@dataclass(frozen=True)
class QuietHours:
    """Local times; a window may run over midnight (start > end)."""

    start: time
    end: time
    channels: tuple[str, ...] = ("email", "sms", "push")
    purposes: tuple[Purpose, ...] = ("marketing", "service")

    def covers(self, moment: time) -> bool:
        """Is this local time inside the window? The end is outside."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True)
class Market:
    currency: str
    language: str | None = None
    rate: Decimal | None = None  # one unit of `currency` in units of the shop's
    countries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shop:
    """shop.yaml, read."""

    name: str
    timezone: str
    currency: str
    country: str
    sender: Sender
    url: str = ""
    quiet_hours: tuple[QuietHours, ...] = ()
    holdout: Decimal = Decimal(0)
    segments: tuple[tuple[str, Condition], ...] = ()
    markets: tuple[tuple[str, Market], ...] = ()
    lateness: Duration = field(default_factory=lambda: Duration.of("10 minutes"))
    turns_every: Duration = field(default_factory=lambda: Duration.of("15 minutes"))
    turns_at_least_apart: Duration = field(default_factory=lambda: Duration.of("1 minute"))
    uses: tuple[Used, ...] = ()
    extra: tuple[tuple[str, object], ...] = ()  # logo, brand colours and the like, for templates
