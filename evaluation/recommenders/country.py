"""Best-sellers of the last 90 days in the customer's country; what is not among them by all time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from evaluation.recommenders.scored import Recommender, Scored, popularity
from evaluation.split import Split

SEASON = timedelta(days=90)


def fit(cut: Split, _seed: int) -> Recommender:
    """Count them, country by country."""
    past = cut.history
    _, country = np.unique([one or "" for one in past.countries], return_inverse=True)
    lately = past.only(past.between(cut.cut_off - SEASON, cut.cut_off))
    sold = np.zeros((country.max() + 1, len(past.products)))
    np.add.at(sold, (country[lately.who], lately.what), 1.0)
    sold += popularity(past) / (len(past) + 1)
    return Scored(cut, lambda who: sold[country[who]])
