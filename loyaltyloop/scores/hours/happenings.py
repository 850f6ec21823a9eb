"""What tells when somebody is there: answers to messages, looks at the shop, orders; as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.hours.clock import local_seconds

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

HALF_LIFE = 180  # days after which a day counts half
SOON = 3600  # seconds: who answers so soon after a message left tells as much of it as of themselves
_DAY = 86_400
_PLACES = 2**32  # hours since 1970 stay below


class Kind(IntEnum):
    """What happened. Answers by the channel of the message: a link followed, a reply, an answer chosen."""

    ORDERED = 0
    LOOKED = 1
    EMAIL = 2
    SMS = 3
    PUSH = 4


# Added to the kind of what happened on the very second of a quarter of an hour: maybe only its day is known.
SHARP = 5

Facet = Literal["buying", "browsing", "browsing.email", "browsing.sms", "browsing.push"]
FACETS: tuple[Facet, ...] = ("buying", "browsing", "browsing.email", "browsing.sms", "browsing.push")
_OF_CHANNEL = {"browsing.email": Kind.EMAIL, "browsing.sms": Kind.SMS, "browsing.push": Kind.PUSH}


@dataclass(frozen=True, eq=False)
class Happenings:
    """One entry each: `who` is a place among the people asked about, `at` seconds since 1970 in UTC, `kind` a
    Kind, `weight` what it tells in itself (an answer 1; less where it is less surely a person's own choice).
    """

    who: Ints
    at: Longs
    kind: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.who)

    def only(self, those: NDArray[np.bool_]) -> Happenings:
        """These alone, of the same people."""
        return Happenings(self.who[those], self.at[those], self.kind[those], self.weight[those])


@dataclass(frozen=True, eq=False)
class Hours:
    """The hours in which people were there: one entry for each (person, local day, hour of the day).

    `weight`: a day counts one, shared among its hours, and half for every HALF_LIFE that it is old.
    `day` numbers the persons' days from 0 up.
    """

    who: Ints
    day: Ints
    hour: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.who)


def no_happenings() -> Happenings:
    """Nothing is known of anybody."""
    return Happenings(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))


def weights(found: Happenings, facet: Facet) -> Floats:
    """How much each tells of this: a look, or an answer by another channel, half; nothing: 0."""
    if facet == "buying":
        return np.where(found.kind == Kind.ORDERED, found.weight, 0.0)
    looked = np.where(found.kind == Kind.LOOKED, 0.5, np.where(found.kind == Kind.ORDERED, 0.0, 1.0))
    if channel := _OF_CHANNEL.get(facet):
        looked = np.where((found.kind > Kind.LOOKED) & (found.kind != channel), 0.5, looked)
    return found.weight * looked


def local_times(found: Happenings, zones: list[str]) -> Longs:
    """The local time of each, in seconds since 1970; `zones`: of each person."""
    names, place = np.unique(np.array(zones, dtype=object), return_inverse=True)
    whose = place[found.who]
    local = found.at.copy()
    for number, zone in enumerate(names):
        mine = whose == number
        local[mine] = local_seconds(found.at[mine], zone)
    return local


def with_hours(found: Happenings, zones: list[str], home: str) -> Happenings:
    """Without that of which only the day is known, and SHARP taken from the kinds of the others.

    A history of days alone writes midnight for each: sharp, by the clocks of UTC, of the shop (`home`: its
    zone) or of the person (`zones`: of each).
    """
    sharp = found.kind >= SHARP
    if not sharp.any():
        return found
    some = found.only(sharp)
    clocks = (some.at, local_seconds(some.at, home), local_times(some, zones))
    kept = ~sharp
    kept[sharp] = np.all([clock % _DAY != 0 for clock in clocks], axis=0)
    return replace(found, kind=np.where(sharp, found.kind - SHARP, found.kind).astype(np.int32)).only(kept)


def hours_of(found: Happenings, local: Longs, facet: Facet, now: datetime) -> Hours:
    """The hours of this facet. An hour tells what the surest thing in it tells, however much there was."""
    weight = weights(found, facet)
    some = weight > 0
    key = found.who[some].astype(np.int64) * _PLACES + local[some] // 3600
    order = np.argsort(key, kind="stable")
    key, weight = key[order], weight[some][order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    hours = key[first]
    surest = np.maximum.reduceat(weight, first) if len(first) else weight
    who, since = hours // _PLACES, hours % _PLACES
    _, day, many = np.unique(who * _PLACES + since // 24, return_inverse=True, return_counts=True)
    age = np.maximum(int(now.timestamp()) // _DAY - since // 24, 0)
    return Hours(
        who.astype(np.int32),
        day.astype(np.int32),
        (since % 24).astype(np.int32),
        surest / many[day] * 0.5 ** (age / HALF_LIFE),
    )


def counted(hours: Hours, people: int) -> Floats:
    """[person, hour of the day]: what all their days come to."""
    place = hours.who.astype(np.int64) * 24 + hours.hour
    return np.asarray(np.bincount(place, hours.weight, people * 24), np.float64).reshape(people, 24)


def smoothed(counts: Floats) -> Floats:
    """Around the clock: half of what was seen in an hour, and a quarter each of those beside it.

    23 and 0 are beside each other. Sums stay as they are.
    """
    return counts / 2 + (np.roll(counts, 1, axis=-1) + np.roll(counts, -1, axis=-1)) / 4
