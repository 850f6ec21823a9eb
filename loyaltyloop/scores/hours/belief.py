"""When each of many people is there: own days and their market's in one distribution, and why an hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.hours.happenings import Facet, Floats, smoothed
from loyaltyloop.scores.hours.market import DEFAULT, PERSON_WEIGHT, Level, Market

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Wants = Literal["order", "answer"]

# What a message wants → how much the hours of browsing and of buying count for it.
SHARES: Mapping[Wants, tuple[float, float]] = {"order": (0.5, 0.5), "answer": (0.8, 0.2)}
LEVELS = ("person", "country", "shop", "nothing")
LITTLE = "little"
DEEDS = ("read", "buy")
_AROUND = (1 / 9, 2 / 9, 3 / 9, 2 / 9, 1 / 9)  # two hours before ... two behind
_SHOWN = 9  # decimals: closer than that is a tie


class Reason(NamedTuple):
    """Who speaks most for an hour (one of LEVELS), by what they do (one of DEEDS), and how surely.

    `level` LITTLE: the default does, where something is known beside it and may have moved the hour.
    `width`: half of it, or more, they do in that hour and so many before and behind it; None: more than two.
    """

    level: str
    deed: str
    width: int | None


@dataclass(frozen=True, eq=False)
class Belief:
    """`parts`: [browsing or buying, level, person, hour], what each comes to in the person's distribution."""

    parts: Floats

    @property
    def hours(self) -> Floats:
        """[person, hour]: the share of their time at which they are there; sums to one for each."""
        total: Floats = self.parts.sum(axis=(0, 1))
        return total

    @property
    def worth(self) -> Floats:
        """[person, hour]: the same, and less and less of the two hours before and behind each."""
        return np.round(around(self.hours), _SHOWN)

    def best(self, open_: Bools) -> Ints:
        """Of each the worthiest of the hours that are open to them; of equal ones the earliest in the day."""
        found: Ints = np.argmax(np.where(open_, self.worth, -1.0), axis=1)
        return found

    def ranked(self) -> Ints:
        """[person, place]: their hours, the worthiest first; of equal ones the earliest in the day."""
        return np.argsort(-self.worth, axis=1, kind="stable")

    def reasons(self, hours: Ints) -> list[Reason]:
        """What speaks most for this hour of each."""
        mine = np.arange(len(hours))
        near = enumerate(_AROUND, start=-(len(_AROUND) // 2))
        there = sum(weight * self.parts[:, :, mine, (hours + by) % 24] for by, weight in near)
        level = np.argmax(np.round(np.sum(there, axis=0), _SHOWN), axis=0)
        deed = np.argmax(np.round(there, _SHOWN)[:, level, mine], axis=0)
        widths = _widths(self.parts[deed, level, mine], hours)
        known = self.parts[:, :-1].sum(axis=(0, 1, 3)) > 0
        names = np.where((level == len(LEVELS) - 1) & known, LITTLE, np.array(LEVELS)[level])
        columns = (names.tolist(), deed.tolist(), widths.tolist())
        return [
            Reason(name, DEEDS[other], width if width >= 0 else None)
            for name, other, width in zip(*columns, strict=True)
        ]


def _widths(seen: Floats, hours: Ints) -> Ints:
    """Of each: so many hours before and behind this one hold, with it, half of what is seen; -1: more."""
    mine = np.arange(len(hours))[:, None]
    found = np.full(len(hours), -1, np.int64)
    for width in reversed(range(len(_AROUND) // 2 + 1)):
        near = (hours[:, None] + np.arange(-width, width + 1)) % 24
        half = np.round(seen[mine, near].sum(axis=1) - seen.sum(axis=1) / 2, _SHOWN) >= 0
        found[half] = width
    return found


def around(shares: Floats) -> Floats:
    """A third of each hour, two ninths each of those beside it, a ninth each of those beside these.

    What is sent at an hour is found by those, too, who look a little later, or had looked a little before;
    and one hour of few days is chance, where five together are less so.
    """
    wide = np.concatenate([shares[..., -2:], shares, shares[..., :2]], axis=-1)
    found = np.zeros_like(shares)
    for by, weight in enumerate(_AROUND):
        found += weight * wide[..., by : by + 24]
    return found


def believe(
    counts: Mapping[Facet, Floats],
    markets: Mapping[Facet, Market],
    countries: Sequence[str | None],
    facets: tuple[Facet, Facet],
    wants: Wants,
) -> Belief:
    """`facets`: of browsing and of buying; `counts`: [person, hour] of each, not smoothed.

    Where nothing is known of one facet, the other decides alone; of neither, the default.
    """
    parts = np.zeros((2, 4, len(countries), 24))
    shares = np.empty((2, len(countries), 1))
    for place, (facet, share) in enumerate(zip(facets, SHARES[wants], strict=True)):
        own, market = counts[facet], markets.get(facet)
        days = own.sum(axis=1, keepdims=True)
        shares[place] = share * ((days > 0) if market is None else np.ones_like(days))
        _fill(parts[place], own, days, market, countries)
    total = shares.sum(axis=0)
    shares /= np.where(total > 0, total, 1)
    parts *= shares[:, None]
    parts[0, 3] += np.where(total > 0, 0, 1) * DEFAULT
    return Belief(parts)


def _fill(
    parts: Floats, own: Floats, days: Floats, market: Market | None, countries: Sequence[str | None]
) -> None:
    """One facet's parts by level: own days, the country's, the shop's, what is assumed of all shops."""
    weight = PERSON_WEIGHT if market is None else market.weight
    rest = weight / (days + weight)
    parts[0] = smoothed(own) / (days + weight)
    if market is None:
        parts[3] = rest * DEFAULT
        return
    nowhere = Level(np.zeros(24), 1.0)
    names = sorted({one or "" for one in countries})
    place = {name: number for number, name in enumerate(names)}
    where = np.array([place[one or ""] for one in countries], np.int64)
    levels = [market.countries.get(name, nowhere) for name in names]
    above = rest * np.array([level.rest for level in levels])[where][:, None]
    parts[1] = rest * np.array([level.own for level in levels])[where]
    parts[2] = above * market.shop.own
    parts[3] = above * market.shop.rest * DEFAULT
