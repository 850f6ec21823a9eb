"""Events that have arrived go to customers, orders and facts, in the order of their arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, func, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.consents import consent
from loyaltyloop.store.consents import suppression as suppressed
from loyaltyloop.store.consents.consent import Answer
from loyaltyloop.store.database import lock_shop, write_shop
from loyaltyloop.store.events import facts
from loyaltyloop.store.events.own_doing import is_own
from loyaltyloop.store.events.setting_aside import CannotApply, may_be_theirs, set_aside, stands_aside
from loyaltyloop.store.events.touched import newest_seq
from loyaltyloop.store.loyalty import heard
from loyaltyloop.store.messages import engagement
from loyaltyloop.store.messages.engagement import Response
from loyaltyloop.store.models import Event, Touch
from loyaltyloop.store.orders import basket_book, order_book
from loyaltyloop.store.orders.baskets import EVENTS as OF_BASKETS
from loyaltyloop.store.orders.orders import EVENTS, OrderEvent
from loyaltyloop.store.people import devices, merging, people
from loyaltyloop.store.people.customers import PREFERRED, Person
from loyaltyloop.store.people.identity import People, survivor_of
from loyaltyloop.store.people.learning import learn
from loyaltyloop.store.vouchers import redeeming
from loyaltyloop.store.vouchers.redeeming import EVENTS as USING

event: Table = Event.__table__  # type: ignore[attr-defined]
touch: Table = Touch.__table__  # type: ignore[attr-defined]
CHUNK = 5000
_TOUCH = ["seq", "customer_id", "cause"]
# A list of customers, `set` steps, what was decided of tiers and badges, a clerk.
_COLUMNS = [
    event.c[name]
    for name in (
        *("id", "source", "message_id", "type", "name", "user_id", "anonymous_id", "previous_id"),
        *("at", "arrived_at", "properties", "context", "order_id"),
    )
]


# Told of each event that is set aside: the kind of the error.
Tell = Callable[[str], object]


def _silent(_kind: str) -> None:
    pass


def apply_events(engine: Engine, now: datetime, shop: Shop, chunk: int = CHUNK, tell: Tell = _silent) -> int:
    """Apply all events with arrival up to `now` that nobody has applied yet; how many they were.

    Each chunk is one transaction under the shop-wide lock. An event that cannot be applied is set aside.
    """
    return _apply(lambda: write_shop(engine), now, shop, chunk, tell)


def apply_on(
    connection: Connection, now: datetime, shop: Shop, chunk: int = CHUNK, tell: Tell = _silent
) -> int:
    """The same within the connection's transaction: to look at what would happen, and roll back."""
    lock_shop(connection)
    return _apply(lambda: _part_of(connection), now, shop, chunk, tell)


@contextmanager
def _part_of(connection: Connection) -> Iterator[Connection]:
    with connection.begin_nested():
        yield connection


def _apply(
    opened: Callable[[], AbstractContextManager[Connection]],
    now: datetime,
    shop: Shop,
    chunk: int,
    tell: Tell,
) -> int:
    """Chunk by chunk; where one fails, smaller ones, until the event is found that cannot be applied."""
    total, size = 0, chunk
    while True:
        try:
            with opened() as connection:
                applied = _apply_chunk(connection, now, shop, size)
        except CannotApply as failed:
            if len(failed.events) == 1:
                with opened() as connection:
                    tell(set_aside(connection, failed, now))
            size = max(len(failed.events) // 2, 1)
            continue
        total += applied
        if applied < size:
            return total
        size = min(size * 2, chunk)


def waiting(now: datetime) -> Select[Any]:
    """Events that have arrived by `now` and that nobody has applied, nor set aside."""
    return select(*_COLUMNS).where(event.c.seq.is_(None), event.c.arrived_at <= now, ~stands_aside())


def arrived(connection: Connection, now: datetime) -> bool:
    """Is there anything to apply? Reading stops nobody, where applying takes the shop's lock."""
    return bool(connection.execute(select(waiting(now).exists())).scalar())


def read_ahead(connection: Connection, now: datetime) -> int:
    """How many events that arrived after `now` were applied already, by a turn or training of later."""
    later = (event.c.seq.is_not(None), event.c.arrived_at > now)
    return int(connection.execute(select(func.count()).select_from(event).where(*later)).scalar_one())


def next_seq(connection: Connection) -> int:
    """The number of the next change to be applied; to be asked under the shop-wide lock."""
    return newest_seq(connection) + 1


@dataclass
class _Chunk:
    """What a chunk of events comes to, gathered in memory before it is written."""

    first: int
    seq: int
    whose: list[tuple[int, int, Person]] = field(default_factory=list)  # event id, seq, customer
    answers: list[tuple[Person, Answer]] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    devices: list[tuple[Person, devices.Seen]] = field(default_factory=list)
    orders: dict[str, list[tuple[Any, Person]]] = field(default_factory=dict)
    using: list[Any] = field(default_factory=list)  # events that may name codes of vouchers
    baskets: list[tuple[Any, Person]] = field(default_factory=list)
    cases: list[Person] = field(default_factory=list)
    unwanted: list[tuple[Any, Person]] = field(default_factory=list)  # what tells of addresses
    touched: list[tuple[int, Person]] = field(default_factory=list)
    heard: heard.Heard = field(default_factory=heard.Heard)

    def number(self) -> int:
        self.seq += 1
        return self.seq - 1


def _apply_chunk(connection: Connection, now: datetime, shop: Shop, limit: int) -> int:
    ordered = waiting(now).order_by(event.c.arrived_at, event.c.id)
    rows = connection.execute(ordered.limit(limit)).all()
    if rows:
        try:
            _apply_rows(connection, now, shop, rows)
        except Exception as error:
            if not may_be_theirs(error):
                raise
            raise CannotApply([row.id for row in rows]) from error
    return len(rows)


def _apply_rows(connection: Connection, now: datetime, shop: Shop, rows: Sequence[Any]) -> None:
    folk = people.load(connection, rows)
    first = next_seq(connection)
    chunk = _Chunk(first, first)
    for row in rows:
        _take(chunk, folk, row)
    _write(connection, now, shop, chunk, folk)


def _take(chunk: _Chunk, folk: People, row: Any) -> None:
    """What one event says: whose it is, and what it changes."""
    merges = len(folk.merges)
    person = folk.whose(row)
    chunk.whose.append((row.id, chunk.number(), person))
    if len(folk.merges) > merges:
        chunk.touched.append((chunk.number(), person))
    if person.erased:
        return
    learn(person, row)
    if row.context and (device := devices.seen(row.context, row.at)) is not None:
        chunk.devices.append((person, device))
    if is_own(row.source, row.type, row.name, row.properties):
        person.seen(row.at)
    chunk.answers += [(person, answer) for answer in (*consent.answers(row), *consent.choices(row))]
    if row.type == "track":
        _take_track(chunk, person, row)


def _take_track(chunk: _Chunk, person: Person, row: Any) -> None:
    if row.order_id is not None and row.name in EVENTS:
        chunk.orders.setdefault(row.order_id, []).append((row, person))
    chunk.heard.take(person, row)
    if row.name in USING and row.order_id is not None:
        chunk.using.append(row)
    if row.name in OF_BASKETS:
        chunk.baskets.append((row, person))
    if row.name == PREFERRED:
        person.prefer(row.properties, row.at)
    if suppressed.tells(row):
        chunk.unwanted.append((row, person))
    if row.name in facts.TICKETS:
        chunk.cases.append(person)
    told = engagement.response(row.id, row.name, row.properties, row.at, row.arrived_at)
    if told is not None:
        chunk.responses.append(told)


# ── writing ─────────────────────────────────────────────────────────────────


def _write(connection: Connection, now: datetime, shop: Shop, chunk: _Chunk, folk: People) -> None:
    persons = _alive(chunk, folk)
    new = people.number(connection, persons)
    merged = _merged(folk)
    people.retire(connection, (one for _, one in folk.merges))
    there = set(persons).difference(new)
    people.write(connection, new, [one for one in persons if one.changed and one in there], shop)
    people.write_ids(connection, folk.linked)
    if merged:
        merging.move(connection, now, merged, shop)
    _number_events(connection, chunk)
    consent.write(connection, [(_id(one), answer) for one, answer in chunk.answers], merged)
    devices.write(connection, ((_id(one), device) for one, device in chunk.devices))
    if merged:
        merging.forget(connection, merged)
    suppressed.write(connection, [(row, _id(one)) for row, one in chunk.unwanted])
    addressed = engagement.write(connection, chunk.responses)
    owners = order_book.refresh(connection, shop, _told(chunk), chunk.first)
    givers = redeeming.redeem(connection, chunk.using)
    of_baskets = basket_book.told((_id(one), row) for row, one in chunk.baskets)
    basket_book.refresh(connection, shop, of_baskets, chunk.first, set(merged.values()))
    own = {_id(one) for _, _, one in chunk.whose}
    _touch(connection, chunk, "response", addressed - own)
    _touch(connection, chunk, "order", owners - own)
    _touch(connection, chunk, "voucher", givers - own - owners)
    _refresh_facts(connection, chunk, owners, merged.values())
    alive = own.difference(_id(one) for _, _, one in chunk.whose if one.erased)
    heard.write(connection, now, shop, chunk.heard, _id, owners | set(merged.values()), alive)


def _alive(chunk: _Chunk, folk: People) -> list[Person]:
    """Everybody concerned who is still somebody, in the order of their events."""
    everybody = (*(who for _, _, who in chunk.whose), *folk.linked.values())
    return list(dict.fromkeys(map(survivor_of, everybody)))


def _merged(folk: People) -> dict[int, int]:
    """The rows that are no longer anybody's → who they are now. Who is new in this chunk has no row yet."""
    return {one.id: _id(one) for _, one in folk.merges if one.id is not None}


def _id(person: Person) -> int:
    number = survivor_of(person).id
    if number is None:
        raise ValueError(f"the customer {person.key!r} was not written")
    return number


def _number_events(connection: Connection, chunk: _Chunk) -> None:
    """Of an erased person an event is numbered, and nobody's."""
    rows = [(number, seq, None if one.erased else _id(one)) for number, seq, one in chunk.whose]
    bulk.update_rows(connection, event, "id", ["seq", "customer_id"], rows)
    touches = [(seq, _id(one), merging.REASON) for seq, one in chunk.touched]
    bulk.insert_rows(connection, touch, _TOUCH, touches)


def _touch(connection: Connection, chunk: _Chunk, cause: str, others: Iterable[int]) -> None:
    """Let turns look at customers to whom something happened by an event that is not theirs."""
    bulk.insert_rows(connection, touch, _TOUCH, [(chunk.number(), who, cause) for who in sorted(others)])


def _told(chunk: _Chunk) -> dict[str, list[OrderEvent]]:
    return {
        name: [
            OrderEvent(row.name, row.at, row.arrived_at, row.message_id, _id(one), row.properties)
            for row, one in told
        ]
        for name, told in chunk.orders.items()
    }


def _refresh_facts(connection: Connection, chunk: _Chunk, owners: set[int], survivors: Iterable[int]) -> None:
    joined = set(survivors)
    if owners or joined:
        facts.refresh(connection, owners | joined)
    cases: Sequence[int] = sorted({_id(one) for one in chunk.cases} | joined)
    if cases:
        facts.refresh_cases(connection, cases)
