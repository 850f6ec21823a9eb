"""All methods that recommend products, judged after one cut-off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from evaluation.finding import SEGMENTS, Found, K, ceilings, find
from evaluation.intervals import Drawn
from evaluation.recommenders import (
    als,
    bestsellers,
    bm25,
    bpr,
    country,
    ease,
    frequency,
    neighbours,
    ours,
    tifu,
)
from evaluation.recommenders.scored import Recommender
from evaluation.shop import Shop
from evaluation.split import TASKS, Split, Task, Truth, split
from evaluation.tables import OURS, Measure, Table, table_of

Fit = Callable[[Split, int], Recommender | None]
RECOMMENDERS: Mapping[str, Fit] = {
    OURS: ours.fit,
    "best-sellers of all time": bestsellers.fit,
    "best-sellers in the country, 90 days": country.fit,
    "item-kNN, cosine, 20 neighbours": neighbours.fit,
    "BM25 item-item": bm25.fit,
    "ALS, 64 factors": als.fit,
    "BPR, 64 factors": bpr.fit,
    "EASE, lambda 500": ease.fit,
    "TIFU-kNN": tifu.fit,
    "own purchase frequency": frequency.fit,
}
TITLES: Mapping[Task, str] = {
    "all": "any product",
    "new": "products new to the customer",
    "repeat": "products bought before",
}
MEASURES = (
    Measure("NDCG@10"),
    Measure("Recall@10"),
    Measure("HR@10"),
    Measure("MAP@10"),
    Measure("coverage", 0),
)
_NAMES = {"NDCG@10": "ndcg", "Recall@10": "recall", "HR@10": "hr", "MAP@10": "map"}


def judge(shop: Shop, cut_off: datetime, days: int, seed: int) -> Iterator[Table]:
    """A table a task, and one by number of orders for each of them."""
    cut = split(shop, cut_off, days)
    truths = {task: truth for task in TASKS if len((truth := cut.truth(task)).who)}
    found = dict(_found(cut, truths, seed))
    for task, truth in truths.items():
        people = len(truth.who)
        of_task = {method: by_task[task] for method, by_task in found.items()}
        drawn = {method: _drawn(of_task[method]) if method in of_task else {} for method in RECOMMENDERS}
        title = f"Recommendations: {TITLES[task]}"
        yield table_of("recommend", title, cut_off, people, MEASURES, drawn, _about(truth))
        yield _by_orders(title, cut_off, people, of_task)


def _found(cut: Split, truths: Mapping[Task, Truth], seed: int) -> Iterator[tuple[str, dict[Task, Found]]]:
    for method, fit in RECOMMENDERS.items():
        fitted = fit(cut, seed)
        if fitted is None:
            continue
        yield (
            method,
            {
                task: find(cut, task, truth, fitted.lists(truth.who, task, K))
                for task, truth in truths.items()
            },
        )


def _drawn(found: Found) -> dict[str, Drawn]:
    drawn = {name: found.drawn[key] for name, key in _NAMES.items()}
    return drawn | {"coverage": Drawn(found.coverage, found.drawn["ndcg"].draws[:0])}


def _by_orders(title: str, cut_off: datetime, people: int, found: Mapping[str, Found]) -> Table:
    """NDCG of those with few and with many orders."""
    first = next(iter(found.values()))
    sizes = {name: first.segment(name)[0] for name in SEGMENTS}
    measures = tuple(Measure(name) for name, size in sizes.items() if size)
    drawn = {
        method: {one.name: found[method].segment(one.name)[1] for one in measures} if method in found else {}
        for method in RECOMMENDERS
    }
    about = "NDCG@10. Customers: " + ", ".join(
        f"{size:,} with {name}" for name, size in sizes.items() if size
    )
    return table_of("recommend", f"{title}, by orders", cut_off, people, measures, drawn, about)


def _about(truth: Truth) -> str:
    most = ceilings(truth)
    return (
        f"{truth.size.mean():.1f} products a customer to find; who knew them all would reach"
        f" NDCG@10 {most['ndcg']:.3f} and Recall@10 {most['recall']:.3f}"
    )
