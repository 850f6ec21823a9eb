"""What steps do: one record for each verb."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Literal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition, Scalar, Where
from loyaltyloop.journey.model.words import Channel, Purpose, Weekday


@dataclass(frozen=True)
class At:
    """The next such local time (and weekday) of the customer. `best`: the customer's good hour."""

    time: time | None = None
    days: tuple[Weekday, ...] = ()
    best: bool = False


@dataclass(frozen=True)
class Path:
    """One way out of a step that decides. `share` in [0, 1], of `split` only."""

    name: str
    when: Condition | None = None
    share: Decimal | None = None


@dataclass(frozen=True)
class Send:
    """One message, by one channel; held until its hour, refused at the gate or handed over."""

    template: str
    channel: Channel = "email"
    purpose: Purpose = "marketing"  # the reader fills in the journey's
    at: At | None = None
    expires_after: Duration | None = None  # the reader fills in 3 days but for transactional
    if_blocked: Literal["skip", "leave", "other_channel"] = "skip"


@dataclass(frozen=True)
class Ask:
    """A message with answer links: either named answers, or a scale from the lowest to the highest.

    `ends`: what these two mean, where it is said.
    """

    send: Send
    question: str
    answers: tuple[tuple[str, str], ...] = ()  # name, text
    scale: tuple[int, int] | None = None
    comment: bool = False
    ends: tuple[str, str] | None = None


@dataclass(frozen=True)
class Until:
    """`until: ATTRIBUTE | trigger.PROPERTY | STEP.expires | STEP.due`, moved by `offset`."""

    source: str
    offset: Duration | None = None
    offset_sign: Literal[-1, 1] = 1
    if_past: Literal["proceed", "skip", "leave"] = "proceed"


@dataclass(frozen=True)
class Wait:
    """Stays for a time or until an instant; `reset_by`: starts anew at each such event."""

    duration: Duration | None = None  # exactly one of duration and until
    until: Until | None = None
    at: At | None = None
    reset_by: Condition | None = None


@dataclass(frozen=True)
class WaitFor:
    """Stays until a path's `when` holds, at most until its end: then the last path is taken."""

    up_to: Duration | None = None
    until: Until | None = None
    reset_by: Condition | None = None
    since: str | None = None  # None: arrival here (a message's engagement: its hand-over)
    paths: tuple[Path, ...] = ()  # the last has no `when`


@dataclass(frozen=True)
class Branch:
    """Decides now: the first path whose `when` holds, else the last."""

    paths: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Split:
    """Decides by the customer's own dice, by the shares of the paths or by what was best."""

    paths: tuple[Path, ...] = ()
    choose: Literal["fixed", "best"] = "fixed"
    by: Literal["goal"] | None = None


Source = Literal[
    "repeat",
    "viewed",
    "viewed_together",
    "searched",
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
Exclusion = Literal["bought", "owned", "cart", "returned", "shown"]


@dataclass(frozen=True)
class Recommend:
    """Products for this customer: from `sources` in order, filled up from `fallback`."""

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
    """A number for this customer, by the model of that name."""

    model: str


@dataclass(frozen=True)
class Give:
    """Points, a voucher of a pool or a badge: exactly one. `chance` in [0, 1]; `budget`: how many gifts."""

    points: int | None = None
    voucher: str | None = None
    badge: str | None = None
    valid: Duration | None = None
    budget: int | None = None
    budget_per: Literal["day", "week", "month"] | None = None
    chance: Decimal | None = None
    if_empty: Literal["skip", "leave"] = "skip"

    @property
    def kind(self) -> Literal["voucher", "points", "badge"]:
        """Which of them it gives."""
        return "voucher" if self.voucher is not None else "badge" if self.badge is not None else "points"


@dataclass(frozen=True)
class Set:
    """Changes the customer: attributes (None: taken away), tags, how often, consent withdrawn."""

    attributes: tuple[tuple[str, Scalar | None], ...] = ()
    tags_add: tuple[str, ...] = ()
    tags_remove: tuple[str, ...] = ()
    often: Literal["less", "normal", "pause"] | None = None
    pause: Duration | None = None
    withdraw: tuple[str, ...] = ()  # channels


@dataclass(frozen=True)
class Call:
    """A signed web hook: one of shop.yaml by name, or a URL. `body`: a template."""

    hook: str | None = None
    url: str | None = None
    body: str | None = None
    purpose: Purpose = "marketing"  # the reader fills in the journey's
    expires_after: Duration = field(default_factory=lambda: Duration.of("3 days"))  # how long it is tried


@dataclass(frozen=True)
class Start:
    """Enters another journey with what was entered by."""

    journey: str


@dataclass(frozen=True)
class Leave:
    """The end, before the end, for this reason."""

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
