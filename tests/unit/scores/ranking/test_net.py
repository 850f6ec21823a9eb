"""The network that orders lists: it learns an order, the same one whatever the number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from loyaltyloop.scores.ranking import net
from loyaltyloop.scores.ranking.net import Lists, fit


def lists(number: int, seed: int = 5, length: int = 8) -> Lists:
    """Of each list that is bought whose first feature less the square of the second is the highest."""
    x = np.random.default_rng(seed).normal(size=(number * length, 4)).astype(np.float32)
    wish = (x[:, 0] - x[:, 1] ** 2).reshape(number, length)
    bought = (wish == wish.max(axis=1, keepdims=True)).ravel()
    starts = np.arange(number + 1) * length
    return Lists(x, starts.astype(np.int64), bought, np.ones(len(x), np.bool_))


def found(of: Lists, learned: Lists) -> float:
    """How often what was bought is first."""
    scores = np.sum([one.scores(of.x) for one in fit(learned, 0)], axis=0).reshape(-1, 8)
    return float(np.mean(of.bought.reshape(-1, 8)[np.arange(len(scores)), scores.argmax(axis=1)]))


def test_an_order_that_is_not_a_straight_line_is_learned() -> None:
    assert found(lists(200, seed=6), lists(400)) > 0.8


def test_few_lists_are_gone_through_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    often = found(lists(200, seed=6), lists(60))
    monkeypatch.setattr(net, "_ENOUGH", 1)
    assert often > found(lists(200, seed=6), lists(60))


def test_the_number_of_threads_changes_nothing() -> None:
    with threadpool_limits(limits=4):
        many = fit(lists(40), 1)
    with threadpool_limits(limits=1):
        one = fit(lists(40), 1)
    for a, b in zip(many, one, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a.weights, b.weights, strict=True))


def test_another_seed_gives_another_net() -> None:
    one, other = fit(lists(40), 1)[0], fit(lists(40), 2)[0]
    assert not np.array_equal(one.weights[0], other.weights[0])


def test_the_derivative_is_that_of_the_loss() -> None:
    """Beside differences: of the cross entropy between what was bought, evenly, and the softmax."""
    dice = np.random.default_rng(0)
    begins = np.array([0, 3, 7])
    scores = dice.normal(size=10)
    bought = np.array([1, 0, 1, 0, 1, 0, 0, 0, 1, 1], np.bool_)
    fresh = np.array([1, 1, 0, 0, 1, 1, 1, 1, 1, 0], np.bool_)

    def loss(at: np.ndarray) -> float:
        total = 0.0
        for counts in (np.ones(10, np.bool_), fresh):
            number = np.array(
                [(bought & counts)[begin:end].sum() for begin, end in ((0, 3), (3, 7), (7, 10))]
            )
            weights = np.sqrt(number) / np.sqrt(number).mean()
            for (begin, end), many, weight in zip(((0, 3), (3, 7), (7, 10)), number, weights, strict=True):
                kept = counts[begin:end]
                log = at[begin:end][kept] - np.log(np.exp(at[begin:end][kept]).sum())
                total -= weight * log[bought[begin:end][kept]].sum() / max(1, many)
        return total / 3

    steps = 1e-5 * np.eye(10)
    slopes = [(loss(scores + step) - loss(scores - step)) / 2e-5 for step in steps]
    found = net._error(scores.astype(np.float32), begins, bought, fresh)
    assert found.tolist() == pytest.approx(slopes, abs=1e-4)
