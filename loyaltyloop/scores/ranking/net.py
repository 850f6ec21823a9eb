"""A small network that orders each customer's candidates: learned on whole lists, with numpy alone.

The loss is that of ListNet with one pick a purchase (Cao et al. 2007): the cross entropy between the
softmax of a list's scores and what was bought of it, evenly. Learned by Adam (Kingma, Ba 2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.purchases.past import Bools, Longs
from loyaltyloop.scores.ranking.near import Singles

HIDDEN = (64, 32)
ROUNDS = 10  # over all lists, and more where they are few
NETS = 3  # whose scores are averaged: each starts from weights of its own
_STEPS = 50  # of a round; each learns of 8 to 64 lists
_FEWEST, _MOST = 8, 64
_ENOUGH, _LONGEST = 300, 30  # steps that a net needs, and rounds that are too many for it
_SPEED = 2e-3
_DECAY = 1e-3
_REACH = 5.0  # standard deviations beyond which a feature says no more
_BLOCK = 8192  # rows at a time: what is between the layers then stays in the cache


@dataclass(frozen=True, eq=False)
class Lists:
    """Candidates of many customers: `x` rows × features; `starts` of each list, and the end of the last.

    `bought`: was it bought; `fresh`: had the customer not had it before.
    """

    x: Singles
    starts: Longs
    bought: Bools
    fresh: Bools


@dataclass(frozen=True, eq=False)
class Net:
    """Standardised features through layers of `weights` and `biases`, all but the last with max(0, ·)."""

    mean: Singles
    spread: Singles
    weights: tuple[Singles, ...]
    biases: tuple[Singles, ...]

    def scores(self, x: Singles) -> Singles:
        """One for each row; only their order within a customer means something."""
        blocks = [self._block(x[start : start + _BLOCK]) for start in range(0, len(x), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def _block(self, x: Singles) -> Singles:
        last: Singles = self.layers(self.standard(x))[-1][:, 0]
        return last

    def standard(self, x: Singles) -> Singles:
        """Features in standard deviations from their mean."""
        found: Singles = np.clip((x - self.mean) / self.spread, -_REACH, _REACH)
        return found

    def layers(self, standard: Singles) -> list[Singles]:
        """What goes into each layer, and what comes out of the last."""
        found = [standard]
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            out = found[-1] @ weight + bias
            found.append(np.maximum(out, 0.0) if place < len(self.weights) - 1 else out)
        return found


def fit(lists: Lists, seed: int) -> tuple[Net, ...]:
    """Learned on these lists. By one thread, so that sums do not hang on the number of threads."""
    from threadpoolctl import threadpool_limits

    mean = lists.x.mean(axis=0, dtype=np.float64).astype(np.float32)
    spread = (lists.x.std(axis=0, dtype=np.float64) + 1e-6).astype(np.float32)
    with threadpool_limits(limits=1):
        return tuple(_fit(lists, _start(mean, spread, seed, number), seed, number) for number in range(NETS))


def _start(mean: Singles, spread: Singles, seed: int, number: int) -> Net:
    dice = np.random.default_rng([seed, number])
    widths = (len(mean), *HIDDEN, 1)
    weights = [
        dice.normal(0.0, np.sqrt(2.0 / above), (above, below)).astype(np.float32)
        for above, below in pairwise(widths)
    ]
    weights[-1] *= np.float32(0.1)
    return Net(mean, spread, tuple(weights), tuple(np.zeros(width, np.float32) for width in widths[1:]))


def _fit(lists: Lists, net: Net, seed: int, number: int) -> Net:
    """The arrays of `net` are changed in place."""
    x = net.standard(lists.x)
    steps = list(_steps(lists, np.random.default_rng([seed, number, 1])))
    adam = _Adam([*net.weights, *net.biases], len(steps))
    for some in steps:
        rows, starts = _rows(lists.starts, some)
        layers = net.layers(x[rows])
        error = _error(layers[-1][:, 0], starts, lists.bought[rows], lists.fresh[rows])
        adam.step(_gradients(net, layers, error[:, None]))
    return net


def _steps(lists: Lists, dice: np.random.Generator) -> Iterator[Longs]:
    """Which lists each step learns of: those of which nothing was bought say nothing."""
    bought = np.add.reduceat(lists.bought.astype(np.int64), lists.starts[:-1])
    useful = np.flatnonzero(bought)
    width = min(_MOST, max(_FEWEST, len(useful) // _STEPS))
    steps = max(1, -(-len(useful) // width))
    for _ in range(min(_LONGEST, max(ROUNDS, -(-_ENOUGH // steps)))):
        mixed = dice.permutation(useful)
        for start in range(0, len(mixed), width):
            yield np.sort(mixed[start : start + width])


def _rows(starts: Longs, some: Longs) -> tuple[Longs, Longs]:
    """The rows of these lists, and where each list begins among them."""
    lengths = starts[some + 1] - starts[some]
    begins = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts[some] - begins, lengths), begins


def _error(scores: Singles, begins: Longs, bought: Bools, fresh: Bools) -> Singles:
    """The loss's derivative by each score: of the whole lists, and of what was new in them."""
    whole = _derivative(scores, begins, bought, np.ones(len(scores), np.bool_))
    return (whole + _derivative(scores, begins, bought & fresh, fresh)) / np.float32(len(begins))


def _derivative(scores: Singles, begins: Longs, bought: Bools, counts: Bools) -> Singles:
    """Softmax minus what was bought evenly, among what counts; a list weighs as the root of its purchases."""
    lengths = np.diff(np.append(begins, len(scores)))
    seen = np.where(counts, scores, np.float32(-1e9))
    parts = np.where(counts, np.exp(seen - np.repeat(np.maximum.reduceat(seen, begins), lengths)), 0.0)
    total = np.maximum(np.add.reduceat(parts, begins), 1e-9)
    number = np.add.reduceat(bought.astype(np.float32), begins)
    weight = np.sqrt(number) / max(1e-9, float(np.sqrt(number).mean()))
    wanted = bought / np.repeat(np.maximum(1.0, number), lengths)
    found: Singles = ((parts / np.repeat(total, lengths) - wanted) * np.repeat(weight, lengths)).astype(
        np.float32
    )
    return found


def _gradients(net: Net, layers: Sequence[Singles], error: Singles) -> list[Singles]:
    """Of all weights, then of all biases."""
    weights: list[Singles] = []
    biases: list[Singles] = []
    for place in reversed(range(len(net.weights))):
        weights.append(layers[place].T @ error + np.float32(_DECAY) * net.weights[place])
        biases.append(error.sum(axis=0))
        if place:
            error = (error @ net.weights[place].T) * (layers[place] > 0)
    return weights[::-1] + biases[::-1]


class _Adam:
    """Changes `arrays` in place, a step at a time, ever more slowly."""

    def __init__(self, arrays: Sequence[NDArray[np.float32]], steps: int) -> None:
        self._arrays, self._steps, self._done = arrays, steps, 0
        self._means = [np.zeros_like(one) for one in arrays]
        self._squares = [np.zeros_like(one) for one in arrays]

    def step(self, gradients: Sequence[Singles]) -> None:
        self._done += 1
        speed = _SPEED * (0.05 + 0.95 * 0.5 * (1 + np.cos(np.pi * self._done / self._steps)))
        for one, gradient, mean, square in zip(
            self._arrays, gradients, self._means, self._squares, strict=True
        ):
            mean += np.float32(0.1) * (gradient - mean)
            square += np.float32(0.001) * (gradient * gradient - square)
            fair = np.sqrt(square / (1 - 0.999**self._done)) + 1e-8
            one -= (speed * (mean / (1 - 0.9**self._done)) / fair).astype(np.float32)
