"""What a journey listens for: the events upon which its turn has something to do at once.

By whom it is entered, left and answered, and what may end a `hold_while`. What is looked at by its own time
(dates, schedules, the checks of a `when:`) is no event, and what only decides when somebody comes by
(`branch`, `if`) waits for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loyaltyloop.journey.conditions.condition import (
    About,
    Answered,
    Condition,
    Consents,
    Did,
    Engaged,
    Reachable,
    Redeemed,
    walk,
)
from loyaltyloop.journey.conditions.events import ALIASES, EVENTS
from loyaltyloop.journey.conditions.facts import FACTS
from loyaltyloop.journey.model import Ask, ByEvent, Journey, Purpose, Send, Step, Wait, WaitFor

ORDERS = frozenset(name for name in EVENTS if name.startswith("Order "))
BASKETS = frozenset(
    (
        "Product Added",
        "Wishlist Product Added to Cart",
        "Product Removed",
        "Cart Viewed",
        "Checkout Started",
        "Order Completed",
    )
)
CONSENTS = frozenset(("Consent Granted", "Consent Withdrawn", "Unsubscribed", "Email Marked as Spam"))
POINTS = frozenset(("Points Earned", "Points Redeemed", "Points Expired", "Referral Converted"))
CASES = frozenset(("Support Ticket Opened", "Support Ticket Closed"))
RESPONSES = {
    "clicked": frozenset(("Email Link Clicked",)),
    "opened": frozenset(("Email Opened",)),
    "replied": frozenset(("Email Replied", "SMS Replied")),
    "received": frozenset(("Email Delivered", "SMS Delivered")),
    "bounced": frozenset(("Email Bounced", "SMS Bounced")),
}
# Facts that events change → which. `last_seen_at` is left out: everything changes it.
_OF_FACTS = {
    "open_cases": CASES,
    "often": frozenset(("Preference Updated",)),
    "paused_until": frozenset(("Preference Updated",)),
    "topics_off": frozenset(("Preference Updated",)),
    "tier": ORDERS | POINTS | {"Tier Changed"},
    "points": ORDERS | POINTS,
    "badges": frozenset(("Badge Earned",)),
    **dict.fromkeys(("orders", "lifetime_value", "average_order", "favourite_category"), ORDERS),
    **dict.fromkeys(("first_order_at", "last_order_at"), ORDERS),
}
USES = frozenset(("Order Completed", "Order Updated", "Coupon Applied"))  # of codes of vouchers
_ADDRESSES = {"email": "email", "sms": "phone", "push": "device"}


@dataclass(frozen=True)
class Listening:
    """Names of `track` events, attributes that an `identify` may bring, and whether people who turn out to be
    one change anything.
    """

    events: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    merges: bool = False

    def __or__(self, other: Listening) -> Listening:
        return Listening(self.events | other.events, self.traits | other.traits, self.merges or other.merges)


def listens(
    journey: Journey, entering: bool = True, held: Iterable[tuple[Purpose, Condition]] = ()
) -> Listening:
    """For what one version listens. `entering`: customers enter this version now. `held`: `hold_while`."""
    found = Listening(_enters(journey) if entering else frozenset())
    purposes = _purposes(journey)
    for condition in (*waited_for(journey), *(one for purpose, one in held if purpose in purposes)):
        found |= _waits_for(condition)
    return found


def _purposes(journey: Journey) -> set[Purpose]:
    """Of the messages that may wait while something is so."""
    sent = (step.action.send if isinstance(step.action, Ask) else step.action for step in journey)
    return {send.purpose for send in sent if isinstance(send, Send)}


def _enters(journey: Journey) -> frozenset[str]:
    """Older names as they are kept."""
    by = journey.enter.by
    return (
        frozenset(ALIASES.get(name, name) for name in by.events) if isinstance(by, ByEvent) else frozenset()
    )


def waited_for(journey: Journey) -> Iterator[Condition]:
    """Those that are asked of who stands still."""
    yield from (condition for _, condition in journey.leave_when)
    if journey.goal is not None:
        yield journey.goal
    for step in journey:
        yield from _of_step(step)


def _of_step(step: Step) -> Iterable[Condition]:
    match step.action:
        case WaitFor(reset_by=reset_by, paths=paths):
            asked = [reset_by, *(path.when for path in paths)]
        case Wait(reset_by=reset_by):
            asked = [reset_by]
        case _:
            asked = []
    return [condition for condition in asked if condition is not None]


def _waits_for(condition: Condition) -> Listening:
    found = Listening(merges=True)  # who was two may have done it under the other id
    for part in walk(condition):
        found |= _alone(part)
    return found


def _alone(part: Condition) -> Listening:
    """What can make this change, but not the conditions inside it."""
    match part:
        case Did(events=events):
            return Listening(frozenset(ALIASES.get(name, name) for name in events))
        case Engaged(kind=kind):
            return Listening(RESPONSES[kind])
        case Answered():
            return Listening(frozenset(("Survey Answered",)))
        case Redeemed():
            return Listening(USES)
        case Consents():
            return Listening(CONSENTS)
        case Reachable(channel=channel):
            return Listening(RESPONSES["bounced"], frozenset((_ADDRESSES.get(channel, channel),)))
        case About(subject=subject, where=where):
            return _about(subject, [name for name, _ in where.fields])
        case _:  # its parts are walked themselves; who stands in another journey is no event
            return Listening()


def _about(subject: str, names: Iterable[str]) -> Listening:
    match subject:
        case "order":
            return Listening(ORDERS)
        case "cart":
            return Listening(BASKETS)
        case "customer":
            events = frozenset(event for name in names for event in _OF_FACTS.get(name, ()))
            return Listening(events, frozenset(name for name in names if name not in FACTS))
        case _:  # what one entered by stays; predictions and scores are no events
            return Listening()
