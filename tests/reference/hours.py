"""A customer's good hour told simply: everybody's days, one after another, in plain loops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import cos, pi

from hypothesis import reject

from loyaltyloop.journey.clock.times import next_at, to_local
from loyaltyloop.journey.conditions.condition import AllOf, AnyOf, Condition, Did
from loyaltyloop.journey.model import Ask, At, Journey, Send, Shop, Step
from tests.reference.conditions import ENGAGEMENTS, Asked
from tests.reference.gate import is_quiet
from tests.reference.state import Enrolment, Happening, Message, Person

LOOKS = (
    "Product Viewed",
    "Product List Viewed",
    "Products Searched",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
)
SURELY = {"clicked": 1.0, "replied": 1.0, "answered": 1.0, "opened": 0.5}
WAVE = [(1 + cos(2 * pi * (hour - 10) / 24)) / 24 for hour in range(24)]
OF_PERSON, OF_COUNTRY, OF_SHOP = 10, 50, 100  # days that what is above weighs, before more can be learned
INSTANT = timedelta(microseconds=1)

Share = list[float]  # by the hour of the day


@dataclass(frozen=True)
class Market:
    """What is foretold of somebody in each country, and of anybody."""

    countries: Mapping[str, Share]
    shop: Share


class Hours:
    """Good hours; what is counted of the shop holds for a week from Monday on, once somebody has asked."""

    def __init__(
        self,
        shop: Shop,
        people: Iterable[Person],
        enrolments: Sequence[Enrolment],
        zone: Callable[[Person], str],
    ) -> None:
        self._shop, self._people, self._enrolments, self._zone = shop, people, enrolments, zone
        self._weeks: dict[tuple[str, datetime], Market | None] = {}

    def next(
        self, journey: Journey, step: Step, asked: Asked, start: datetime, at: At, channel: str | None = None
    ) -> datetime:
        """The good hour that comes next after `start`; that which was chosen here before, if one was.

        `channel`: by which a message goes.
        """
        enrolment = asked.enrolment
        assert enrolment is not None
        send = _message(step) or _behind(journey, step)
        country = asked.person.attribute("country") or self._shop.country
        by = channel or (None if send is None else "email" if send.channel == "best" else send.channel)

        def opens(hour: int) -> datetime | None:
            moment = start
            for _ in range(10):
                moment = next_at(moment, asked.zone, time(hour), at.days)
                if send is None or not self._quiet(send.purpose, by, moment, asked.zone, country):
                    return moment
                moment += INSTANT
            return None

        def anyhow(hour: int) -> datetime:
            return next_at(start, asked.zone, time(hour), at.days)

        if (known := enrolment.hours.get(step.name)) is not None:
            return opens(known) or anyhow(known)
        own = _message(step)
        until = own.expires_after.after(start, asked.zone) if own and own.expires_after else None
        found = {hour: moment for hour in range(24) if (moment := opens(hour))}
        found = found or {hour: anyhow(hour) for hour in range(24)}
        soon = {hour: moment for hour, moment in found.items() if until is None or moment < until}
        there = self._there(asked.person, by, _aim(journey, step), asked.now)
        hour = max(sorted(soon or found), key=lambda each: there[each])
        enrolment.hours[step.name] = hour
        return found[hour]

    def _quiet(self, purpose: str, channel: str | None, moment: datetime, zone: str, country: str) -> bool:
        mine = [
            quiet
            for quiet in self._shop.quiet_hours
            if channel in quiet.channels
            and purpose in quiet.purposes
            and (not quiet.countries or country in quiet.countries)
        ]
        return any(is_quiet(quiet, to_local(moment, zone), country) for quiet in mine)

    def _there(self, person: Person, channel: str | None, aim: str, now: datetime) -> Share:
        """At which share of their time they are there at each hour."""
        parts = []
        browsing, buying = (0.5, 0.5) if aim == "order" else (0.8, 0.2)
        for facet, share in ((channel or "browsing", browsing), ("buying", buying)):
            own = self._days(person, facet, now + INSTANT, now)
            market = self._market(facet, now)
            if market is not None or sum(own) > 0:
                parts.append((share, self._foretold(person, own, market)))
        total = sum(share for share, _ in parts)
        there = [sum(share * p[hour] for share, p in parts) / total for hour in range(24)] if parts else WAVE
        near = {-2: 1, -1: 2, 0: 3, 1: 2, 2: 1}
        return [
            round(sum(much * there[(hour + by) % 24] for by, much in near.items()) / 9, 9)
            for hour in range(24)
        ]

    def _foretold(self, person: Person, own: Share, market: Market | None) -> Share:
        mean = WAVE
        if market is not None:
            mean = market.countries.get(person.attribute("country") or "", market.shop)
        return mixed(own, OF_PERSON, mean)

    def _market(self, facet: str, now: datetime) -> Market | None:
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        monday = day - timedelta(days=day.weekday())
        if ("", monday) not in self._weeks:  # all is counted when anything of it is asked for
            self._weeks["", monday] = None
            for one in ("buying", "browsing", "email", "sms", "push"):
                self._weeks[one, monday] = self._counted(one, monday)
        return self._weeks[facet, monday]

    def _counted(self, facet: str, as_of: datetime) -> Market | None:
        countries: dict[str, Share] = {}
        shop, number = [0.0] * 24, 0
        for person in self._people:
            days = self._days(person, facet, as_of, as_of)
            likewise = max(1 + (sum(days) - 1) / (1 + OF_PERSON), 1)
            told = [each / likewise for each in days]
            shop = [sum(pair) for pair in zip(shop, told, strict=True)]
            number += round(sum(1 for each in days if each))
            if country := person.attribute("country"):
                there = countries.setdefault(country, [0.0] * 24)
                countries[country] = [sum(pair) for pair in zip(there, told, strict=True)]
        if not number:
            return None
        if number >= 20:
            reject()  # enough to learn weights from: that is told by tests of its own
        mean = mixed(shop, OF_SHOP, WAVE)
        return Market({name: mixed(days, OF_COUNTRY, mean) for name, days in countries.items()}, mean)

    def _days(self, person: Person, facet: str, before: datetime, now: datetime) -> Share:
        """Their days by hour: a day is one, shared among its hours, and half of that after half a year."""
        days: dict[int, dict[int, float]] = defaultdict(dict)
        for weight, local in self._moments(person, facet, before):
            hours = days[local.toordinal()]
            hours[local.hour] = max(hours.get(local.hour, 0), weight)
        found = [0.0] * 24
        for day, hours in days.items():
            old = max(now.astimezone(UTC).toordinal() - day, 0)
            for hour, weight in hours.items():
                found[hour] += weight / len(hours) * 0.5 ** (old / 180)
        return found

    def _moments(self, person: Person, facet: str, before: datetime) -> Iterator[tuple[float, datetime]]:
        """What each thing that they did tells of this, and their local time."""
        mine = [each for each in self._enrolments if each.person is person]
        messages = {m.key: m for each in mine for m in each.messages.values() if not m.call}
        for event in person.events:
            known = event.at < before and event.arrived_at < before and event.type == "track"
            if known and event.at >= before - timedelta(days=365):
                weight = _tells(event, messages, facet)
                if weight:
                    yield weight, to_local(event.at, self._zone(person))


def _tells(event: Happening, messages: Mapping[str, Message], facet: str) -> float:
    """How much an event tells of buying, or of browsing (by a channel)."""
    if facet == "buying":
        return float(event.name == "Order Completed")
    if event.name in LOOKS:
        return 0.5
    message = messages.get(str(event.properties.get("email_id")))
    surely = SURELY.get(_kind(event, message), 0.0)
    if message is None or not surely or event.properties.get("machine") is True:
        return 0.0
    handed = message.handed_over_at
    if handed is not None and event.at < handed + timedelta(hours=1):
        surely /= 2
    return surely if facet in ("browsing", message.channel) else surely / 2


def _kind(event: Happening, message: Message | None) -> str:
    if event.name != "Survey Answered":
        return ENGAGEMENTS.get(event.name, "")
    said = event.properties.get("answer")
    offered = message is not None and (not message.offers or said in message.offers)
    return "answered" if said is not None and offered else ""


def mixed(own: Share, weight: float, above: Share) -> Share:
    """Own days, a quarter of each for the hours beside it, and so many of what is above."""
    total = sum(own) + weight
    return [
        (own[hour] / 2 + own[hour - 1] / 4 + own[(hour + 1) % 24] / 4 + weight * above[hour]) / total
        for hour in range(24)
    ]


def _message(step: Step) -> Send | None:
    return step.action.send if isinstance(step.action, Ask) else _sent(step)


def _sent(step: Step) -> Send | None:
    return step.action if isinstance(step.action, Send) else None


def _behind(journey: Journey, step: Step) -> Send | None:
    """The next message below in the file."""
    below = _below(journey, step)
    return _message(below) if below else None


def _below(journey: Journey, step: Step) -> Step | None:
    place = [each.name for each in journey].index(step.name)
    return next((each for each in list(journey)[place + 1 :] if _message(each)), None)


def _aim(journey: Journey, step: Step) -> str:
    about = step if _message(step) else _below(journey, step)
    if about is not None and isinstance(about.action, Ask):
        return "answer"
    send = _message(about) if about else None
    sells = (send.purpose if send else journey.purpose) == "marketing"
    return "order" if sells and (journey.goal is None or _is_order(journey.goal)) else "answer"


def _is_order(goal: Condition) -> bool:
    if isinstance(goal, AllOf | AnyOf):
        return any(_is_order(part) for part in goal.parts)
    return isinstance(goal, Did) and "Order Completed" in goal.events
