"""By which channels the shop writes, and by which one customer can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from loyaltyloop.journey.model import Ask, Journey, Send
from loyaltyloop.journey.written import written_for
from loyaltyloop.store.live.versions import (
    TEMPLATES,
    compiled,
    file_table,
    journey_table,
    shop_text,
    version_table,
)
from loyaltyloop.store.models import Customer
from loyaltyloop.store.people.devices import has_device

customer: Table = Customer.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Ways:
    """`sent`: the (channel, purpose) of messages that live journeys send, whoever enters them.

    `reached`: the channels for which the customer has an address, a number that takes texts, or a device.
    """

    sent: frozenset[tuple[str, str]] = frozenset()
    reached: frozenset[str] = frozenset()


def ways_of(connection: Connection, customer_id: int) -> Ways:
    """As things stand, for this customer. A journey that is paused counts, one that is retired does not."""
    return Ways(frozenset(_sent(connection)), frozenset(_reached(connection, customer_id)))


def _sent(connection: Connection) -> Iterator[tuple[str, str]]:
    files = [path.removeprefix(TEMPLATES) for path in connection.execute(select(file_table.c.path)).scalars()]
    for journey in _journeys(connection):
        for step in journey:
            send = step.action.send if isinstance(step.action, Ask) else step.action
            if isinstance(send, Send):
                yield from ((channel, send.purpose) for channel in _channels(send, files))


def _journeys(connection: Connection) -> list[Journey]:
    newest = (
        version_table.c.journey == journey_table.c.name,
        version_table.c.number == journey_table.c.version,
    )
    chosen = select(version_table.c.file).where(*newest, journey_table.c.state != "retired")
    shop = shop_text(connection) or ""
    return [compiled(file, shop) for file in connection.execute(chosen).scalars()]


def _channels(send: Send, files: list[str]) -> set[str]:
    """All that its messages may take."""
    own = set() if send.channel == "best" else {str(send.channel)}
    if send.channel == "best" or send.if_blocked == "other_channel":
        own |= set(written_for(send.template, files))
    return own


def _reached(connection: Connection, customer_id: int) -> Iterator[str]:
    there = (customer.c.email.is_not(None), customer.c.sms_number.is_not(None), has_device(customer))
    row = connection.execute(select(*there).where(customer.c.id == customer_id)).one()
    yield from (channel for channel, known in zip(("email", "sms", "push"), row, strict=True) if known)
