"""The gate: whether a message leaves now, later or never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import cast

from holidays import country_holidays

from loyaltyloop.journey.clock.times import read_instant, to_local
from loyaltyloop.journey.model import Ask, Channel, Journey, QuietHours, Send, Shop
from tests.reference.channels import may
from tests.reference.conditions import Asked, address_of, asks, consents, valid_address
from tests.reference.hashing import jitter
from tests.reference.room import Sent, has_copy, room_at
from tests.reference.state import Enrolment, Message, Person, Stop


@dataclass(frozen=True)
class Verdict:
    """What becomes of it. `left`: the rule of `leave_when` that stopped it. `holding`: `hold_while` does."""

    state: str
    reason: str = ""
    due_at: datetime | None = None
    left: str | None = None
    holding: bool = False


def judge(
    shop: Shop,
    journey: Journey,
    message: Message,
    enrolment: Enrolment,
    asked: Asked,
    stops: Iterable[Stop],
    sent: list[Sent],
) -> Verdict:
    """Ask everything, in the gate's order; `asked` is as the step's `if` is asked.

    `stops`: what was told of addresses. `sent`: whatever has left, to anybody.
    """
    if message.call:
        return _judge_call(journey, message, enrolment, asked)
    step = journey.step(message.step)
    send = step.action.send if isinstance(step.action, Ask) else step.action
    assert isinstance(send, Send)
    send = replace(send, channel=cast("Channel", message.channel))
    if not enrolment.running:
        return Verdict("refused", "ended")
    if not may(send, message.channel, asked):
        return Verdict("refused", "consent")
    if suppressed(send, asked.person, stops):
        return Verdict("refused", "suppressed")
    address = address_of(asked.person, message.channel)
    if address is None or (message.channel == "email" and not valid_address(address)):
        return Verdict("refused", "address")
    if (reason := leaving(journey, enrolment, asked)) is not None:
        return Verdict("refused", "left", left=reason)
    if step.condition is not None and not asks(step.condition, asked):
        return Verdict("refused", "if")
    return _in_time(shop, send, message, enrolment, asked, sent)


def _judge_call(journey: Journey, message: Message, enrolment: Enrolment, asked: Asked) -> Verdict:
    """Nothing is asked that is about reaching the customer; in these stories each is taken at once."""
    if not enrolment.running and not message.at_end:
        return Verdict("refused", "ended")
    if message.purpose == "marketing" and not any(
        consents(asked.person, channel) for channel in ("email", "sms", "push")
    ):
        return Verdict("refused", "consent")
    if not message.at_end and (reason := leaving(journey, enrolment, asked)) is not None:
        return Verdict("refused", "left", left=reason)
    step = next(one for one in (*journey.steps, *journey.at_end) if one.name == message.step)
    if step.condition is not None and not asks(step.condition, asked):
        return Verdict("refused", "if")
    return Verdict("handed_over")


def leaving(journey: Journey, enrolment: Enrolment, asked: Asked) -> str | None:
    """The first rule of `leave_when` that holds; its events count from entering on."""
    here = Asked(asked.person, asked.now, asked.zone, asked.enrolments, enrolment, since=enrolment.entered_at)
    return next((reason for reason, rule in journey.leave_when if asks(rule, here)), None)


def suppressed(send: Send, person: Person, stops: Iterable[Stop]) -> bool:
    """Has somebody with this address complained, or did it bounce for good?

    A complaint is over for whoever agrees anew, and says nothing of transactional messages.
    """
    address = person.attribute("email") if send.channel == "email" else None
    mine = [stop for stop in stops if address is not None and stop.address == address.lower()]
    agreed = person.consents.get((send.channel, "marketing"), (None, False))
    for stop in mine:
        if stop.hard:
            return True
        again = agreed[1] and agreed[0] is not None and agreed[0] > stop.at
        if send.purpose != "transactional" and not again:
            return True
    return False


def _in_time(
    shop: Shop, send: Send, message: Message, enrolment: Enrolment, asked: Asked, sent: list[Sent]
) -> Verdict:
    expires = message.expires_at
    if expires is not None and asked.now > expires:
        return Verdict("refused", "expired")
    if (held := _held_while(shop, send, expires, asked)) is not None:
        return held
    due = _wanted_at(send, asked)
    if due is None and has_copy(message, enrolment, sent, asked):
        return Verdict("refused", "copy")
    due = due or room_at(shop, send, enrolment, sent, asked) or quiet_until(shop, send, message.key, asked)
    if due is None:
        return Verdict("handed_over")
    return (
        Verdict("refused", "expired")
        if expires is not None and due > expires
        else Verdict("held", due_at=due)
    )


def _held_while(shop: Shop, send: Send, expires: datetime | None, asked: Asked) -> Verdict | None:
    """Looked at again after a day at the latest; at its last instant it is too late."""
    condition = dict(shop.hold_while).get(send.purpose)
    everywhere = Asked(asked.person, asked.now, asked.zone, asked.enrolments)
    if condition is None or not asks(condition, everywhere):
        return None
    if expires is not None and asked.now >= expires:
        return Verdict("refused", "expired")
    again = asked.now + timedelta(days=1)
    return Verdict("held", due_at=min(again, expires) if expires else again, holding=True)


def _wanted_at(send: Send, asked: Asked) -> datetime | None:
    """When a customer wants to hear again who asked for a pause, or to hear less; None: now."""
    if send.purpose != "marketing":
        return None
    due = read_instant(asked.person.attribute("paused_until"))
    if (due is None or due <= asked.now) and asked.person.attribute("often") == "less":
        sent = [each for enrolment in asked.enrolments for each in enrolment.messages.values()]
        last = [
            each.handed_over_at
            for each in sent
            if each.handed_over_at and each.purpose == "marketing" and not each.call
        ]
        due = max(last) + timedelta(days=7) if last else None
    return due if due is not None and due > asked.now else None


def quiet_until(shop: Shop, send: Send, key: str, asked: Asked) -> datetime | None:
    """When the quiet hours that hold now are over, with the message's own jitter; None: they do not hold.

    Minute after minute is looked at: is it in any of the windows?
    """
    if send.purpose == "transactional":
        return None
    country = asked.person.attribute("country") or shop.country
    mine = [
        quiet
        for quiet in shop.quiet_hours
        if send.channel in quiet.channels
        and send.purpose in quiet.purposes
        and (not quiet.countries or country in quiet.countries)
    ]
    moment = asked.now
    while any(is_quiet(quiet, to_local(moment, asked.zone), country) for quiet in mine):
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment + jitter(key) if moment > asked.now else None


def is_quiet(quiet: QuietHours, local: datetime, country: str) -> bool:
    """Does the window cover this minute of the recipient's clock? One over midnight is of the day before."""
    begun = local.date()
    if quiet.start is not None and quiet.end is not None:
        over_midnight = quiet.start > quiet.end
        if over_midnight and local.time() < quiet.end:
            begun -= timedelta(days=1)
        elif local.time() < quiet.start or (not over_midnight and local.time() >= quiet.end):
            return False
    names = [f"{begun:%a}".lower()] + (["holidays"] if begun in days_off(country, begun.year) else [])
    return not quiet.days or any(name in quiet.days for name in names)


@lru_cache
def days_off(country: str, year: int) -> frozenset[date]:
    """The public holidays there; in the United Kingdom those of England, too."""
    found = set(country_holidays(country, years=year))
    return frozenset(found | (set(country_holidays("GB", "ENG", years=year)) if country == "GB" else set()))
