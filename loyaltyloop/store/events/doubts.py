"""What is doubtful of calls that are taken all the same: amounts, ids of orders, names of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from loyaltyloop.journey.conditions.events import meant_event
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.orders.amounts import read_amount
from loyaltyloop.store.orders.orders import EVENTS as OF_ORDERS
from loyaltyloop.store.orders.orders import PLACED, products_of
from loyaltyloop.store.segment import Call

_TOTALS = ("total", "revenue", "value")  # the first that is there counts (orders.py)
_PRICED = frozenset((*PLACED, "Order Refunded"))
_LONGEST = 40  # letters of an example
_MOST = 5  # names that are told
# Class of a doubt, as metrics count it → how an import tells it.
_CLASSES = {
    "amount": "an amount that cannot be read, and so is not known",
    "order_id": "an event of an order without order_id, of which no order comes",
}
NAME = "event name"


@dataclass(frozen=True)
class Doubt:
    """`kind`: its class, a word of ours. `what`: in words, with what was sent."""

    kind: str
    what: str


def doubt(call: Call) -> Doubt | None:
    """The first thing that its sender should know; None: nothing is doubtful."""
    if call.type != "track":
        return None
    if call.name not in OF_ORDERS:
        return _nearly_known(call.name)
    if call.order_id is None:
        return Doubt("order_id", f"'{call.name}' without order_id")
    if call.name in _PRICED and (found := next(_unreadable(call.properties), None)):
        name, value = found
        return Doubt("amount", f"{name} {str(value)[:_LONGEST]!r}: write a number such as 12.50")
    return None


@lru_cache(maxsize=1024)
def _nearly_known(name: str) -> Doubt | None:
    meant = meant_event(name)
    if meant is None:
        return None
    return Doubt(NAME, f"'{name}' is no event that Loyalty Loop knows (did you mean '{meant}'?)")


def _unreadable(properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values that no number is made of."""
    given = [(name, properties[name]) for name in _TOTALS if properties.get(name) is not None][:1]
    for item in products_of(properties) or ():
        given += [(name, item[name]) for name in ("price", "quantity") if item.get(name) is not None]
    return ((name, value) for name, value in given if read_amount(value) is None)


@dataclass
class Doubts:
    """The doubts of one file, gathered: how many lines of each sort, and the first of them."""

    _first: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    _number: dict[tuple[str, str], int] = field(default_factory=dict)

    def look(self, line: int, call: Call) -> None:
        """Remember what is doubtful of the call in this line."""
        if found := doubt(call):
            sort = (found.kind, found.what if found.kind == NAME else "")
            self._first.setdefault(sort, (line, found.what))
            self._number[sort] = self._number.get(sort, 0) + 1

    def notes(self) -> list[str]:
        """A sentence for each sort, without its full stop."""
        told = [self._told(kind, words) for kind, words in _CLASSES.items() if (kind, "") in self._first]
        names = sorted((-number, what) for (kind, what), number in self._number.items() if kind == NAME)
        told += [f"{what}: {self._where((NAME, what))}" for _, what in names[:_MOST]]
        if len(names) > _MOST:
            told.append(f"more names that are nearly known ones: {len(names) - _MOST:,}")
        return told

    def _told(self, kind: str, words: str) -> str:
        return f"{words}: {self._where((kind, ''))}, {self._first[kind, ''][1]}"

    def _where(self, sort: tuple[str, str]) -> str:
        number, (line, _) = self._number[sort], self._first[sort]
        return f"line {line}" if number == 1 else f"{counted(number, 'event')}, the first in line {line}"
