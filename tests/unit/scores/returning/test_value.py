"""What customers are expected to spend: a made shop, its measures, and shops that teach nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_tweedie_deviance

from loyaltyloop.scores.models.artifact import pack
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.returning.amounts import deviance, gini
from loyaltyloop.scores.returning.baselines import PAST_RATE, past_rate
from loyaltyloop.scores.returning.purchases import purchases_of, today_of
from loyaltyloop.scores.returning.returns import Returns, fit_returns
from loyaltyloop.scores.returning.spending import Spending, fit_spending
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.value import Value, ValueLearner
from loyaltyloop.scores.returning.windows import windows
from loyaltyloop.scores.training.judging import NEW, Judgement
from tests.unit.scores.returning.shops import AS_OF, Bought, known, lively, past

LEARNER = ValueLearner(30)
SINCE = AS_OF - timedelta(days=30)


@cache
def shop() -> Known:
    return known(lively()[0], customers=range(1, 403))


@cache
def fitted() -> Value:
    found = LEARNER.fit(shop().before(SINCE), seed=1)
    assert isinstance(found, Value)
    return found


def test_what_is_foretold_is_spent() -> None:
    found = LEARNER.judge(fitted(), None, shop(), SINCE, seed=1)
    assert isinstance(found, Judgement)
    values = {(one.method, one.measure): one.value for one in found.figures}
    assert values[NEW, "foretold / seen"] == pytest.approx(1, abs=0.2)
    assert values[NEW, "deviance"] < 1.02 * values[PAST_RATE, "deviance"]
    assert values[NEW, "Gini"] > 0.4


def test_whose_only_order_was_called_off_later_is_judged_by_all_methods_alike() -> None:
    """On the day itself nobody could know that it would be: what came later is not looked at."""
    lines = [*lively()[0], Bought(401, 100, off=5), Bought(402, 50, off=20)]
    found = LEARNER.judge(fitted(), None, known(lines), SINCE, seed=1)
    assert isinstance(found, Judgement)
    values = {(one.method, one.measure): one.value for one in found.figures}
    assert np.isfinite([values[PAST_RATE, "deviance"], values[PAST_RATE, "Gini"]]).all()
    assert all(np.isfinite(one.value) for one in found.differences)


def test_who_spends_more_is_expected_to() -> None:
    """Two customers who come on the same days, one with ten times the amounts."""
    ago = (100, 70, 40, 10)
    lines = [Bought(who, each, price=price) for who, price in ((1, 5.0), (2, 50.0)) for each in ago]
    small, large = fitted().score(known(lines)).tolist()
    assert 3 * small < large < 30 * small


@pytest.mark.parametrize("ago", [5, 60, 200])
def test_one_amount_that_is_beyond_belief_does_not_change_what_others_are_expected_to_spend(ago: int) -> None:
    """A slip of the keys, or a test with ten million: in a shop where some thirty are spent at a time."""
    lines, _ = lively()
    usual, changed = (
        LEARNER.fit(known(some), seed=1) for some in (lines, [*lines, Bought(1, ago, price=10_000_000.0)])
    )
    assert isinstance(usual, Value) and isinstance(changed, Value)
    said = changed.score(shop())[1:400].mean() / usual.score(shop())[1:400].mean()
    assert said == pytest.approx(1, abs=0.25)


def test_newest_days_of_which_no_price_is_known_do_not_make_amounts_smaller() -> None:
    """All buy every 45 days, and amounts are drawn for all alike: their mean is what to expect."""
    ago = [(who, who % 45 + 45 * time) for who in range(450) for time in range(8)]
    prices = np.random.default_rng(3).lognormal(3, 1.2, len(ago)).tolist()
    lines = [Bought(who, days, price=price) for (who, days), price in zip(ago, prices, strict=True)]
    late = [replace(one, price=float("nan")) if one.ago <= 31 else one for one in lines]
    purchases, today = purchases_of(past(late)), today_of(past(late))
    returns = fit_returns(purchases, today, 30, seed=1)
    assert isinstance(returns, Returns)
    spending = fit_spending(purchases, returns, windows(purchases, today, 30))
    assert isinstance(spending, Spending)
    paid = [one.price for one in late if one.price > 0]
    assert spending.amount(History(purchases, today), returns).mean() == pytest.approx(np.mean(paid), rel=0.2)


def test_nobody_knows_what_is_spent_by_who_never_bought() -> None:
    said = fitted().score(shop())
    assert np.isnan(said[400:]).all()
    assert (said[:400][~np.isnan(said[:400])] >= 0).all()


def test_it_is_packed_and_read_to_the_byte() -> None:
    again = LEARNER.fit(shop().before(SINCE), seed=1)
    read = LEARNER.load(fitted().pack())
    assert isinstance(again, Value)
    assert again.pack() == read.pack() == fitted().pack()
    assert np.array_equal(read.score(shop()), fitted().score(shop()), equal_nan=True)


def test_a_longer_time_than_the_shop_has_known_brings_more() -> None:
    far = ValueLearner(250).fit(shop().before(SINCE), seed=1)
    assert isinstance(far, Value)
    assert far.returns.learned < 250
    near, long = fitted().score(shop()), far.score(shop())
    assert np.nansum(long) > 2 * np.nansum(near)


def test_bytes_of_something_else_are_refused() -> None:
    arrays, document = fitted().returns.parts()
    with pytest.raises(ValueError, match="no model of what is spent"):
        LEARNER.load(pack(arrays, document))


def test_a_shop_that_teaches_nothing_says_why() -> None:
    nothing = LEARNER.fit(known([]), seed=1)
    assert nothing == Fallback("nobody has bought anything yet")
    free = LEARNER.fit(known([Bought(one.who, one.ago, price=float("nan")) for one in lively()[0]]), seed=1)
    assert free == Fallback("fewer than 100 purchases are known by their prices")


def test_the_past_rate_by_hand() -> None:
    lines = known(
        [Bought(1, 60, price=30), Bought(1, 20, price=30), Bought(2, 3, price=10)], customers=[3]
    ).past
    said = past_rate(purchases_of(lines), today_of(lines), 90)
    assert said.tolist()[:2] == pytest.approx([90, 30])
    assert np.isnan(said[2])


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0.02, 1e4)), min_size=1, max_size=20))
def test_the_deviance_is_that_of_scikit_learn(rows: list[tuple[float, float]]) -> None:
    came, said = (np.array(column) for column in zip(*rows, strict=True))
    assert deviance(came, said) == pytest.approx(mean_tweedie_deviance(came, said, power=1.5), abs=1e-6)


def test_gini_is_one_for_the_truth_and_nothing_for_its_reverse() -> None:
    came = np.array([0.0, 0, 1, 5, 20])
    assert gini(came, came) == 1
    assert gini(came, -came) == pytest.approx(-1)
    assert np.isnan(gini(np.zeros(3), np.ones(3)))
