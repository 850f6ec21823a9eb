"""What measures say, when one method is worse than another, and what a card shows of it."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from math import isnan
from re import findall

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.training import card_words
from loyaltyloop.scores.training.card_pages import page
from loyaltyloop.scores.training.cards import Card, Facts, as_data
from loyaltyloop.scores.training.judging import LIVE, NEW, Contest, Judgement, Measure, judged
from loyaltyloop.scores.training.measures import (
    AUC,
    BRIER,
    ECE,
    MAE,
    TOTAL,
    auc,
    brier,
    by_segment,
    calibration,
    calibration_error,
    gains,
    mean,
)
from loyaltyloop.scores.training.training import Outcome, verdict

SINCE, UNTIL = datetime(2010, 8, 17, tzinfo=UTC), datetime(2010, 9, 16, tzinfo=UTC)
HALF = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def contest(worse_by: float = 0.0, people: int = 400) -> Contest:
    """Two forecasts that know the chances, one of them blurred, and one that says a half to everybody."""
    random = np.random.default_rng(3)
    chance = random.random(people)
    came = (random.random(people) < chance).astype(np.float64)
    said: dict[str, Floats] = {
        NEW: np.clip(chance + worse_by, 0, 1),
        LIVE: chance,
        "a half": np.full(people, 0.5),
    }
    return Contest(came, said, (BRIER, AUC, ECE, MAE, TOTAL))


def judgement(worse_by: float = 0.0) -> Judgement:
    return judged(contest(worse_by), SINCE, UNTIL, seed=1)


@given(st.lists(st.tuples(st.booleans(), HALF), min_size=2, max_size=30))
def test_measures_are_those_of_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    came, said = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    assert brier(came, said) == pytest.approx(brier_score_loss(came, said))
    if 0 < came.sum() < len(came):
        assert auc(came, said) == pytest.approx(roc_auc_score(came, said))
    else:
        assert isnan(auc(came, said))


def test_the_calibration_error_is_the_gap_in_each_tenth() -> None:
    said = np.repeat(np.arange(10) / 10, 10)
    came = np.tile([1.0] * 5 + [0.0] * 5, 10)
    assert calibration_error(came, said) == pytest.approx(np.abs(np.arange(10) / 10 - 0.5).mean())
    assert calibration_error(said, said) == 0


def test_what_is_drawn_for_a_pair_is_drawn_for_both() -> None:
    same = judgement().against(LIVE)
    assert same
    assert (same.value, same.low, same.high, same.worse) == (0, 0, 0, False)
    worse = judgement(0.4).against(LIVE)
    assert worse
    assert worse.low < worse.value < worse.high < 0
    assert judgement(0.4).worse
    assert judgement(0.4) == judgement(0.4)


def test_who_wants_more_is_better_where_higher_is() -> None:
    values = {NEW: np.ones(5), LIVE: np.zeros(5)}
    found = judged(Contest(np.zeros(5), values, (Measure("NDCG@10", mean),)), SINCE, UNTIL, 1)
    assert found.against(LIVE).value == 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("worse_by", "live", "taken", "said"),
    [
        (0.0, None, True, "no version was live, and by Brier score it is better than a half: +0."),
        (0.5, None, False, "no version was live, and by Brier score it is behind a half: -0."),
        (
            0.0,
            3,
            True,
            "by Brier score it is not worse than version 3: 0.0000 (95 % interval 0.0000 to 0.0000)",
        ),
        (
            1e-7,
            3,
            True,
            "by Brier score it is not worse than version 3: 0.0000 (95 % interval 0.0000 to 0.0000)",
        ),
        (0.4, 3, False, "by Brier score it is worse than version 3: -0."),
    ],
)
def test_the_verdict(worse_by: float, live: int | None, taken: bool, said: str) -> None:
    given = contest(worse_by)
    methods = {name: values for name, values in given.said.items() if live or name != LIVE}
    found = judged(Contest(given.came, methods, given.measures), SINCE, UNTIL, 1)
    assert verdict(found, "a half", live)[0] is taken
    assert verdict(found, "a half", live)[1].startswith(said)


def test_who_is_not_worse_than_the_live_one_may_still_be_behind_the_simple_method() -> None:
    good = contest()
    said = {NEW: 1 - good.said[LIVE], LIVE: 1 - good.said[LIVE], "a half": good.said["a half"]}
    taken, why = verdict(judged(Contest(good.came, said, (BRIER,)), SINCE, UNTIL, 1), "a half", 2)
    assert not taken
    assert why.startswith("by Brier score it is behind a half: -")


@pytest.mark.parametrize(
    ("method", "taken", "said"),
    [
        (NEW, False, "by Brier score it has no figure, as it foretold what is no number"),
        (LIVE, True, "version 3 cannot be judged beside it, and by Brier score it is better than a half: +"),
    ],
)
def test_who_foretells_no_number_of_one_customer_is_not_judged_by_the_others(
    method: str, taken: bool, said: str
) -> None:
    """In a third of the draws that customer is not among them: these have a figure."""
    good = contest()
    values = {name: one.copy() for name, one in good.said.items()}
    values[method][7] = np.nan
    found = judged(Contest(good.came, values, (BRIER,)), SINCE, UNTIL, 1)
    assert verdict(found, "a half", 3)[0] is taken
    assert verdict(found, "a half", 3)[1].startswith(said)


def outcome() -> Outcome:
    given = contest()
    people = np.arange(given.people) % 3
    plots = [
        calibration(given.came, given.said, "foretold", "seen"),
        gains(given.came, given.said, "written to", "reached"),
        by_segment(people, ("one order", "two", "more"), given.said, "By orders", "chance"),
    ]
    found = judged(given, SINCE, UNTIL, 1, plots)
    known = Facts(120, 400, 60, 7, SINCE, UNTIL)
    taken, why = verdict(found, "a half", 2)
    card = Card(
        "toy", "who <comes>", UNTIL, known, found, "a half", "unknown", 2, taken, why, 7, {"numpy": "2.4"}
    )
    return Outcome("toy", "replaced", why, 3, "unknown", card)


def test_the_page_has_the_tables_and_the_same_pictures_each_time() -> None:
    text = page(outcome())
    assert text.startswith(
        "## toy: version 3 is live, in the place of version 2\n\nBy Brier score it is not worse"
    )
    assert "- **tells**: who \\<comes>\n" in text
    assert (
        "- **fitted on**: 400 order lines in 120 orders of 60 customers, 7 products, 17 August 2010" in text
    )
    assert "|  | new version | live version | a half |" in text
    assert "| Brier score (decides) | " in text
    pictures = findall(r"!\[[^\]]+\]\(data:image/svg\+xml;base64,([^)]+)\)", text)
    assert len(pictures) == 3
    assert all(b"<svg" in b64decode(one) for one in pictures)
    assert page(outcome()) == text


def test_the_card_as_data_knows_no_figure_that_is_no_number() -> None:
    none = Contest(np.zeros(4), {NEW: np.zeros(4), "a half": np.full(4, 0.5)}, (BRIER, AUC))
    card = outcome().card
    assert card
    data = as_data(card)
    assert data["judgement"]["since"] == "2010-08-17T00:00:00+00:00"
    found = judged(none, SINCE, UNTIL, 1)
    assert isnan(found.figures[1].value)
    assert card_words.table(found)[1][0] == ("new version", "0.0000 (0.0000 to 0.0000)", "-")
