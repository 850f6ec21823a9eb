"""What tells when customers are there, read set-based: their orders, looks, and answers to messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
from sqlalchemy import (
    Case,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from loyaltyloop.journey.dice import throw
from loyaltyloop.scores.hours.happenings import (
    FACETS,
    SHARP,
    SOON,
    Facet,
    Happenings,
    Kind,
    Longs,
    hours_of,
    local_times,
    no_happenings,
    with_hours,
)
from loyaltyloop.scores.hours.market import Level, Market, learn
from loyaltyloop.scores.purchases.reading import epoch
from loyaltyloop.store.among import among
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.live.versions import load_shop, shop_text
from loyaltyloop.store.models import Customer, Engagement, Event, Message

customer: Table = Customer.__table__  # type: ignore[attr-defined]
engagement: Table = Engagement.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]

BACK = timedelta(days=365)
MOST = 20_000  # customers by whom a shop's hours are counted; of more, as many by their own dice
LOOKS = (
    "Product Viewed",
    "Product List Viewed",
    "Products Searched",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
)
ANSWERS = {"clicked": 1.0, "replied": 1.0, "answered": 1.0, "opened": 0.5}  # mail programs open by themselves
_CHANNELS = {"email": Kind.EMAIL, "sms": Kind.SMS, "push": Kind.PUSH}
_BATCH = 5_000  # people asked about in one statement
_QUARTER, _KINDS, _WEIGHTS = 900, 8, 128


def read_happenings(
    connection: Connection, ids: Sequence[int], zones: list[str], before: datetime
) -> Happenings:
    """What these customers (distinct; `zones`: of each) did in the year before, and was known by then, so far
    as more than its day is known; `who` is a place in `ids`."""
    names = np.array(ids, np.int64)
    order = np.argsort(names)
    parts = []
    for start in range(0, len(names), _BATCH):
        some = names[start : start + _BATCH].tolist()
        for statement in (_done(connection, some, before), _answered(connection, some, before)):
            parts.append(_happenings(connection.execute(statement).all(), names, order))
    home = load_shop(connection).timezone if shop_text(connection) is not None else "UTC"
    return with_hours(_joined(parts), zones, home)


def count_hours(connection: Connection, as_of: datetime) -> Iterator[tuple[str, Any]]:
    """The hours of the shop and its countries before `as_of`, by facet: what `market_of` reads."""
    people = _sample(connection)
    zones = [one.zone for one in people]
    found = read_happenings(connection, [one.id for one in people], zones, as_of)
    local = local_times(found, zones)
    countries = [one.country for one in people]
    for facet in FACETS:
        market = learn(hours_of(found, local, facet, as_of), countries)
        if market is not None:
            yield facet, {**_plain(market.shop), "weight": market.weight}
            for country, level in market.countries.items():
                yield f"{facet}/{country}", _plain(level)


def market_of(facet: Facet, figures: dict[str, Any]) -> Market | None:
    """What was counted of this facet; None for a shop of which nothing is known."""
    shop = figures.get(facet)
    if shop is None:
        return None
    start = f"{facet}/"
    countries = {key[len(start) :]: _level(value) for key, value in figures.items() if key.startswith(start)}
    return Market(_level(shop), countries, float(shop["weight"]))


def _plain(level: Level) -> dict[str, Any]:
    return {"own": level.own.tolist(), "rest": level.rest}


def _level(value: dict[str, Any]) -> Level:
    return Level(np.array(value["own"], np.float64), float(value["rest"]))


def _sample(connection: Connection) -> list[Any]:
    """All customers, or MOST of them; in order of their ids."""
    number = connection.execute(select(func.count()).select_from(customer)).scalar_one()
    columns = (customer.c.id, customer.c.key, customer.c.zone, customer.c.country)
    rows = connection.execute(select(*columns).order_by(customer.c.id))
    return [one for one in rows if number <= MOST or throw("hours", one.key) < MOST / number]


def _done(connection: Connection, ids: list[int], before: datetime) -> Select[Any]:
    """(customer, how many things they did, their codes)."""
    at = epoch(connection, event.c.at)
    kind = case((event.c.name == "Order Completed", int(Kind.ORDERED)), else_=int(Kind.LOOKED))
    code = _code(at, kind + case((at % _QUARTER == 0, SHARP), else_=0), literal(100))
    return (
        select(event.c.customer_id, func.count(), _texts(connection, code))
        .where(
            among(connection, event.c.customer_id, ids),
            event.c.name.in_(("Order Completed", *LOOKS)),
            event.c.at >= before - BACK,
            event.c.at < before,
            event.c.arrived_at < before,
        )
        .group_by(event.c.customer_id)
    )


def _answered(connection: Connection, ids: list[int], before: datetime) -> Select[Any]:
    """Likewise of answers by people: half as much of those that came soon after the message had left."""
    at = epoch(connection, engagement.c.at)
    soon = at < epoch(connection, message.c.handed_over_at) + SOON
    surely: Case[int] = case({one: int(100 * much) for one, much in ANSWERS.items()}, value=engagement.c.kind)
    kind = case({name: int(kind) for name, kind in _CHANNELS.items()}, value=message.c.channel)
    code = _code(at, kind, case((soon, surely // 2), else_=surely))
    return (
        select(engagement.c.customer_id, func.count(), _texts(connection, code))
        .join(message, message.c.key == engagement.c.message_key)
        .where(
            among(connection, engagement.c.customer_id, ids),
            engagement.c.kind.in_(ANSWERS),
            engagement.c.machine.is_(False),
            message.c.channel.in_(_CHANNELS),
            engagement.c.at >= before - BACK,
            engagement.c.at < before,
            engagement.c.arrived_at < before,
        )
        .group_by(engagement.c.customer_id)
    )


def _code(at: ColumnElement[int], kind: ColumnElement[int], weight: ColumnElement[int]) -> ColumnElement[int]:
    """When (quarters of an hour since 1970: zones are ahead of UTC by such), what, and its weight in
    hundredths, as one number: a row a customer costs a fraction of a row a thing."""
    return (at // _QUARTER * _KINDS + kind) * _WEIGHTS + weight


def _texts(connection: Connection, code: ColumnElement[int]) -> ColumnElement[str]:
    gather = func.string_agg if is_postgres(connection) else func.group_concat
    found: ColumnElement[str] = gather(cast(code, Text), literal_column("','"))
    return found


def _happenings(rows: Sequence[Any], names: Longs, order: Any) -> Happenings:
    if not rows:
        return no_happenings()
    customers, many, texts = zip(*rows, strict=True)
    code = np.array(orjson.loads(f"[{','.join(texts)}]"), np.int64)
    place = order[np.searchsorted(names, np.array(customers, np.int64), sorter=order)]
    who = np.repeat(place.astype(np.int32), many)
    rest, weight = np.divmod(code, _WEIGHTS)
    at, kind = np.divmod(rest, _KINDS)
    return Happenings(who, at * _QUARTER, kind.astype(np.int32), weight / 100)


def _joined(parts: Sequence[Happenings]) -> Happenings:
    if not parts:
        return no_happenings()
    columns = zip(*((one.who, one.at, one.kind, one.weight) for one in parts), strict=True)
    return Happenings(*(np.concatenate(column) for column in columns))
