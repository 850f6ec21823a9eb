"""An audit: one promise of ours, and the query that finds where it was broken, from what is on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from loyaltyloop.journey.model import Shop


@dataclass(frozen=True)
class Breach:
    """A row that breaks a promise. `key`: how it is found again (a message's key, a number of ours), never an
    address; `what`: what is wrong with it, in plain words without personal data.
    """

    key: str
    what: str


@dataclass(frozen=True)
class Audit:
    """A promise, and how it is judged by the record alone: `find` asks none of the code that keeps it.

    `name`: one word or two, in `loop doctor`. `find`: of this shop as of now (UTC); no breach, no row.
    """

    name: str
    promise: str
    find: Callable[[Connection, Shop, datetime], Sequence[Breach]]
