"""The sample shop's year that comes with the package, as the demo reads it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from evaluation.shop import Shop, Told, shop_of
from loyaltyloop.demo.invoices import Invoice, Line
from loyaltyloop.demo.naming import category_of, countries, tidy_name
from loyaltyloop.demo.sample import YEAR, Sample, read_sample
from loyaltyloop.scores.purchases.past import Lines

NAME = "the sample shop's year"


def read_year(source: Path = YEAR) -> Shop:
    """Purchases only: no cancellations, no postage, no row twice. Times are UTC, prices GBP."""
    sample = read_sample(source)
    rows = [(order, line) for order in sample.orders for line in _summed(order)]
    at = [int(order.at.timestamp()) for order, _ in rows]
    lines = Lines(
        order=[order.number for order, _ in rows],
        product=[line.product_id for _, line in rows],
        customer=[int(order.customer) for order, _ in rows],
        at=at,
        arrived=at,
        quantity=[line.quantity for _, line in rows],
        price=[float(line.price) for _, line in rows],
    )
    return shop_of(NAME if source == YEAR else source.name, lines, _told(sample))


def _summed(order: Invoice) -> list[Line]:
    """One line a product: all its pieces, at the price that stands first."""
    first: dict[str, Line] = {}
    pieces: dict[str, int] = defaultdict(int)
    for line in order.lines:
        first.setdefault(line.product_id, line)
        pieces[line.product_id] += line.quantity
    return [Line(name, pieces[name], line.price) for name, line in first.items()]


def _told(sample: Sample) -> Told:
    said = {name: sample.descriptions[name] for name in sorted(sample.descriptions)}
    return Told(
        {int(order.customer): countries()[order.country][0] for order in sample.orders},
        {name: tidy_name(text) for name, text in said.items()},
        {name: category_of(text) for name, text in said.items()},
    )
