"""To whom messages went, as links in them tell: an id that events about them can bear; and what they held."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select

from loyaltyloop.store.among import among
from loyaltyloop.store.models import Body, Customer, Engagement, Identity, Message

body: Table = Body.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
engagement: Table = Engagement.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


class Addressee(NamedTuple):
    """Somebody who can be told about: `kind` and `value` of an id of theirs."""

    kind: str
    value: str


class Mailed(NamedTuple):
    """A message, and to whom it went: nobody, where they were erased.

    `left_at`: when its delivery was reported, else when it was handed over. `address`: where it went.
    """

    key: str
    journey: str
    left_at: datetime | None
    to: Addressee | None
    address: str | None


@dataclass(frozen=True)
class Recipient:
    """A message's reader, and what of the message matters to whoever answers for them.

    `user_id` or `anonymous_id`: an id that events about them can bear.
    """

    key: str
    journey: str
    purpose: str
    channel: str
    customer_id: int
    zone: str
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    locale: str | None = None
    erased_at: datetime | None = None


def recipient_of(connection: Connection, key: str) -> Recipient | None:
    """The reader of the message with this key, by whatever id they go now; None if it is not known."""
    of_message = (message.c[name] for name in ("key", "journey", "purpose", "channel", "customer_id"))
    of_customer = (customer.c[name] for name in ("zone", "email", "locale", "erased_at"))
    joined = select(*of_message, *of_customer).join(customer, customer.c.id == message.c.customer_id)
    found = connection.execute(joined.where(message.c.key == key)).first()
    if found is None:
        return None
    if found.erased_at is not None:  # they have no id any more, and are told so
        return Recipient(**found._mapping)
    known = _ids(connection, [found.customer_id]).get(found.customer_id)
    if known is None:
        return None
    return Recipient(**{**found._mapping, f"{known.kind}_id": known.value})


def load_mailed(connection: Connection, keys: Collection[str]) -> dict[str, Mailed]:
    """Those messages that there are, by their keys."""
    received = select(func.min(engagement.c.at)).where(
        engagement.c.message_key == message.c.key, engagement.c.kind == "received"
    )
    columns = (
        message.c.key,
        message.c.journey,
        message.c.handed_over_at,
        message.c.claimed_at,
        message.c.address,
        received.scalar_subquery().label("received_at"),
        customer.c.id.label("customer_id"),
        customer.c.erased_at,
    )
    whole = select(*columns).join(customer, customer.c.id == message.c.customer_id)
    rows = connection.execute(whole.where(among(connection, message.c.key, keys))).all()
    alive = {row.customer_id for row in rows if row.erased_at is None}
    ids = _ids(connection, alive)
    return {row.key: _mailed(row, ids) for row in rows}


def keys_of_provider_ids(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """What providers call messages of ours → their keys."""
    known = and_(message.c.provider_id.is_not(None), among(connection, message.c.provider_id, ids))
    rows = connection.execute(select(message.c.provider_id, message.c.key).where(known))
    return {row.provider_id: row.key for row in rows}


def user_ids(connection: Connection, customers: Collection[int]) -> dict[int, str]:
    """Customer → a user id of theirs, where there is one: the first in order, as there may be several."""
    found = _ids(connection, customers)
    return {number: one.value for number, one in found.items() if one.kind == "user"}


def _mailed(row: Row[Any], ids: Mapping[int, Addressee]) -> Mailed:
    left_at = row.received_at or row.handed_over_at or row.claimed_at
    return Mailed(row.key, row.journey, left_at, ids.get(row.customer_id), row.address)


def _ids(connection: Connection, customers: Collection[int]) -> dict[int, Addressee]:
    """Customer → an id of theirs: a user id, if there is one."""
    chosen = select(identity.c.customer_id, identity.c.kind, identity.c.value)
    rows = connection.execute(chosen.where(among(connection, identity.c.customer_id, customers)))
    found: dict[int, Addressee] = {}
    for number, kind, value in sorted(map(tuple, rows), key=lambda row: (row[1] != "user", row[2])):
        found.setdefault(number, Addressee(kind, value))
    return found


def links_of(connection: Connection, key: str) -> list[str] | None:
    """Where the links of this message lead, by their number; None if it was never rendered."""
    found: list[str] | None = connection.execute(_of_body(body.c.links, key)).scalar()
    return found


def html_of(connection: Connection, key: str) -> str | None:
    """The message's HTML as it was rendered, while it is kept and its customer is not erased."""
    chosen = _of_body(body.c.html, key).join(customer, customer.c.id == message.c.customer_id)
    found: str | None = connection.execute(chosen.where(customer.c.erased_at.is_(None))).scalar()
    return found or None


def _of_body(column: ColumnElement[Any], key: str) -> Any:
    return select(column).join(message, message.c.id == body.c.message_id).where(message.c.key == key)


def numbers_of_links(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """How many links each of these messages holds, those of a question's answers included."""
    columns = (message.c.key, body.c.links, body.c.question)
    chosen = select(*columns).join(body, body.c.message_id == message.c.id)
    rows = connection.execute(chosen.where(among(connection, message.c.key, keys)))
    return {row.key: len(row.links) + len((row.question or {}).get("answers", ())) for row in rows}


def whose_address(connection: Connection, addresses: Collection[str]) -> dict[str, list[Addressee]]:
    """E-mail address → who has it, as it stands or in small letters."""
    spelt = {spelling for address in addresses for spelling in (address, address.lower())}
    chosen = select(customer.c.id, customer.c.email).where(
        among(connection, customer.c.email, spelt), customer.c.erased_at.is_(None)
    )
    return _by(connection, connection.execute(chosen).all(), {one: (one, one.lower()) for one in addresses})


def whose_phone(connection: Connection, numbers: Collection[str]) -> dict[str, list[Addressee]]:
    """Phone number, written internationally (`+44...`) → who has it, however they wrote it."""
    chosen = select(customer.c.id, customer.c.sms_number).where(
        among(connection, customer.c.sms_number, numbers), customer.c.erased_at.is_(None)
    )
    return _by(connection, connection.execute(chosen).all(), {one: (one,) for one in numbers})


def _by(
    connection: Connection, rows: Iterable[Row[Any]], spellings: Mapping[str, Collection[str]]
) -> dict[str, list[Addressee]]:
    known = sorted((written, number) for number, written in rows)
    ids = _ids(connection, {number for _, number in known})
    return {asked: list(dict.fromkeys(_among(known, ids, spelt))) for asked, spelt in spellings.items()}


def _among(
    known: Iterable[tuple[str, int]], ids: Mapping[int, Addressee], spelt: Collection[str]
) -> Iterator[Addressee]:
    for written, number in known:
        if written in spelt and number in ids:
            yield ids[number]
