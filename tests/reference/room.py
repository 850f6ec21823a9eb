"""Caps, and one copy: whether there is room for one more message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from loyaltyloop.journey.clock.times import to_instant, to_local
from loyaltyloop.journey.model import Cap, Send, Shop
from tests.reference.conditions import Asked, address_of
from tests.reference.state import Enrolment, Message

Sent = tuple[Enrolment, Message]


def has_copy(message: Message, enrolment: Enrolment, sent: Iterable[Sent], asked: Asked) -> bool:
    """Has another customer with this address got the same today?"""
    return message.purpose == "marketing" and any(
        other.person is not enrolment.person
        and (other.journey, each.step, each.purpose) == (enrolment.journey, message.step, "marketing")
        and _at(each, message.channel, asked)
        and each.handed_over_at is not None
        and to_local(each.handed_over_at, asked.zone).date() == to_local(asked.now, asked.zone).date()
        for other, each in sent
    )


def room_at(shop: Shop, send: Send, enrolment: Enrolment, sent: list[Sent], asked: Asked) -> datetime | None:
    """When there is room again under all caps; None: now."""
    mine = [each for other, each in sent if other.person is enrolment.person]
    there = [each for _, each in sent if _at(each, send.channel, asked)]
    dues = [
        due
        for cap in shop.caps
        if send.purpose != "transactional" and send.purpose in cap.purposes and send.channel in cap.channels
        for of in (mine, there)
        if (due := _free(cap, of, asked)) is not None
    ]
    return max(dues, default=None)


def _at(each: Message, channel: str, asked: Asked) -> bool:
    """Did it go where a message by this channel would go? A push goes to no address."""
    mine = address_of(asked.person, channel) if channel != "push" else None
    return None not in (each.to, mine) and str(each.to).lower() == str(mine).lower()


def _free(cap: Cap, messages: Iterable[Message], asked: Asked) -> datetime | None:
    """When so many of these that count have gone out of the cap's time that one more may leave."""
    ends = sorted(
        _end(cap, each.handed_over_at, asked.zone)
        for each in messages
        if each.handed_over_at is not None
        and not each.call
        and each.purpose != "transactional"
        and each.purpose in cap.purposes
        and each.channel in cap.channels
    )
    over = [end for end in ends if end > asked.now]
    return over[-cap.number] if len(over) >= cap.number else None


def _end(cap: Cap, at: datetime, zone: str) -> datetime:
    """When the hour, day, week or month of that instant ends; of a rolling cap, that much later."""
    if cap.unit is None:
        return cap.span.after(at, zone)
    moment = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)  # offsets are of quarters
    while _which(cap.unit, moment, zone) == _which(cap.unit, at, zone):
        moment += timedelta(minutes=15) if cap.unit == "hour" else timedelta(hours=1)
    if cap.unit == "hour":
        return moment
    return to_instant(datetime.combine(to_local(moment, zone).date(), time(0)), zone)


def _which(unit: str, at: datetime, zone: str) -> object:
    local = to_local(at, zone)
    match unit:
        case "hour":
            return local.date(), local.hour
        case "week":
            return local.isocalendar()[:2]
        case "month":
            return local.year, local.month
        case _:
            return local.date()
