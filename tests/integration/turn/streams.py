"""A shop's made-up visitors: views, baskets and orders, on two ids, late and twice; and turns over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import NamedTuple

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from tests.integration.turn.own import Own
from tests.integration.turn.stage import utc
from tests.reference.staging import ENROLMENT, MESSAGE, ingest
from tests.reference.state import Happening

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VIEW, ORDER = "Product Viewed", "Order Completed"
NEVER = utc("2099-01-01 00:00")


class Seen(NamedTuple):
    """An event of a visitor, on the own id or on the device's."""

    at: datetime
    name: str
    arrived: datetime
    on_device: bool
    product_id: str


@dataclass
class Visitor:
    """What one person did. `merged`: when an `identify` told that the device is this person's, too."""

    name: str
    consents: bool
    merged: datetime
    events: list[Seen] = field(default_factory=list)

    def known(self, now: datetime) -> list[Seen]:
        """What can be known of by then, in order of time."""
        return sorted(e for e in self.events if e.arrived <= now and (not e.on_device or self.merged <= now))


@dataclass(frozen=True)
class Stream:
    """Visitors, and the turns over what they do."""

    visitors: list[Visitor]
    turns: list[datetime]


def turns_of(days: list[str], mornings: int = 0) -> list[datetime]:
    """At half past every third hour of these days, until the noon that follows, and on mornings after it."""
    hours = [*range(0, 39, 3), *(24 * day + 10 for day in range(2, 2 + mornings))]
    return [utc(f"{day} 00:30") + hour * HOUR for day in days for hour in hours]


def visitors(seed: int, number: int, days: list[str], words: dict[str, float]) -> list[Visitor]:
    """`words`: other events than views, and how likely each is after a view."""
    dice = Random(seed)
    return [_visitor(dice, f"v{one}", days, words) for one in range(number)]


def _visitor(dice: Random, name: str, days: list[str], words: dict[str, float]) -> Visitor:
    visitor = Visitor(name, dice.random() < 0.9, NEVER)
    device = dice.random() < 0.4
    at = utc(f"{dice.choice(days)} 00:00") + _seconds(dice, 24)
    if device and dice.random() < 0.8:
        visitor.merged = at + _seconds(dice, 6)
    for number in range(dice.randint(1, 6)):
        names = [VIEW, *(word for word, share in words.items() if dice.random() < share)]
        for event in names:
            at += _seconds(dice, dice.choice([0.2, 1, 5]))
            late = _seconds(dice, dice.choice([0.01, 0.01, 0.01, 2, 9, 30]))
            product = f"{'o' if event == ORDER else 'p'}{number}"
            visitor.events.append(Seen(at, event, at + late, device and dice.random() < 0.5, product))
        if dice.random() < 0.2:  # comes back another day
            at = max(at, utc(f"{dice.choice(days)} 00:00") + _seconds(dice, 24))
    return visitor


def _seconds(dice: Random, hours: float) -> timedelta:
    return timedelta(seconds=dice.randrange(1, int(hours * 3600) + 2))


# ── through the engine ──────────────────────────────────────────────────────


def handed_over(engine: Engine, journey: str, stream: Stream) -> dict[str, list[tuple[datetime, str]]]:
    """Who got which message of the journey, and when; None of those who are held out."""
    own = Own(engine, journey, who=())
    own.sells(*(f"p{number}" for number in range(6)))
    ingest(engine, _twice(_calls(stream.visitors)))
    for now in stream.turns:
        own.turn(f"{now:%Y-%m-%d %H:%M}")
    found: dict[str, list[tuple[datetime, str]]] = {}
    chosen = (
        select(ENROLMENT.c.customer_key, MESSAGE.c.handed_over_at, MESSAGE.c.step)
        .where(MESSAGE.c.enrolment_id == ENROLMENT.c.id, MESSAGE.c.state == "handed_over")
        .order_by(MESSAGE.c.handed_over_at)
    )
    with read(engine) as connection:
        for who, at, step in connection.execute(chosen):
            found.setdefault(who, []).append((at, step))
    return found


def held_out(engine: Engine) -> set[str]:
    """Who was kept out by the dice: they get nothing, whatever they do."""
    with read(engine) as connection:
        kept = select(ENROLMENT.c.customer_key).where(ENROLMENT.c.end == "held_out")
        return set(connection.execute(kept).scalars())


def _twice(calls: Iterator[Happening]) -> list[Happening]:
    """In no order, and every ninth of them again."""
    found = list(calls)
    mixed = found + found[::9]
    Random(1).shuffle(mixed)
    return mixed


def _calls(people: list[Visitor]) -> Iterator[Happening]:
    numbers = count()
    began = utc("2024-01-01 00:00")

    def call(kind: str, at: datetime, arrived: datetime, **words: object) -> Happening:
        number = next(numbers)
        return Happening(number, f"m{number}", kind, at, arrived, **words)  # type: ignore[arg-type]

    for one in people:
        address = {"email": f"{one.name}@example.com"}
        yield call("identify", began, began, user_id=one.name, properties=address)
        if one.consents:
            given = {"channel": "email"}
            yield call("track", began, began, name="Consent Granted", user_id=one.name, properties=given)
        if one.merged != NEVER:
            ids = {"user_id": one.name, "anonymous_id": f"device-{one.name}"}
            yield call("identify", one.merged, one.merged, **ids)
        for event in one.events:
            who = {"anonymous_id": f"device-{one.name}"} if event.on_device else {"user_id": one.name}
            yield call(
                "track", event.at, event.arrived, name=event.name, **who, properties=_properties(one, event)
            )


def _properties(one: Visitor, event: Seen) -> dict[str, object]:
    line = {"product_id": event.product_id, "name": event.product_id, "price": 5, "quantity": 1}
    if event.name != ORDER:
        return line
    return {
        "order_id": f"{one.name}-{event.at:%d%H%M%S}",
        "total": 5,
        "currency": "GBP",
        "products": [line],
    }
