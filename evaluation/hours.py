"""The good hour: how well it is foretold when a customer buys, beside simpler ways, and on made data.

Orders of a shop: those before the cut-off are known, those of the days behind it are foretold, of customers
with both. A local day counts one, shared among its hours. Made data: each person's true distribution is drawn
around one of a few markets', so that what the best possible hour would have reached is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from evaluation.intervals import Drawn, mean
from evaluation.shop import Shop
from evaluation.tables import OURS, Measure, Table, table_of
from loyaltyloop.scores.hours.belief import around, believe
from loyaltyloop.scores.hours.happenings import (
    SHARP,
    Floats,
    Happenings,
    Hours,
    Kind,
    counted,
    hours_of,
    local_times,
    smoothed,
    with_hours,
)
from loyaltyloop.scores.hours.market import DEFAULT, Market, learn
from loyaltyloop.scores.purchases.past import Longs, Past
from loyaltyloop.store.people.zones import zone_of

HOME = "Europe/London"
MEASURES = (Measure("within 2 hours"), Measure("log loss", -1))
DAYS = (1, 2, 3, 5, 10, 20, 50, 100)
PEOPLE = 1000  # of each number of days, on made data
_EVEN = 0.01  # of own days alone so much is spread evenly: an hour never seen before is not impossible


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of people: `counts` [person, hour] of their own days, and the market of all."""

    counts: Floats
    market: Market | None
    countries: tuple[str | None, ...]


def judge(shop: Shop, cut_off: datetime, days: int) -> Table:
    """On the orders of a shop: those of `days` behind the cut-off are foretold from those before it."""
    end = min(cut_off + timedelta(days=days), shop.end)
    past = shop.past.only(shop.past.between(cut_off - timedelta(days=365), end))
    before = _hours(past.before(cut_off), cut_off)
    later = counted(_hours(past.only(past.between(cut_off, end)), cut_off), len(past.customers))
    counts = counted(before, len(past.customers))
    who = np.flatnonzero((counts.sum(axis=1) > 0) & (later.sum(axis=1) > 0))
    countries = tuple(past.countries[one] for one in who.tolist())
    known = Known(counts[who], learn(before, past.countries), countries)
    ways = foretold(known).items()
    drawn = {name: _measured(found, later[who]) if len(who) else {} for name, found in ways}
    about = f"What share of their next {days} days' orders falls within two hours of the hour that is chosen"
    return table_of("hours", "The hour of the next orders", cut_off, len(who), MEASURES, drawn, about)


def foretold(known: Known) -> dict[str, Floats]:
    """Method → [person, hour], the share of their time at which they are there."""
    nothing = np.zeros_like(known.counts)
    days = np.maximum(known.counts.sum(axis=1, keepdims=True), 1e-9)
    alone = (1 - _EVEN) * known.counts / days + _EVEN / 24
    return {
        OURS: _believed(known, known.counts),
        "the country's hours": _believed(known, nothing),
        "the shop's hours": _believed(Known(known.counts, known.market, (None,) * len(days)), nothing),
        "own days alone": alone,
        "own days alone, smoothed": smoothed(alone),
        "10:00 for all": np.tile(DEFAULT, (len(days), 1)),
    }


def _believed(known: Known, counts: Floats) -> Floats:
    markets = {"buying": known.market} if known.market else {}
    both = {"browsing": np.zeros_like(counts), "buying": counts}
    return believe(both, markets, known.countries, ("browsing", "buying"), "order").hours  # type: ignore[arg-type]


def _hours(past: Past, now: datetime) -> Hours:
    """The orders of a past, by each customer's clock; not those of which only the day is known."""
    _, first = np.unique(past.order, return_index=True)
    kinds = np.full(len(first), int(Kind.ORDERED) + SHARP, np.int32)
    zones = [zone_of(None, one, HOME)[0] for one in past.countries]
    found = with_hours(Happenings(past.who[first], past.at[first], kinds, np.ones(len(first))), zones, HOME)
    return hours_of(found, local_times(found, zones), "buying", now)


def _measured(shares: Floats, later: Floats) -> Mapping[str, Drawn]:
    """Of each person: what share of what came later is near the likeliest hour, and the mean log loss."""
    weight = later / later.sum(axis=1, keepdims=True)
    near = within_two(weight)[np.arange(len(shares)), chosen(shares)]
    loss = -(weight * np.log(np.maximum(shares, 1e-12))).sum(axis=1)
    return {"within 2 hours": mean(near), "log loss": mean(loss)}


def chosen(shares: Floats) -> Longs:
    """The hour of each, as the engine chooses it of a distribution, whatever the method."""
    found: Longs = np.argmax(np.round(around(shares), 9), axis=1)
    return found


def within_two(shares: Floats) -> Floats:
    """[person, hour]: what lies within two hours of each hour of the day."""
    total: Floats = sum((np.roll(shares, by, axis=1) for by in range(-2, 3)), np.zeros_like(shares))
    return total


# ── made data ───────────────────────────────────────────────────────────────


def judge_made(alike: float, seed: int = 0, days: Sequence[int] = DAYS) -> Table:
    """Persons whose distributions are drawn around their market's: the more `alike`, the nearer.

    A figure is the true share of their time within two hours of the chosen hour, of the best possible.
    """
    drawn: dict[str, dict[str, Drawn]] = {}
    for number in days:
        known, truth = made(alike, number, np.random.default_rng([seed, number]))
        near = within_two(truth)
        for method, shares in foretold(known).items():
            reached = near[np.arange(len(truth)), chosen(shares)]
            drawn.setdefault(method, {})[_named(number)] = mean(reached / near.max(axis=1))
    measures = tuple(Measure(_named(number)) for number in days)
    title = f"Made persons, as alike as {alike:g} days of their market"
    about = "The true share of their time within two hours of the chosen hour, of what the best hour has"
    return table_of("hours", title, datetime(2024, 1, 1, tzinfo=UTC), PEOPLE, measures, drawn, about)


def _named(days: int) -> str:
    return f"{days} day{'s' if days > 1 else ''}"


def made(alike: float, days: int, dice: np.random.Generator) -> tuple[Known, Floats]:
    """So many days of each of PEOPLE in three markets, and each person's true distribution."""
    markets = _markets()
    where = dice.integers(0, len(markets), PEOPLE)
    truth = smoothed(np.array([dice.dirichlet(alike * markets[one] + 1e-9) for one in where]))
    seen = np.array([dice.multinomial(days, one / one.sum()) for one in truth])
    who, hour = (np.repeat(one, seen.ravel()) for one in np.indices(seen.shape).reshape(2, -1))
    day = np.arange(len(who), dtype=np.int32)
    hours = Hours(who.astype(np.int32), day, hour.astype(np.int32), np.ones(len(who)))
    countries = tuple(f"M{one}" for one in where.tolist())
    return Known(seen.astype(np.float64), learn(hours, countries), countries), truth


def _markets() -> Floats:
    """Three: of evenings, of mornings and evenings, of the working day."""
    hours = np.arange(24)

    def peak(at: float, width: float) -> Floats:
        apart = np.minimum((hours - at) % 24, (at - hours) % 24)
        return np.asarray(np.exp(-0.5 * (apart / width) ** 2))

    found = np.array([peak(20, 2), peak(8, 1.5) + peak(21, 2), peak(13, 3)]) + 0.02
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def all_made(seed: int) -> Iterator[Table]:
    """Made persons of three kinds."""
    for alike in (3.0, 10.0, 50.0):
        yield judge_made(alike, seed)
