"""Who is about to be lost: what is learned from a made shop, and shops that teach nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.scores.models.artifact import pack
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.returning import returns
from loyaltyloop.scores.returning.baselines import SHARE, share_by_recency
from loyaltyloop.scores.returning.dropout import Dropout, fit_dropout
from loyaltyloop.scores.returning.lapse import Lapse, LapseLearner
from loyaltyloop.scores.returning.levels import YEAR, last_year, level_of, total_level
from loyaltyloop.scores.returning.purchases import purchases_of, today_of
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.windows import STEP, Window, chance_of, windows
from loyaltyloop.scores.training.judging import LIVE, NEW, Judgement
from loyaltyloop.scores.training.measures import auc
from tests.unit.scores.returning.shops import AS_OF, Bought, known, lively, past

LEARNER = LapseLearner(30)


@cache
def shop() -> Known:
    lines, _ = lively()
    return known(lines, customers=range(1, 403))


@cache
def fitted() -> Lapse:
    found = LEARNER.fit(shop(), seed=1)
    assert isinstance(found, Lapse)
    return found


def test_who_comes_often_and_lately_is_less_likely_to_lapse() -> None:
    said = fitted().score(shop())
    _, rates = lively()
    bought = ~np.isnan(said[:400])
    assert auc((rates == 0)[bought].astype(float), said[:400][bought]) > 0.75
    assert np.corrcoef(np.exp(-30 * rates[bought]), said[:400][bought])[0, 1] > 0.7
    assert np.isnan(said[400:]).all(), "who has never bought cannot lapse"
    assert ((said[:400][bought] > 0) & (said[:400][bought] < 1)).all()


def test_orders_of_which_the_shop_heard_late_teach_nothing_of_the_days_before() -> None:
    """As where a history is sent when the shop is connected: before that day, nobody was known."""
    heard = 130
    lines = [replace(one, ago=one.ago * 2, late=max(0.0, one.ago * 2 - heard)) for one in lively(1200)[0]]
    purchases = purchases_of(past(lines))
    found = windows(purchases, today_of(past(lines)), 30)
    assert [window.start for window in found][-1] > today_of(past(lines)) - heard
    assert all(purchases.before(window.start).buyers.any() for window in found)
    assert isinstance(LEARNER.fit(known(lines), seed=1), Lapse)


def test_what_is_foretold_comes() -> None:
    since = AS_OF - timedelta(days=30)
    before = shop().before(since)
    earlier = LEARNER.fit(before, seed=1)
    assert isinstance(earlier, Lapse)
    found = LEARNER.judge(earlier, earlier, shop(), since, seed=1)
    assert isinstance(found, Judgement)
    values = {(one.method, one.measure): one.value for one in found.figures}
    assert values[NEW, "foretold / seen"] == pytest.approx(1, abs=0.15)
    assert values[NEW, "Brier score"] < values[SHARE, "Brier score"] + 0.005
    assert values[NEW, "AUC"] > 0.65
    assert values[LIVE, "AUC"] == values[NEW, "AUC"]
    assert not found.worse
    assert found.against(LEARNER.baseline) is not None


def test_whose_only_order_was_called_off_later_is_judged_by_all_methods_alike() -> None:
    """On the day itself nobody could know that it would be: what came later is not looked at."""
    lines = [*lively()[0], Bought(401, 100, off=5), Bought(402, 50, off=20)]
    found = LEARNER.judge(fitted(), None, known(lines), AS_OF - timedelta(days=30), seed=1)
    assert isinstance(found, Judgement)
    assert all(np.isfinite([one.value, one.low, one.high]).all() for one in found.figures)
    assert all(np.isfinite(one.value) for one in found.differences)


def test_the_same_shop_and_seed_give_the_same_bytes() -> None:
    again = LEARNER.fit(known(lively()[0][::-1], customers=range(1, 403)), seed=1)
    assert again.pack() == fitted().pack() if isinstance(again, Lapse) else False


def test_the_hours_of_a_day_that_is_not_over_teach_nothing_yet() -> None:
    """As at half past two in the night: a day that has just begun is no day without orders."""
    hours = replace(shop().past, as_of=AS_OF + timedelta(hours=2, minutes=30))
    again = LEARNER.fit(replace(shop(), past=hours), seed=1)
    assert isinstance(again, Lapse)
    assert again.pack() == fitted().pack()


def test_what_is_read_back_says_the_same() -> None:
    read = LEARNER.load(fitted().pack())
    assert read.pack() == fitted().pack()
    assert np.array_equal(read.score(shop()), fitted().score(shop()), equal_nan=True)


def test_nobody_s_number_hangs_on_who_else_is_asked_about() -> None:
    everybody = fitted().score(shop())
    lines = [one for one in lively()[0] if one.who % 7 == 0]
    some = known(lines)
    assert fitted().score(some).tolist() == everybody[some.past.customers - 1].tolist()


@pytest.mark.parametrize("content", [b"", b"PK", pack({}, {}), pack({"numbers": np.zeros(5)}, {"days": 3})])
def test_bytes_of_something_else_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a fitted model|no model of who comes back"):
        LEARNER.load(content)


SHOPS = {
    "no orders": ([], "nobody has bought anything yet"),
    "one customer": ([Bought(1, ago) for ago in range(1, 200)], "fewer than 30 customers bought again"),
    "all on one day": ([Bought(who, 1) for who in range(1, 90)], "there are less than 35 days of orders"),
    "nobody again": ([Bought(who, who) for who in range(1, 300)], "fewer than 30 customers bought again"),
    "everybody every day": (
        [Bought(who, ago) for who in range(1, 41) for ago in range(1, 120, 3)],
        "fewer than 30 customers bought nothing",
    ),
}


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_that_teaches_nothing_says_why(name: str) -> None:
    lines, why = SHOPS[name]
    found = LEARNER.fit(known(lines, customers=[1]), seed=1)
    assert isinstance(found, Fallback)
    assert found.why.startswith(why)


def test_of_a_large_shop_to_which_few_come_back_more_customers_are_learned_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = [one for one in lively(1500)[0] if one.ago > 30 or one.who % 5 == 0]
    monkeypatch.setattr(returns, "MOST", 300)
    found = LEARNER.fit(known(few), seed=1)
    assert isinstance(found, Lapse)
    monkeypatch.setattr(returns, "MOST_RARE", 300)
    assert LEARNER.fit(known(few), seed=1) == Fallback(
        "fewer than 30 customers bought again in the newest 30 days to learn from, among 300 drawn from all"
    )


def test_an_order_from_long_before_the_shop_does_not_make_it_older() -> None:
    """A young shop's windows are as short as its history; a test order of years ago tells no history."""
    young, _ = lively(days=150)
    learned = [LapseLearner().fit(known([*young, *more]), seed=1) for more in ([], [Bought(401, 4000)])]
    assert [one.returns.learned for one in learned if isinstance(one, Lapse)] == [60, 60]


def test_a_period_in_which_next_to_nobody_bought_is_not_judged() -> None:
    lines = [replace(one, ago=one.ago + 30) for one in lively()[0]]
    found = LEARNER.judge(fitted(), None, known(lines), AS_OF - timedelta(days=30), seed=1)
    assert isinstance(found, Fallback)


def test_a_longer_time_than_the_shop_has_known_is_foretold_from_shorter_ones() -> None:
    far = LapseLearner(300).fit(shop(), seed=1)
    assert isinstance(far, Lapse)
    assert far.returns.learned < 300
    near, long = fitted().score(shop()), far.score(shop())
    assert (long[:300] < near[:300]).mean() > 0.95


def test_the_chance_to_buy_grows_with_the_days_and_with_purchases() -> None:
    model = Dropout(0.5, 40, 0.9, 1.6)
    often = [Bought(1, ago) for ago in (200, 150, 100, 50, 5)]
    history = History(purchases_of(past([*often, Bought(2, 200)])), today_of(past(often)))
    chances = np.array([model.chance(history, days) for days in (7, 30, 90, 1000)])
    assert (np.diff(chances, axis=0) > 0).all()
    assert (chances[:, 0] > chances[:, 1]).all()


def test_the_dropout_model_by_hand() -> None:
    """One purchase 30 days ago: (1 - (70/100)^r) / (1 + a/b (70/40)^r), with r = 0.5 and alpha = 40."""
    history = History(purchases_of(past([Bought(1, 30)])), today_of(past([Bought(1, 30)])))
    found = Dropout(0.5, 40, 0.9, 1.6).chance(history, 30)
    assert found.tolist() == pytest.approx([(1 - 0.7**0.5) / (1 + 0.9 / 1.6 * 1.75**0.5)])


@given(st.floats(0.05, 5), st.floats(0.05, 5), st.integers(1, 400))
def test_more_purchases_than_one_are_expected_where_one_is(shape: float, leave: float, days: int) -> None:
    found = past([Bought(1, 90), Bought(1, 40), Bought(2, 200)])
    history, model = History(purchases_of(found), today_of(found)), Dropout(shape, 40, leave, 1.6)
    number, chance = model.purchases(history, days), model.chance(history, days)
    assert (number >= chance - 1e-6).all()
    assert (number <= model.purchases(history, days + 30) + 1e-6).all()
    stayed = (shape + history.times - 1) / (40 + history.age) * days
    assert (number <= np.maximum(stayed * 1.01, 1e-4)).all()


def test_the_dropout_model_s_hole_is_stepped_over() -> None:
    found = past([Bought(1, 90), Bought(1, 40)])
    history = History(purchases_of(found), today_of(found))
    near, at, far = (Dropout(0.5, 40, leave, 1.6).purchases(history, 90)[0] for leave in (0.99, 1.0, 1.01))
    assert near > at > far


def test_who_came_every_day_for_years_and_then_no_more_has_left_without_a_warning() -> None:
    found = past([Bought(1, ago) for ago in range(1500, 3000)])
    history = History(purchases_of(found), today_of(found))
    model = Dropout(1.0, 0.1, 1.0, 1.0)
    assert model.chance(history, 90).tolist() == model.purchases(history, 90).tolist() == [1e-4]


def test_the_dropout_model_fits_one_customer_as_well() -> None:
    found = past([Bought(1, 30)])
    assert all(np.isfinite(fit_dropout(History(purchases_of(found), today_of(found))).numbers))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), st.floats(-3, 3))
def test_a_level_brings_the_total_that_is_wanted(odds: list[float], level: float) -> None:
    found = total_level(np.array(odds), chance_of(np.array(odds) + level))
    assert found == pytest.approx(level, abs=1e-4)


def test_the_fewer_windows_the_more_the_dropout_model_counts() -> None:
    def level(number: int) -> float:
        found = [Window(700 - STEP * place, 760 - STEP * place) for place in range(number)]
        return level_of(found, np.zeros(number), foreseen=1.0)

    assert level(1) == 1
    assert level(1) > level(3) > level(9) > 0


def test_last_year_s_season_is_known_after_a_year() -> None:
    found = [Window(1000 - STEP * place, 1060 - STEP * place) for place in range(26)]
    starts = np.array([window.start for window in found])
    offsets = np.where(starts >= 1060 - YEAR - STEP, 1.0, 0.0)
    assert last_year(found, offsets) is not None
    assert last_year(found[:20], offsets[:20]) is None


def test_the_simple_method_counts_those_who_were_alike() -> None:
    found = purchases_of(shop().past)
    said = share_by_recency(found, today_of(shop().past), 30)
    assert np.isnan(said[400:]).all()
    assert 0 < np.nanmin(said) < np.nanmax(said) < 1
