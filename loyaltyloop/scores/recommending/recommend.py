"""Products for a cohort, each with a reason: from the sources in order, past what is never shown.

The same database and the same `now` give the same picks: lists are ordered to the last tie by product id,
and what is counted over all customers is counted once (see figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from loyaltyloop.journey.model import Recommend, Shop
from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores.models.live import Live, live_model, set_aside
from loyaltyloop.scores.models.scoring import ModelBroke
from loyaltyloop.scores.recommending.exploring import TRIED, explore
from loyaltyloop.scores.recommending.figures import lists_of
from loyaltyloop.scores.recommending.fitting import owns
from loyaltyloop.scores.recommending.learned import LONGER, LONGEST, MODEL, Best, Learned, sold_now
from loyaltyloop.scores.recommending.once import Once
from loyaltyloop.scores.recommending.serving import Asked, Makers, Part, fill, with_reasons
from loyaltyloop.scores.recommending.serving import PassedOver as PassedOver
from loyaltyloop.scores.recommending.shelf import Shelf
from loyaltyloop.scores.recommending.sides import counts_of_products, side_of
from loyaltyloop.scores.recommending.source import Cohort
from loyaltyloop.scores.recommending.sources import READS, SOURCES
from loyaltyloop.scores.recommending.wanted import Dice as Dice
from loyaltyloop.scores.recommending.wanted import Pick as Pick
from loyaltyloop.scores.recommending.wanted import Wanted as Wanted
from loyaltyloop.scores.recommending.wanted import as_value as as_value

# `best` until a mix is learned: at most half from one of these, and then whatever is left of them.
MIX: tuple[Word, ...] = (
    "repeat",
    "bought_together",
    "viewed",
    "viewed_together",
    "searched",
    "favourite_category",
    "trending",
    "popular_here",
    "bestsellers",
)
_BATCH = 5000


def recommend(
    connection: Connection,
    customers: Sequence[Wanted],
    spec: Recommend,
    shop: Shop,
    now: datetime,
    passed_over: list[PassedOver] | None = None,
    on_record: bool = True,
) -> dict[int, list[Pick]]:
    """Enrolment → its picks, at most `spec.products`, maybe fewer than `spec.at_least` or none.

    `passed_over`: an empty list, to which is added what was not shown to whom, and why. A ranking that breaks
    counts as not there; `on_record`: from then on, and for all.
    """
    learned = learned_ranking(connection, spec, shop, now)
    try:
        return _picked(connection, customers, spec, shop, now, passed_over, learned)
    except ModelBroke as broken:
        if learned is not None and on_record:
            set_aside(connection, learned.live, broken.kind)
        if passed_over is not None:
            passed_over.clear()
        return _picked(connection, customers, spec, shop, now, passed_over, None)


def _picked(
    connection: Connection,
    customers: Sequence[Wanted],
    spec: Recommend,
    shop: Shop,
    now: datetime,
    passed_over: list[PassedOver] | None,
    learned: Learned | None,
) -> dict[int, list[Pick]]:
    shelf = Shelf(connection, shop, spec.where, now)
    makers: Makers = SOURCES
    if learned is not None:
        allowed = sold_now(learned.side, shelf) if spec.where.fields else None
        most = LONGER if "owned" in spec.exclude else LONGEST
        makers = {**SOURCES, "best": partial(Best, learned=learned, most=most, allowed=allowed)}
    found: dict[int, list[Pick]] = {}
    for start in range(0, len(customers), _BATCH):
        people = customers[start : start + _BATCH]
        own = owns(connection, people, spec, shop, shelf, now)
        asked = Asked(Cohort(connection, people, now), makers, own, shelf, passed_over)
        taken = fill(asked, people, plan_of(spec, learned is not None), spec)
        explore(asked.anew(), people, taken, spec, shop.recommending.explore)
        found.update(with_reasons(shelf, people, taken))
    return found


def learned_ranking(connection: Connection, spec: Recommend, shop: Shop, now: datetime) -> Learned | None:
    """What ranks the products of `best`, where a ranking is live as of `now` and something to be ranked."""
    live = _ranks(connection, spec, now)
    if live is None:
        return None
    side = side_of(connection, now, shop.currency)
    return Learned(live, side) if side.products else None


def _ranks(connection: Connection, spec: Recommend, now: datetime) -> Live | None:
    asked = "best" in (*spec.sources, *spec.fallback)
    return live_model(connection, MODEL, now) if asked else None


def counted_over_all(connection: Connection, spec: Recommend, shop: Shop, now: datetime) -> list[Once]:
    """What such a step may read at `now` that is counted over all customers, once a day or a week."""
    words = {part.word for part in plan_of(spec)}
    if shop.recommending.explore and "best" in (*spec.sources, *spec.fallback):
        words.update(TRIED)
    kinds = sorted({kind for word in words for kind in READS.get(word, ())})
    found: list[Once] = [lists_of(kind, now) for kind in kinds]
    if _ranks(connection, spec, now) is not None:
        found.append(counts_of_products(now, shop.currency))
    return found


def plan_of(spec: Recommend, learned: bool = False) -> list[Part]:
    """The sources in order, and up to how many products in all each may fill: `best` mixes.

    `learned`: what the ranking puts first goes before the mix.
    """
    plan: list[Part] = []
    half = (spec.products + 1) // 2
    for word in (*spec.sources, *spec.fallback):
        if word == "best":
            plan += [Part("best", spec.products, best=True)] if learned else []
            plan += [Part(one, half, best=True) for one in MIX]
            plan += [Part(one, spec.products, best=True) for one in MIX]
        else:
            plan.append(Part(word, spec.products))
    return plan
