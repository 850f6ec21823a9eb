"""The learned ranking: fitted on what was bought, kept as plain arrays, asked for a cohort at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Fallback
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.looks import Looks
from loyaltyloop.scores.purchases.past import Past
from loyaltyloop.scores.ranking import net
from loyaltyloop.scores.ranking.features import FEATURES
from loyaltyloop.scores.ranking.learning import HORIZON, lists_of
from loyaltyloop.scores.ranking.near import Singles
from loyaltyloop.scores.ranking.net import Lists, Net

FEWEST = 50  # lists of which something was bought: of fewer, nothing is learned
_FORMAT = "ranking of products, 1"


@dataclass(frozen=True, eq=False)
class Ranker:
    """Nets whose scores are averaged. Learned of what was bought before `as_of` by `people` lists."""

    as_of: datetime
    nets: tuple[Net, ...]
    people: int

    def scores(self, x: Singles) -> Singles:
        """One for each row of features, to 4 decimals; only their order within a customer means something."""
        total = sum((one.scores(x) for one in self.nets), np.zeros(len(x), np.float32))
        rounded: Singles = np.round(total / np.float32(len(self.nets)), 4)
        return rounded

    def pack(self) -> bytes:
        """As scores/models/artifact.py packs it; the same ranker gives the same bytes."""
        arrays: dict[str, NDArray[Any]] = {"mean": self.nets[0].mean, "spread": self.nets[0].spread}
        for number, one in enumerate(self.nets):
            for layer, (weight, bias) in enumerate(zip(one.weights, one.biases, strict=True)):
                arrays[f"weight_{number}_{layer}"], arrays[f"bias_{number}_{layer}"] = weight, bias
        document = {
            "format": _FORMAT,
            "as_of": self.as_of.isoformat(),
            "features": list(FEATURES),
            "layers": [len(one.weights) for one in self.nets],
            "people": self.people,
        }
        return pack(arrays, document)


def load(content: bytes) -> Ranker:
    """What `Ranker.pack` gave. ValueError says what is wrong with other bytes."""
    arrays, document = unpack(content)
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ValueError("not a ranking of products, or of another version")
    if document.get("features") != list(FEATURES):
        raise ValueError("a ranking that was learned of other features than are counted now")
    try:
        nets = tuple(_net(arrays, number, layers) for number, layers in enumerate(document["layers"]))
        found = Ranker(datetime.fromisoformat(document["as_of"]), nets, int(document["people"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a ranking of products: {error}") from error
    if not nets or not all(_fits(one) for one in nets):
        raise ValueError("not a ranking of products: its layers do not match")
    return found


def fit(past: Past, catalogue: Catalogue, looks: Looks, seed: int) -> Ranker | Fallback:
    """Learned of all of `past`. The same data and seed give the same ranker, to the byte."""
    if not len(past):
        return Fallback("nothing was ordered yet")
    lists = list(lists_of(past, catalogue, looks, seed))
    useful = sum(_useful(one) for one in lists)
    if useful < FEWEST:
        return Fallback(
            f"only {useful} times did a customer who had bought before buy something known within"
            f" {HORIZON.days} days; {FEWEST} are needed"
        )
    return Ranker(past.as_of, net.fit(_joined(lists), seed), useful)


def _useful(lists: Lists) -> int:
    return int(np.count_nonzero(np.add.reduceat(lists.bought.astype(np.int64), lists.starts[:-1])))


def _joined(lists: Sequence[Lists]) -> Lists:
    ends = np.cumsum([0] + [len(one.x) for one in lists])
    starts = [one.starts[:-1] + end for one, end in zip(lists, ends[:-1], strict=True)]
    return Lists(
        np.concatenate([one.x for one in lists]),
        np.concatenate([*starts, ends[-1:]]),
        np.concatenate([one.bought for one in lists]),
        np.concatenate([one.fresh for one in lists]),
    )


def _fits(one: Net) -> bool:
    """Does each layer take what the one before gives, from the features to one score?"""
    wide = [(len(FEATURES),), *(bias.shape for bias in one.biases)]
    meant = [above + below for above, below in pairwise(wide)]
    shapes = [weight.shape for weight in one.weights]
    return one.mean.shape == one.spread.shape == wide[0] and shapes == meant and wide[-1] == (1,)


def _net(arrays: dict[str, NDArray[Any]], number: int, layers: int) -> Net:
    return Net(
        arrays["mean"],
        arrays["spread"],
        tuple(arrays[f"weight_{number}_{layer}"] for layer in range(layers)),
        tuple(arrays[f"bias_{number}_{layer}"] for layer in range(layers)),
    )
