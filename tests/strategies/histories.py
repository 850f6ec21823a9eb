"""Random histories: customers, what they did, when it arrived, when turns ran, how they answered messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.reference.state import Happening, Message
from tests.strategies.asking import EVENTS, PLANS, rarely
from tests.strategies.baskets import about_baskets
from tests.strategies.journeys import journey

# Two days before London changes its clocks; Lord Howe and Auckland follow a week later.
START = datetime(2024, 3, 29, 6, tzinfo=UTC)
ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", None)
PEOPLE = ("c1", "c2", "c3", "c4")
HOLDING = (
    "hold_while: {marketing: {customer: {plan: basic}}}\n",
    "hold_while: {marketing: {customer: {alpha_mood: glad}}, service: {customer: {tags: {has: alpha}}}}\n",
)
CAPS = (
    "caps: {at_most: 1 a day}\n",
    "caps: [{at_most: 2 in 50 hours, purposes: [marketing, service]}, {at_most: 1 in 7 hours}]\n",
    "caps: [{at_most: 1 an hour, purposes: service}, {at_most: 2 a week}, {at_most: 3 a month}]\n",
)
NIGHT = 'quiet_hours: {from: "21:00", to: "08:00"}'  # as the shop of the reference has it
QUIET = (
    NIGHT,
    'quiet_hours:\n  - {from: "21:00", to: "08:00"}\n  - {countries: FR, days: [sun, holidays]}',
    'quiet_hours: [{days: [sat, holidays], from: "22:30", to: "11:00"}, {days: sun, countries: [GB]}]',
    "quiet_hours: {days: holidays, purposes: marketing}",
)
LAGS = st.sampled_from([0, 0, 0, 1, 9, 10, 11, 300, 3000, -5])
GAPS = st.sampled_from([60, 180, 180, 360, 360, 720, 720, 1440, 0, 1, 10, 11, 4320])


@dataclass(frozen=True)
class Response:
    """How a customer answers a message: so many minutes after the hand-over, arriving so much later.

    `answer`: to a question; `again`: another answer to it an hour later. `hard`: of a bounce.
    """

    name: str
    minutes: int
    lag: int
    machine: bool
    answer: str | int | None = None
    again: str | int | None = None
    hard: bool = False


@dataclass(frozen=True, repr=False)
class Story:
    """All that happens: journey files, events, the turns' `now`s, and answers to messages in turn.

    `erasures`: who is erased just after which turn (by its place). `held`: what shop.yaml says beside, of
    messages that wait while something is so, and of caps; `quiet`: when nothing leaves. `predicted`: before
    which turn (by its place) which lapse is predicted of whom; None: none any more.
    """

    journeys: list[str]
    events: list[Happening]
    turns: list[datetime]
    responses: list[Response]
    erasures: list[tuple[int, str]] = field(default_factory=list)
    held: str = ""
    quiet: str = NIGHT
    predicted: list[tuple[int, str, float | None]] = field(default_factory=list)

    def __repr__(self) -> str:
        """Short enough to read where it is printed as a failing example."""
        turns = ", ".join(f"{now:%m-%d %H:%M}" for now in self.turns)
        events = "\n".join(_shown(event) for event in self.events)
        rest = [*map(repr, self.responses), *(f"erased after turn {n}: {who}" for n, who in self.erasures)]
        rest += [f"before turn {n}: {who} is predicted {value}" for n, who, value in self.predicted]
        return "\n".join(["", *self.journeys, self.held, self.quiet, events, f"turns: {turns}", *rest])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def responses_to(self, message: Message, person: str, number: int) -> list[Happening]:
        """The answers to a message that has just been handed over: none, one, or two, numbered from there."""
        if not self.responses or message.handed_over_at is None:
            return []
        one = self.responses[int(message.key[:8], 16) % len(self.responses)]
        at = message.handed_over_at + timedelta(minutes=one.minutes)
        found = [_response(one, message.key, person, number, at, one.answer)]
        if one.again is not None:
            found.append(_response(one, message.key, person, number + 1, at + timedelta(hours=1), one.again))
        return found


def _response(
    one: Response, key: str, person: str, number: int, at: datetime, answer: str | int | None
) -> Happening:
    properties: dict[str, Any] = {"email_id": key}
    if one.hard:
        properties["type"] = "hard"
    if one.machine:
        properties["machine"] = True
    if answer is not None:
        properties["answer"] = answer
    known = person.startswith("c")
    return Happening(
        number=number,
        message_id=f"answer {number} to {key}",
        type="track",
        at=at,
        arrived_at=at + timedelta(minutes=one.lag),
        name=one.name,
        user_id=person if known else None,
        anonymous_id=None if known else person,
        properties=properties,
    )


def happening(
    number: int, name: str, person: str, at: datetime, arrived_at: datetime, properties: dict[str, Any]
) -> Happening:
    """Something that a customer did."""
    return Happening(
        number=number,
        message_id=f"m{number}",
        type="track",
        at=at,
        arrived_at=arrived_at,
        name=name,
        user_id=person,
        properties=properties,
    )


CHANNELS = ("email", "sms", "push")
# Mostly a mobile's number, else a landline's.
PHONES = st.sampled_from(["+44740012345{}", "+44740012345{}", "+44207946001{}"])


def _shown(event: Happening) -> str:
    who = event.user_id or event.anonymous_id
    late = f" (arrives {event.arrived_at:%m-%d %H:%M})" if event.arrived_at != event.at else ""
    what = event.name or " ".join(filter(None, (event.type, event.previous_id)))
    return f"{event.number} {who} {event.at:%m-%d %H:%M}{late} {what} {dict(event.properties)}"


@st.composite
def known(draw: st.DrawFn, number: int, person: str) -> list[Happening]:
    """What is known of a customer before anything happens."""
    at = START - timedelta(days=1, minutes=len(PEOPLE) - number)
    nowhere = person == "c4" and draw(st.booleans())
    # Two who have one mailbox, as in a family: what its server says is said of both.
    shared = person == "c2" and draw(st.booleans())
    home = "C1@example.com" if shared else f"{person}@example.com"
    traits: dict[str, Any] = {"email": "nowhere" if nowhere else home}
    zone = draw(st.sampled_from(ZONES))
    traits |= {"timezone": zone, "country": draw(st.sampled_from(["GB", "FR"]))} if zone else {}
    traits |= {"birthday": draw(st.sampled_from(["1990-03-31", "1984-02-29", "1999-04-01"]))}
    if draw(st.booleans()):
        traits["plan"] = draw(st.sampled_from(PLANS))
    traits |= {"phone": draw(PHONES).format(number)} if draw(st.booleans()) else {}
    traits |= {"preferred_channel": draw(st.sampled_from(CHANNELS))} if rarely(draw) else {}
    device = f"device-{number}" if draw(st.booleans()) else None
    identify = Happening(
        number, f"m{number}", "identify", at, at, user_id=person, properties=traits, device=device
    )
    if person == "c3" and draw(st.booleans()):
        return [identify]
    agreed = ["email", *(one for one in CHANNELS[1:] if draw(st.booleans()))]
    granted = [
        happening(100 + 10 * place + number, "Consent Granted", person, at, at, {"channel": channel})
        for place, channel in enumerate(agreed, 1)
    ]
    return [identify, *granted]


@st.composite
def deed(draw: st.DrawFn, number: int) -> Happening:
    """Something done, by one of the customers, under one of two ids."""
    at = START + timedelta(minutes=draw(st.integers(0, 60)) * 60 + draw(st.sampled_from([0, 1, 30])))
    arrived_at = at + timedelta(minutes=draw(LAGS))
    person = draw(st.sampled_from(PEOPLE))
    kind = draw(st.sampled_from(["track"] * 9 + ["basket"] * 3 + ["identify", "alias", "consent", "rhythm"]))
    # No two values of one thing at one instant: the time decides which is the latest.
    at_once = at + timedelta(seconds=number)
    base: dict[str, Any] = {"number": number, "message_id": f"m{number}", "arrived_at": arrived_at}
    if kind == "identify":
        plan = {"plan": draw(st.sampled_from(PLANS))}
        return Happening(**base, at=at_once, type="identify", user_id=person, properties=plan)
    if kind == "alias":
        previous = draw(st.sampled_from([f"a{person[1:]}"] * 3 + ["c1" if person != "c1" else "c2"]))
        return Happening(**base, at=at, type="alias", user_id=person, previous_id=previous)
    base |= {"type": "track"}
    if kind == "consent":
        name = draw(st.sampled_from(["Consent Withdrawn", "Consent Granted"]))
        channel = draw(st.sampled_from(["email", *CHANNELS]))
        return Happening(**base, at=at_once, name=name, user_id=person, properties={"channel": channel})
    if kind == "rhythm":
        rhythm = draw(rhythms(at))
        return Happening(**base, at=at_once, name="Preference Updated", user_id=person, properties=rhythm)
    who = draw(ids(person))
    if kind == "basket":
        name, said = draw(about_baskets(ordered=False))
        return Happening(**base, at=at, name=name, properties=said, **who)
    name = draw(st.sampled_from([name for name in EVENTS if name != "Product Added"]))
    properties = draw(details(next(iter(who.values()))))
    return Happening(**base, at=at, name=name, properties=properties, **who)


@st.composite
def rhythms(draw: st.DrawFn, at: datetime) -> dict[str, Any]:
    """How often somebody wants to hear; pauses end within the story, or long after it."""
    often = draw(st.sampled_from(["less", "normal", "pause"]))
    until = at + timedelta(hours=draw(st.sampled_from([7, 40, 720])))
    return {"often": often, "paused_until": until.isoformat() if often == "pause" else None}


@st.composite
def ids(draw: st.DrawFn, person: str) -> dict[str, Any]:
    """Mostly the customer's own id, now and then one that was not known before."""
    anonymous = f"a{person[1:]}"
    return draw(st.sampled_from([{"user_id": person}] * 4 + [{"anonymous_id": anonymous}]))


@st.composite
def details(draw: st.DrawFn, who: str) -> dict[str, Any]:
    """Properties of an event; any may be missing. No two customers share an order."""
    made: dict[str, Any] = {}
    if not rarely(draw):
        made["order_id"] = f"{who}-{draw(st.sampled_from(['o1', 'o2', 'o3']))}"
    if draw(st.booleans()):
        made["total"] = draw(st.sampled_from([20, 50, 99.5]))
    if rarely(draw):
        made["coupon"] = draw(st.sampled_from(["FEW-1", "FEW-2", "NONE"]))
    made["ship_on"] = draw(st.sampled_from(["2024-03-31", "2024-04-02", "2024-03-30T21:30:00Z", "soon"]))
    if rarely(draw):
        made["color"] = draw(st.sampled_from(["red", "blue"]))
    return made


@st.composite
def answers(draw: st.DrawFn) -> Response:
    """How one in a few messages is answered."""
    clicks = ["Email Link Clicked", "Email Link Clicked", "Email Opened", "Unsubscribed"]
    clicks += ["Email Bounced", "Email Marked as Spam"]
    name = draw(st.sampled_from([*clicks, *["Survey Answered"] * 3]))
    hard = name == "Email Bounced" and draw(st.booleans())
    minutes = draw(st.sampled_from([0, 1, 15, 100, 1500]))
    lag, machine = draw(st.sampled_from([0, 0, 1, 12, 400])), draw(st.integers(0, 4)) == 0
    if name != "Survey Answered":
        return Response(name, minutes, lag, machine, hard=hard)
    values: st.SearchStrategy[str | int | None] = st.sampled_from(["gift", "myself", 3, 9, 11])
    return Response(name, minutes, lag, machine, draw(values), draw(st.none() | values))


def foretold(turns: int) -> st.SearchStrategy[list[tuple[int, str, float | None]]]:
    """What is predicted, in order, most of it early."""
    values = st.sampled_from([0.2, 0.5, 0.51, 0.7, 0.95, None])
    places = st.integers(0, turns - 1).map(lambda place: place * place // turns)
    one = st.tuples(places, st.sampled_from(PEOPLE), values)
    return st.lists(one, max_size=6, unique_by=lambda each: each[:2]).map(sorted_by_place)


def sorted_by_place(found: list[tuple[int, str, float | None]]) -> list[tuple[int, str, float | None]]:
    return sorted(found, key=lambda each: each[:2])


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A whole story; duplicates of events included."""
    both = draw(st.booleans())
    texts = [draw(journey("alpha", "beta" if both else None))]
    texts += [draw(journey("beta"))] if both else []
    events = [event for number, person in enumerate(PEOPLE, 1) for event in draw(known(number, person))]
    events += [draw(deed(200 + number)) for number in range(draw(st.integers(8, 24)))]
    events += draw(st.lists(st.sampled_from(events), max_size=2))
    turns = [START]
    for gap in draw(st.lists(GAPS, min_size=6, max_size=14)):
        turns.append(turns[-1] + timedelta(minutes=gap))
    responses = draw(st.lists(answers(), max_size=3))
    who = st.tuples(st.integers(0, len(turns) - 2), st.sampled_from(PEOPLE))
    erasures = draw(st.lists(who, min_size=1, max_size=2)) if draw(st.integers(0, 3)) == 3 else []
    held = draw(st.sampled_from(["", "", *HOLDING])) + draw(st.sampled_from(["", "", *CAPS]))
    quiet, predicted = draw(st.sampled_from(QUIET)), draw(foretold(len(turns)))
    return Story(texts, events, turns, responses, erasures, held, quiet, predicted)
