"""Customers who share an address stand in line as one: what leaves for either takes the other's room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loyaltyloop.channels.claiming.outbox import Waiting
from loyaltyloop.channels.claiming.room import normal_email


def as_households(messages: Sequence[Waiting]) -> list[tuple[str, int, str]]:
    """(key, who, channel) of these, in their order; `who`: one customer's id for all who share an address."""
    heads: dict[int, int] = {}
    for one, other in _shared(messages):
        first, second = sorted((_head(heads, one), _head(heads, other)))
        if first != second:
            heads[second] = first
    return [
        (key, _head(heads, customer) if customer in heads else customer, channel)
        for key, customer, channel, _, _ in messages
    ]


def _shared(messages: Iterable[Waiting]) -> Iterable[tuple[int, int]]:
    """Pairs of customers with one address."""
    owners: dict[str, int] = {}
    for _, customer, _, email, number in messages:
        for address in (normal_email(email), number):
            if address and owners.setdefault(address, customer) != customer:
                yield owners[address], customer


def _head(heads: dict[int, int], customer: int) -> int:
    while customer in heads:
        customer = heads[customer]
    return customer
