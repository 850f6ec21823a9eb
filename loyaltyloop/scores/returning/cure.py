"""When something is bought again, if ever: a log-normal interval for those who will, and the share who will.

A mixture cure model (Boag 1949; Farewell 1982), fitted by expectation and maximisation. Spells that are still
open count as what they are: either over for good, or longer than they have lasted so far. The middle of the
interval and the log-odds to buy again are sums of a product's own part, drawn to that of its category as that
is to the shop's, and of weights on two traits: the customer's pace, and how often they had bought it before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyaltyloop.scores.purchases.past import Bools, Floats, Longs

ROUNDS = 25
_PRODUCT = 10.0  # spells: a product's own interval counts as much as its category's after so many
_CATEGORY = 50.0
_HELD = 10.0  # of the weights
_HELD_PRODUCT = 2.5  # of a product's log-odds
_HELD_CATEGORY = 5.0
_LEAST_SPREAD = 0.2


@dataclass(frozen=True, eq=False)
class Observed:
    """Spells as numbers: `product` and `category` by place, `days`, `open`, and a row of traits each.

    `categories`: that of each product; `others`: how many categories there are.
    """

    product: Longs
    days: Floats
    open: Bools
    traits: Floats
    categories: Longs
    others: int

    @property
    def products(self) -> int:
        return len(self.categories)

    def per_product(self, values: Floats) -> Floats:
        """Sums by product."""
        return np.bincount(self.product, values, self.products).astype(np.float64)

    def per_category(self, by_product: Floats) -> Floats:
        """Sums by category of sums by product."""
        return np.bincount(self.categories, by_product, self.others).astype(np.float64)


@dataclass(eq=False)
class Cure:
    """The fitted parts: of the interval's middle (log of days), and of the log-odds to be bought again.

    `middle` stands for itself, `own_odds` are added to the category's and the shop's. `category_middle` is
    for products that were never bought, `shop_middle` for those of an unknown category.
    """

    middle: Floats
    category_middle: Floats
    shop_middle: float
    middle_weights: Floats
    spread: float
    own_odds: Floats
    category_odds: Floats
    shop_odds: float
    odds_weights: Floats


def fit_cure(seen: Observed) -> Cure:
    """By expectation and maximisation; needs spells that have ended."""
    logs = np.log(seen.days)
    start = float(logs[~seen.open].mean()) + 0.3  # those that are open are longer
    none, flat = np.zeros(seen.products), np.zeros(seen.traits.shape[1])
    others = np.zeros(seen.others)
    cure = Cure(none + start, others + start, start, flat, 1.0, none, others, -0.5, flat.copy())
    for _ in range(ROUNDS):
        middle = cure.middle[seen.product] + _weighted(seen.traits, cure.middle_weights)
        again = _chance(seen, cure)
        returning, expected, more = _expected(seen, logs, middle, again, cure.spread)
        _fit_interval(seen, cure, returning, expected, more)
        _fit_odds(seen, cure, returning)
    return cure


def _weighted(traits: Floats, weights: Floats) -> Floats:
    found: Floats = np.einsum("ij,j->i", traits, weights)
    return found


def _chance(seen: Observed, cure: Cure) -> Floats:
    from scipy.special import expit

    parts = cure.shop_odds + cure.category_odds[seen.categories] + cure.own_odds
    found: Floats = expit(parts[seen.product] + _weighted(seen.traits, cure.odds_weights))
    return found


def _expected(
    seen: Observed, logs: Floats, middle: Floats, again: Floats, spread: float
) -> tuple[Floats, Floats, Floats]:
    """Of each spell: the chance that it ends, the log of its days if so, and the variance of that."""
    from scipy.special import ndtr

    far = (logs - middle) / spread
    waiting = ndtr(-far)
    returning = np.where(seen.open, again * waiting / (1 - again + again * waiting), 1.0)
    beyond = _beyond(far)
    expected = np.where(seen.open, middle + spread * beyond, logs)
    more = np.where(seen.open, spread**2 * np.maximum(1 + far * beyond - beyond**2, 0), 0.0)
    return returning, expected, more


def _beyond(far: Floats) -> Floats:
    """The mean of a standard normal number that is known to be over `far`."""
    from scipy.special import log_ndtr

    found: Floats = np.exp(-0.5 * far**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-far))
    return found


def _fit_interval(seen: Observed, cure: Cure, returning: Floats, expected: Floats, more: Floats) -> None:
    own = expected - cure.middle[seen.product]
    weighed = seen.traits * returning[:, None]
    held = _HELD * np.eye(seen.traits.shape[1])
    pull = np.einsum("ij,i->j", weighed, own)
    cure.middle_weights = np.linalg.solve(np.einsum("ij,ik->jk", weighed, seen.traits) + held, pull)
    rest = expected - _weighted(seen.traits, cure.middle_weights)
    counts, sums = (seen.per_product(values) for values in (returning, returning * rest))
    cure.shop_middle = float(sums.sum() / counts.sum())
    cure.category_middle = (seen.per_category(sums) + _CATEGORY * cure.shop_middle) / (
        seen.per_category(counts) + _CATEGORY
    )
    cure.middle = (sums + _PRODUCT * cure.category_middle[seen.categories]) / (counts + _PRODUCT)
    variance = returning * ((rest - cure.middle[seen.product]) ** 2 + more)
    cure.spread = max(float(np.sqrt(variance.sum() / returning.sum())), _LEAST_SPREAD)


def _fit_odds(seen: Observed, cure: Cure, returning: Floats) -> None:
    """A step of Newton's method for each kind of part in turn."""
    wrong, slope = _slope(seen, cure, returning)
    curve = np.einsum("ij,ik->jk", seen.traits * slope[:, None], seen.traits)
    held = _HELD * np.eye(seen.traits.shape[1])
    pull = np.einsum("ij,i->j", seen.traits, wrong) - _HELD * cure.odds_weights
    cure.odds_weights = cure.odds_weights + np.linalg.solve(curve + held, pull)
    wrong, slope = _slope(seen, cure, returning)
    cure.shop_odds += float(wrong.sum() / (slope.sum() + 1))
    wrong, slope = (seen.per_product(values) for values in _slope(seen, cure, returning))
    pull = seen.per_category(wrong) - _HELD_CATEGORY * cure.category_odds
    cure.category_odds = cure.category_odds + pull / (seen.per_category(slope) + _HELD_CATEGORY)
    wrong, slope = (seen.per_product(values) for values in _slope(seen, cure, returning))
    cure.own_odds = cure.own_odds + (wrong - _HELD_PRODUCT * cure.own_odds) / (slope + _HELD_PRODUCT)


def _slope(seen: Observed, cure: Cure, returning: Floats) -> tuple[Floats, Floats]:
    """How far each spell's chance is off, and how fast it moves with the log-odds."""
    chance = _chance(seen, cure)
    return returning - chance, chance * (1 - chance)
