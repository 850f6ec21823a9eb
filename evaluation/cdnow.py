"""CDNOW: the customers of a shop of compact discs who came in the first quarter of 1997, 39 + 39 weeks."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

from evaluation.shop import Shop, Told, shop_of
from loyaltyloop.scores.purchases.past import Lines

CUT_OFF = datetime(1997, 10, 1, tzinfo=UTC)
DAYS = 39 * 7


def read_cdnow() -> Shop:
    """A purchase a line: of some discs, whichever; the price is the mean of one."""
    text = files("evaluation").joinpath("data", "CDNOW_sample.txt").read_text("ascii")
    rows = [line.split() for line in text.splitlines()]
    at = [int(datetime.strptime(row[2], "%Y%m%d").replace(tzinfo=UTC).timestamp()) for row in rows]
    pieces = [max(1, int(row[3])) for row in rows]
    lines = Lines(
        order=[str(place) for place in range(len(rows))],
        product=["disc"] * len(rows),
        customer=[int(row[1]) for row in rows],
        at=at,
        arrived=at,
        quantity=pieces,
        price=[float(row[4]) / count for row, count in zip(rows, pieces, strict=True)],
    )
    return shop_of("CDNOW", lines, Told({}, {}, {}))
