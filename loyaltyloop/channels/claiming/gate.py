"""The gate: what may leave now, what waits, what is refused and why. It runs inside the claim.

Checks stand in one order; the first that objects decides. Each refusal is a reason on record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from loyaltyloop.channels.claiming.room import Room
from loyaltyloop.channels.claiming.where import unreachable
from loyaltyloop.channels.mailbox import valid_address
from loyaltyloop.journey.clock.quiet import quiet_until
from loyaltyloop.journey.conditions.moving import moves
from loyaltyloop.journey.dice import jitter
from loyaltyloop.journey.model import CALLS, Purpose, Shop
from loyaltyloop.journey.showing.phrases import phrase
from loyaltyloop.store.consents.withdrawals import Withdrawn
from loyaltyloop.store.inside.holding import CAPPED, HOLDS, QUIET, STOPPED

# How long a message that a `hold_while` holds is not looked at, when nothing happens to its customer.
AGAIN, AGAIN_IF_MOVING = timedelta(days=1), timedelta(hours=1)
SELDOM = timedelta(days=7)  # between two marketing messages to whoever wants to hear less often


@dataclass(frozen=True)
class Verdict:
    """What becomes of one message. `until`: when a held one is looked at again (UTC). planned: it goes by
    another channel, as which it is looked at anew. unknown: it may have left in an earlier try.
    """

    state: Literal["claimed", "held", "refused", "planned", "unknown"]
    reason: str = ""
    until: datetime | None = None
    behind: tuple[str, ...] = ()  # keys of the messages that went first
    by_channel: bool = False  # is it refused for a reason that lies in the channel?


PASS = Verdict("claimed")


@dataclass(frozen=True)
class Moment:
    """When and where the gate runs, and which messages' conditions object (key → reason).

    `present`: what the clock says by now, minutes after the turn's `now` at most; None where time is made up.
    """

    now: datetime
    shop: Shop
    objections: dict[str, str]
    present: datetime | None = None
    withdrawn: frozenset[Withdrawn] = frozenset()  # committed, and not applied yet
    room: Room = field(default_factory=Room, compare=False)
    suppressed: Mapping[str, str] = field(default_factory=dict)  # key → why nothing goes to its address
    stopped: Mapping[str, str] = field(default_factory=dict)  # journey → why its marketing has stopped
    _ends: dict[tuple[str, str, str, str], datetime | None] = field(default_factory=dict, compare=False)

    def quiet_until(self, channel: str, purpose: str, zone: str, country: str | None) -> datetime | None:
        """The end of the quiet hours there; the same for thousands of messages, and worked out once.

        Whose country is not known lives where the shop is, as far as quiet hours go.
        """
        asked = (channel, purpose, zone, country or self.shop.country)
        if asked not in self._ends:
            # A message leaves at the present, and is on record with the turn's `now`: neither may be inside.
            instants = {self.now, self.present or self.now}
            ends = (quiet_until(self.shop.quiet_hours, *asked, instant) for instant in instants)
            self._ends[asked] = max((end for end in ends if end is not None), default=None)
        return self._ends[asked]

    def holding(self, purpose: str) -> tuple[str, timedelta]:
        """Why the shop holds messages of this purpose, and after how long they are looked at again."""
        condition = dict(self.shop.hold_while)[cast("Purpose", purpose)]
        again = AGAIN_IF_MOVING if moves(condition) else AGAIN
        return f"{HOLDS}{phrase(condition)}", again


Candidate = Any  # a row of `candidates`, by the names of its columns
Check = Callable[[Candidate, Moment], Verdict | None]


def judge(message: Candidate, moment: Moment) -> Verdict:
    """The verdict of the first check that objects; else it may be rendered and leave, and takes room."""
    for check in CHECKS_OF_CALLS if message.channel == CALLS else CHECKS:
        if verdict := check(message, moment):
            return replace(verdict, by_channel=True) if check in OF_THE_CHANNEL else verdict
    moment.room.take(message, moment.now)
    return PASS


def _enrolment_runs(message: Candidate, _: Moment) -> Verdict | None:
    if message.ended_at is None:
        return None
    return Verdict("refused", f"the enrolment has ended: {message.ended_reason or message.end}")


def _journey_live(message: Candidate, _: Moment) -> Verdict | None:
    return Verdict("refused", "the journey is not live") if message.journey_state is None else None


def _customer_exists(message: Candidate, _: Moment) -> Verdict | None:
    if message.zone is None:
        return Verdict("refused", "no such customer")
    return Verdict("refused", "the customer was erased") if message.erased_at else None


def _consent(message: Candidate, moment: Moment) -> Verdict | None:
    if (message.customer_id, message.channel, message.purpose) in moment.withdrawn:
        return Verdict("refused", f"consent to {message.purpose} by {message.channel} was withdrawn")
    match message.purpose:
        case "marketing" if not message.marketing_consent:
            return Verdict("refused", f"no consent to marketing by {message.channel}")
        case "service" if message.service_consent is False:
            return Verdict("refused", f"service messages by {message.channel} declined")
        case _:
            return None


def _suppression(message: Candidate, moment: Moment) -> Verdict | None:
    reason = moment.suppressed.get(message.key)
    return Verdict("refused", f"suppressed: {reason}") if reason else None


def _may_be_told(message: Candidate, moment: Moment) -> Verdict | None:
    """For marketing, other systems hear only of customers who agreed to marketing by some channel."""
    if message.purpose != "marketing":
        return None
    for channel in ("email", "sms", "push"):
        withdrawn = (message.customer_id, channel, "marketing") in moment.withdrawn
        if getattr(message, f"agreed_{channel}") and not withdrawn:
            return None
    return Verdict("refused", "no consent to marketing by any channel")


def _address(message: Candidate, moment: Moment) -> Verdict | None:
    if message.channel != "email":
        why = unreachable(message, moment.shop)
        return Verdict("refused", why) if why else None
    if not message.email:
        return Verdict("refused", "no address")
    return None if valid_address(message.email) else Verdict("refused", "the address is not valid")


def _conditions(message: Candidate, moment: Moment) -> Verdict | None:
    reason = moment.objections.get(message.key)
    return Verdict("refused", reason) if reason else None


def _journey_stopped(message: Candidate, moment: Moment) -> Verdict | None:
    """It waits until somebody lets its journey go on, or for its last instant."""
    why = moment.stopped.get(message.journey) if message.purpose == "marketing" else None
    return _wait(message, moment, f"{STOPPED}{why}", AGAIN) if why else None


def _hold_while(message: Candidate, moment: Moment) -> Verdict | None:
    """It waits until its last instant; whatever happens to the customer lets it be looked at sooner."""
    if not message.holding:
        return None
    return _wait(message, moment, *moment.holding(message.purpose))


def _wait(message: Candidate, moment: Moment, reason: str, pause: timedelta) -> Verdict:
    """It is held until it is looked at again, or for the last time."""
    again, expires = moment.now + pause, message.expires_at
    if expires is not None and moment.now >= expires:
        return Verdict("refused", f"expired: {reason}")
    return Verdict("held", reason, min(again, expires) if expires else again)


def _paused(message: Candidate, moment: Moment) -> Verdict | None:
    if message.purpose != "marketing" or message.paused_until is None or message.paused_until <= moment.now:
        return None
    return _hold(message, "the customer asked for a pause", message.paused_until)


def _seldom(message: Candidate, moment: Moment) -> Verdict | None:
    if message.purpose != "marketing" or message.latest_of_few is None:
        return None
    free = message.latest_of_few + SELDOM
    return None if free <= moment.now else _hold(message, "the customer asked to hear less often", free)


def _copy(message: Candidate, moment: Moment) -> Verdict | None:
    """To one address one copy a day, though two customers have it."""
    first = moment.room.copy(message, moment.now)
    if first is None:
        return None
    reason = f"one copy: the same went to this address today, for another customer ({first.key})"
    return Verdict("refused", reason, behind=(first.key,))


def _caps(message: Candidate, moment: Moment) -> Verdict | None:
    full = moment.room.full(message, moment.now)
    return None if full is None else _hold(message, full.reason, full.until, full.behind)


_TOLD = (HOLDS, CAPPED, STOPPED)


def _in_time(message: Candidate, moment: Moment) -> Verdict | None:
    if message.expires_at is None or moment.now < message.expires_at:
        return None
    over = moment.now > message.expires_at
    # A call was tried until its last instant. What held a message then is asked once more below.
    if message.reason and (message.channel == CALLS or (over and message.reason.startswith(_TOLD))):
        return Verdict("refused", f"expired: {message.reason}")
    return Verdict("refused", "expired") if over else None


def _quiet_hours(message: Candidate, moment: Moment) -> Verdict | None:
    if message.purpose == "transactional":
        return None
    until = moment.quiet_until(message.channel, message.purpose, message.zone, message.customer_country)
    if until is None:
        return None
    return _hold(message, QUIET, until + timedelta(seconds=jitter(message.key)))


def _hold(message: Candidate, reason: str, until: datetime, behind: tuple[str, ...] = ()) -> Verdict:
    """Held until then, when the whole gate runs again; refused if that would be too late."""
    if message.expires_at is not None and until > message.expires_at:
        return Verdict("refused", f"expired: {reason}" if behind else "expired", behind=behind)
    return Verdict("held", reason, until, behind)


CHECKS: tuple[Check, ...] = (
    _enrolment_runs,
    _journey_live,
    _customer_exists,
    _consent,
    _suppression,
    _address,
    _conditions,
    _in_time,
    _journey_stopped,
    _hold_while,
    _paused,
    _seldom,
    _copy,
    _caps,
    _quiet_hours,
)
# What they object to lies in the channel: by another one the message may leave.
OF_THE_CHANNEL: tuple[Check, ...] = (_consent, _suppression, _address)
# A call goes to another system, at whatever hour: what is about reaching the customer is not asked.
CHECKS_OF_CALLS: tuple[Check, ...] = (
    _enrolment_runs,
    _journey_live,
    _customer_exists,
    _may_be_told,
    _conditions,
    _in_time,
)
