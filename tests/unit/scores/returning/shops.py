"""Shops of a test's own making: their customers' rates are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.looks import no_looks
from loyaltyloop.scores.purchases.past import DAY, STANDS, Floats, Lines, Past, past_of, seconds_of

AS_OF = datetime(2011, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Bought:
    """A line: who, how many days before AS_OF, and what."""

    who: int
    ago: float
    product: str = "mug"
    price: float = 10.0
    quantity: int = 1
    late: float = 0.0  # days after which the shop knew of it
    off: float | None = None  # days before AS_OF: when it was called off


def past(lines: Sequence[Bought], customers: Sequence[int] = ()) -> Past:
    """As of AS_OF; an order a line."""
    at = [seconds_of(AS_OF - timedelta(days=one.ago)) for one in lines]
    columns = Lines(
        order=[f"o{place:06}" for place in range(len(lines))],
        product=[one.product for one in lines],
        customer=[one.who for one in lines],
        at=at,
        arrived=[when + int(one.late * DAY) for when, one in zip(at, lines, strict=True)],
        quantity=[one.quantity for one in lines],
        price=[one.price for one in lines],
        gone=np.array([_gone(one) for one in lines], np.int64),
    )
    return past_of(AS_OF, columns, {}, customers)


def _gone(line: Bought) -> int:
    return STANDS if line.off is None else seconds_of(AS_OF - timedelta(days=line.off))


def known(lines: Sequence[Bought] | Past, customers: Sequence[int] = ()) -> Known:
    """Likewise, with a catalogue that tells nothing."""
    found = lines if isinstance(lines, Past) else past(lines, customers)
    nothing = len(found.products)
    catalogue = Catalogue(("",) * nothing, (None,) * nothing, np.full(nothing, np.nan))
    return Known(found, catalogue, no_looks())


def lively(people: int = 400, days: int = 360, seed: int = 5) -> tuple[list[Bought], Floats]:
    """Customers who come at rates of their own and leave some day: lines, and each one's rate (gone: 0)."""
    random = np.random.default_rng(seed)
    rates = random.gamma(1.2, 1 / 50, people) + 1 / 400
    stays = random.exponential(400, people)
    lines: list[Bought] = []
    for who in range(people):
        moment, usual = float(random.uniform(0, days * 0.7)), float(random.lognormal(3, 0.7))
        gone = moment + stays[who]
        while moment < min(days, gone):
            price = round(usual * float(random.lognormal(0, 0.4)), 2)
            lines.append(Bought(who + 1, days - moment, f"p{random.integers(9)}", price))
            moment += float(random.exponential(1 / rates[who])) + 0.5
        rates[who] *= gone > days
    return lines, rates
