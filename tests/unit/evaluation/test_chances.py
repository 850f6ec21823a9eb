"""Measures of probabilities against scikit-learn's, on resamples too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.chances import measured
from evaluation.intervals import resamples


@given(st.integers(0, 10_000), st.integers(5, 60), st.sampled_from([2, 10, 1000]))
@settings(max_examples=20)
def test_as_scikit_learn_has_it(seed: int, number: int, grain: int) -> None:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    dice = np.random.default_rng(seed)
    said = np.round(dice.random(number) * grain) / grain
    came = dice.random(number) < said
    came[:2] = [True, False]
    found = measured(came, said, True)
    assert found["AUC"].value == pytest.approx(roc_auc_score(came, said))
    assert found["AP"].value == pytest.approx(average_precision_score(came, said))
    assert found["Brier"].value == pytest.approx(brier_score_loss(came, said))
    rows = next(resamples(number))[7]
    if came[rows].any() and not came[rows].all():
        assert found["AUC"].draws[7] == pytest.approx(roc_auc_score(came[rows], said[rows]))
        assert found["AP"].draws[7] == pytest.approx(average_precision_score(came[rows], said[rows]))


def test_calibration_by_hand() -> None:
    came = np.array([True, False, False, True])
    said = np.array([0.05, 0.05, 0.95, 1.0])
    found = measured(came, said, True)
    # In the lowest bin 0.1 were foretold and one came; in the highest 1.95, and one came.
    assert found["ECE"].value == pytest.approx((0.9 + 0.95) / 4)
    assert found["foretold / seen"].value == pytest.approx(2.05 / 2)


def test_a_ranking_is_judged_as_a_ranking() -> None:
    assert list(measured(np.array([True, False]), np.array([3.0, 1.0]), False)) == ["AUC", "AP"]
