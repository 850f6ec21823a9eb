"""A training told to a marketer: the same words in the terminal and on Prefect's pages."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from loyaltyloop.journey.numbers import counted
from loyaltyloop.scores.training.cards import Card, Facts
from loyaltyloop.scores.training.judging import Judgement
from loyaltyloop.scores.training.training import Outcome

Row = tuple[str, ...]


def headline(outcome: Outcome) -> str:
    """What came of it, in a line: `lapse: version 3 is live, in the place of version 2`."""
    live = f"version {outcome.version}"
    match outcome.decision:
        case "first":
            told = f"{live} is live, the first"
        case "replaced":
            told = f"{live} is live, in the place of {_before(outcome)}"
        case "same":
            told = f"{live} stays live: what was fitted is the very same"
        case "kept":
            told = f"{live} stays live"
        case "fallback":
            told = f"no version is live: {outcome.fallback}"
    return f"{outcome.model}: {told}"


def _before(outcome: Outcome) -> str:
    against = outcome.card.against if outcome.card else None
    return f"version {against}" if against else "none"


def facts(card: Card) -> list[tuple[str, str]]:
    """What it tells, what it was fitted on, and what it was judged by: a name and words for each."""
    found = card.judgement
    return [
        ("tells", card.about),
        ("fitted on", _amounts(card.trained_on)),
        ("judged by", f"{counted(found.people, 'customer')}, {_days(found.since, found.until)}"),
        ("without it", card.fallback),
    ]


def table(judgement: Judgement) -> tuple[Row, list[Row]]:
    """The measures of all methods, with 95 % intervals: the head, and a row a method."""
    measures = tuple(dict.fromkeys(figure.measure for figure in judgement.figures))
    methods = tuple(dict.fromkeys(figure.method for figure in judgement.figures))
    cells = {
        (figure.method, figure.measure): _interval(figure.value, figure.low, figure.high)
        for figure in judgement.figures
    }
    head = tuple(f"{name} (decides)" if name == judgement.deciding else name for name in measures)
    rows = [(method, *(cells[method, measure] for measure in measures)) for method in methods]
    return ("", *head), rows


def reasons(outcome: Outcome) -> Iterator[str]:
    """Why it was decided so, in whole sentences."""
    why = outcome.why[:1].upper() + outcome.why[1:]
    yield f"{why}." if outcome.card else f"Nothing was learned, because {outcome.why}."
    if outcome.decision == "kept" and outcome.card:
        yield "The new one is on record as refused, and is not used."


def _amounts(known: Facts) -> str:
    if not known.first or not known.last:
        return "no order"
    kinds = (
        counted(known.lines, "order line"),
        counted(known.orders, "order"),
        counted(known.customers, "customer"),
        counted(known.products, "product"),
    )
    lines, orders, customers, products = kinds
    return f"{lines} in {orders} of {customers}, {products}, {_days(known.first, known.last)}"


def _days(first: datetime, last: datetime) -> str:
    return f"{first:%-d %B %Y} to {last:%-d %B %Y}"


def _interval(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return "-"
    digits = 4 if abs(value) < 1 else 2
    return f"{value:z.{digits}f} ({low:z.{digits}f} to {high:z.{digits}f})"
