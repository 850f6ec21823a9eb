"""What anybody may have sent, without its words: who knows a customer's id must not write to them by us."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from loyaltyloop.journey.clock.times import read_instant
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Enrolment, Event
from loyaltyloop.store.orders.basket_lines import CODES, LONGEST, is_of_shop
from loyaltyloop.store.segment import PUBLIC

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
_TOKEN = re.compile(r"[\w-]+")
_CODES = {"product_id", *CODES}


def entered_by_anybody(connection: Connection, enrolments: Collection[int]) -> set[int]:
    """Those of the enrolments that were entered by an event which came with the public key."""
    joined = select(enrolment.c.id).join(event, event.c.id == enrolment.c.trigger_event_id)
    mine = among(connection, enrolment.c.id, enrolments)
    return set(connection.execute(joined.where(mine, event.c.source == PUBLIC)).scalars())


def wordless(value: Any, host: str, name: str = "") -> Any:
    """A JSON value of an event that came with the public key, as a message may print it.

    Left out is every text but those that say nothing by themselves: one word, a time, a code of a product, an
    address on the shop's `host` (without www). `name`: under which the value stands.
    """
    match value:
        case str():
            return value if _says_nothing(value, host, name) else None
        case Mapping():
            kept = {key: wordless(each, host, key) for key, each in value.items() if _TOKEN.fullmatch(key)}
            return {key: each for key, each in kept.items() if each is not None}
        case list():
            return [each for each in (wordless(each, host, name) for each in value) if each is not None]
    return value


def _says_nothing(text: str, host: str, name: str) -> bool:
    if is_of_shop(text, host):
        return True
    if len(text) > LONGEST[True]:
        return False
    return name in _CODES or _TOKEN.fullmatch(text) is not None or read_instant(text) is not None
