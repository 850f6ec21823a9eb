"""How refill is learned, and judged beside a product's plain median and its share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import Bools, Floats, Longs, Past
from loyaltyloop.scores.returning.cure import Cure, Observed, fit_cure
from loyaltyloop.scores.returning.refill import Refill, read_refill
from loyaltyloop.scores.returning.spells import Spells, spells_of
from loyaltyloop.scores.training.judging import LIVE, NEW, Contest, Judgement, judged
from loyaltyloop.scores.training.measures import AUC, BRIER, ECE, TOTAL, calibration

PERIOD = 30  # days that are foretold to judge it
MEDIAN = "product's median"
SHARE = "product's share"
MOST = 400_000  # lines to learn from
_NEWEST = 20  # spells of one customer and product: else a till that buys each day would speak for everybody
_FEWEST = 100  # that have ended
_FEWEST_JUDGED = 30  # customers who bought what is judged by again, and who did not
_STEADY = 20.0
_LEAST, _MOST = 1.0, 20.0  # how many of a customer's own intervals count as much as the product's


@dataclass(frozen=True)
class RefillLearner:
    """Learns how long each product lasts."""

    name: str = "refill"
    about: str = "in how many days a customer needs something again"
    period: timedelta = timedelta(days=PERIOD)
    baseline: str = SHARE
    fallback: str = "when something is needed again is unknown"
    looks: bool = False

    def fit(self, known: Known, seed: int) -> Refill | Fallback:
        spells = spells_of(_some(known.past, seed))
        if spells.ended.sum() < _FEWEST:
            return Fallback(f"products were bought again fewer than {_FEWEST} times")
        spells = _newest(spells)
        products, what = np.unique(spells.what, return_inverse=True)
        categories, kind = _categories(known.catalogue, products)
        seen = Observed(what, spells.days, spells.open, spells.traits, kind, len(categories))
        cure = _rounded(fit_cure(seen))
        names = tuple(known.past.products[place] for place in products.tolist())
        return Refill(cure, names, categories, _steady(spells, cure, what))

    def load(self, content: bytes) -> Refill:
        return read_refill(content)

    def judge(
        self, new: Refill, old: Refill | None, known: Known, since: datetime, seed: int
    ) -> Judgement | Fallback:
        before = known.before(since)
        spells = spells_of(before.past)
        chosen = _favourites(spells.only(spells.open))
        came = _bought_again(known.past, before.past, spells.only(spells.open).only(chosen))
        if not _FEWEST_JUDGED <= came.sum() <= len(came) - _FEWEST_JUDGED:
            return Fallback(f"fewer than {_FEWEST_JUDGED} customers bought a favourite again, or did not")
        days = float((known.past.as_of - since).days)
        said = {NEW: new.needs(before).within(days)[chosen]}
        if old is not None:
            said[LIVE] = old.needs(before).within(days)[chosen]
        said[SHARE] = _by_share(before.past, days)[chosen]
        said[MEDIAN] = _by_median(spells, days)[chosen]
        plots = (calibration(came, said, "foretold to be bought again", "bought again"),)
        return judged(Contest(came, said, (BRIER, AUC, ECE, TOTAL)), since, known.past.as_of, seed, plots)


def _some(past: Past, seed: int) -> Past:
    """Of as many customers, drawn by the seed, as have about as many lines as are learned from."""
    if len(past) <= MOST:
        return past
    people = np.random.default_rng(seed).permutation(len(past.customers))
    return past.only(people[past.who] * len(past) < MOST * len(people))


def _newest(spells: Spells) -> Spells:
    """Of each customer and product the last ones, of which the very last is open."""
    ends, place = np.flatnonzero(spells.open), np.arange(len(spells))
    return spells.only(ends[np.searchsorted(ends, place)] - place < _NEWEST)


def _categories(catalogue: Catalogue, products: Longs) -> tuple[tuple[str, ...], Longs]:
    """The names of the categories ("" for none), and the place of each product's."""
    names = [catalogue.categories[place] or "" for place in products.tolist()]
    distinct, place = np.unique(np.array(names), return_inverse=True)
    return tuple(distinct.tolist()), place.astype(np.int64)


def _rounded(cure: Cure) -> Cure:
    return Cure(**{name: np.round(value, 6) for name, value in vars(cure).items()})


def _steady(spells: Spells, cure: Cure, what: Longs) -> float:
    """By how alike two intervals in a row are of one customer and product, beside how they differ at all."""
    apart = np.log(spells.days) - cure.middle[what] - np.einsum("ij,j->i", spells.traits, cure.middle_weights)
    both = spells.ended[1:] & spells.ended[:-1] & (spells.nth[1:] > 0)
    alike = float((apart[1:] * apart[:-1])[both].mean()) if both.any() else 0.0
    if alike <= 0:
        return _MOST
    # Twice: those that have ended are the shorter ones, which look more alike than they are.
    return round(min(max(2 * (cure.spread**2 - alike) / alike, _LEAST), _MOST), 4)


def _favourites(spells: Spells) -> Bools:
    """Of open spells: each customer's product bought on most days, then the last bought, then by place."""
    ranked = np.lexsort((spells.what, -spells.day, -spells.nth, spells.who))
    first = np.append(True, np.diff(spells.who[ranked]) != 0)[: len(ranked)]
    chosen = np.zeros(len(spells), np.bool_)
    chosen[ranked[first]] = True
    return chosen


def _bought_again(past: Past, before: Past, spells: Spells) -> Floats:
    """Was each bought by the same customer between the ends of the two pasts?"""
    width = max(1, len(past.products))
    later = past.between(before.as_of, past.as_of)
    bought = past.who[later].astype(np.int64) * width + past.what[later]
    return np.isin(spells.who * width + spells.what, bought).astype(np.float64)


def _by_share(past: Past, days: float) -> Floats:
    """Of each open spell: the share of its product's that ended in the last so many days; shrunk."""
    earlier = past.before(past.as_of - timedelta(days=days))
    spells = spells_of(earlier)
    then = spells.only(spells.open)
    ended = _bought_again(past, earlier, then)
    usual = float(ended.mean()) if len(ended) else 0.0
    number = len(past.products)
    counts, sums = (np.bincount(then.what, values, number) for values in (np.ones(len(ended)), ended))
    now = spells_of(past)
    found: Floats = ((sums + _STEADY * usual) / (counts + _STEADY))[now.what[now.open]]
    return found


def _by_median(spells: Spells, days: float) -> Floats:
    """Of each open spell: the chance if its product's plain median were the half-life of all that wait."""
    ended = spells.only(spells.ended)
    ranked = np.lexsort((ended.days, ended.what))
    what, values = ended.what[ranked], ended.days[ranked]
    number = int(spells.what.max()) + 1
    starts, ends = (np.searchsorted(what, np.arange(number), side) for side in ("left", "right"))
    middle = np.minimum((starts + ends) // 2, max(len(values) - 1, 0))
    usual = float(np.median(values)) if len(values) else days
    median = np.where(ends > starts, values[middle] if len(values) else usual, usual)
    found: Floats = 1 - np.exp2(-days / median[spells.what[spells.open]])
    return found
