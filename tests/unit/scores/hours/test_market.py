"""The hours of markets and persons: told a second time in plain loops, and against known truth."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from loyaltyloop.scores.hours.belief import Belief, believe
from loyaltyloop.scores.hours.happenings import Happenings, Hours, Kind, counted, hours_of, smoothed
from loyaltyloop.scores.hours.market import DEFAULT, PERSON_WEIGHT, Market, learn

NOW = datetime(2024, 6, 3, tzinfo=UTC)
DAY = 86_400


def happenings(*rows: tuple[int, int, int, Kind, float]) -> Happenings:
    """(person, days ago, hour, kind, weight), in UTC."""
    now = int(NOW.timestamp())
    who, ago, hour, kind, weight = (np.array(column) for column in zip(*rows, strict=True))
    at = now - ago * DAY + hour * 3600 + 600
    return Happenings(who.astype(np.int32), at.astype(np.int64), kind.astype(np.int32), weight.astype(float))


def told(found: Happenings, facet: str, people: int = 1) -> dict[tuple[int, int], float]:
    """(person, hour) → what it counts."""
    counts = counted(hours_of(found, found.at, facet, NOW), people)  # type: ignore[arg-type]
    return {(int(who), int(hour)): round(float(counts[who, hour]), 6) for who, hour in np.argwhere(counts)}


def test_a_day_counts_one_however_much_was_done_in_it() -> None:
    busy = [(0, 0, hour, Kind.ORDERED, 1.0) for hour in (9, 9, 9, 20)]
    assert told(happenings(*busy), "buying") == {(0, 9): 0.5, (0, 20): 0.5}


def test_a_day_of_half_a_year_ago_counts_half() -> None:
    rows = [(0, 0, 9, Kind.ORDERED, 1.0), (0, 180, 20, Kind.ORDERED, 1.0)]
    assert told(happenings(*rows), "buying") == {(0, 9): 1.0, (0, 20): 0.5}


def test_browsing_is_told_apart_from_buying_and_by_channel() -> None:
    rows = [
        (0, 1, 8, Kind.SMS, 1.0),
        (0, 2, 9, Kind.EMAIL, 1.0),
        (0, 3, 10, Kind.LOOKED, 1.0),
        (0, 0, 20, Kind.ORDERED, 1.0),
    ]
    found = happenings(*rows)
    fade = [round(0.5 ** (days / 180) * share, 6) for days, share in ((1, 1), (2, 1), (3, 0.5))]
    assert told(found, "buying") == {(0, 20): 1.0}
    assert told(found, "browsing") == dict(zip([(0, 8), (0, 9), (0, 10)], fade, strict=True))
    assert told(found, "browsing.sms")[0, 9] == round(fade[1] / 2, 6)
    assert told(found, "browsing.sms")[0, 8] == fade[0]


def test_the_hours_beside_midnight_are_neighbours() -> None:
    counts = np.zeros((1, 24))
    counts[0, 23] = 4
    assert smoothed(counts)[0, [22, 23, 0, 1]].tolist() == [1, 2, 1, 0]


def test_without_data_the_default_hour_is_the_best() -> None:
    belief = believe_in(np.zeros((1, 24)), None, [None])
    assert belief.best(np.ones((1, 24), bool)).tolist() == [10]
    assert belief.reasons(np.array([10])) == [("nothing", "read", None)]
    assert belief.hours.sum() == pytest.approx(1)


def test_of_equal_hours_the_earlier_is_taken() -> None:
    belief = believe_in(np.zeros((1, 24)), None, [None])
    closed = np.ones((1, 24), bool)
    closed[0, 10] = False
    assert belief.best(closed).tolist() == [9]  # 11 is as likely
    assert belief.ranked()[0, :4].tolist() == [10, 9, 11, 8]


def believe_in(counts: np.ndarray, market: Market | None, countries: list[str | None]) -> Belief:
    """With buying alone."""
    known = {"buying": market} if market else {}
    both = {"browsing": np.zeros_like(counts), "buying": counts}
    return believe(both, known, countries, ("browsing", "buying"), "order")  # type: ignore[arg-type]


def test_the_reason_is_what_speaks_most_for_the_hour() -> None:
    hours = made_hours(np.array([[20] * 4] * 40))
    market = learn(hours, ["DE"] * 40)
    strangers = believe_in(np.zeros((2, 24)), market, ["DE", "FR"])
    assert strangers.best(np.ones((2, 24), bool)).tolist() == [20, 20]
    assert strangers.reasons(np.array([20, 20])) == [("country", "buy", 0), ("shop", "buy", 1)]
    own = np.zeros((1, 24))
    own[0, 7] = 5000
    person = believe_in(own, market, ["DE"])
    assert person.best(np.ones((1, 24), bool)).tolist() == [7]
    assert person.reasons(np.array([7])) == [("person", "buy", 0)]


def made_hours(hours: np.ndarray) -> Hours:
    """[person, day] → an hour each, all of today."""
    people, days = hours.shape
    who = np.repeat(np.arange(people), days).astype(np.int32)
    day = np.arange(people * days, dtype=np.int32)
    return Hours(who, day, hours.ravel().astype(np.int32), np.ones(people * days))


def test_nothing_is_learned_of_nothing() -> None:
    assert learn(made_hours(np.empty((3, 0))), [None] * 3) is None


def test_too_little_leaves_the_stated_weight() -> None:
    market = learn(made_hours(np.array([[9, 9], [20, 20]])), ["DE", "FR"])
    assert market is not None and market.weight == PERSON_WEIGHT


@pytest.mark.parametrize(("true", "low", "high"), [(2, 1, 4), (16, 8, 32), (256, 64, 1024)])
def test_the_weight_of_the_market_is_found_again(true: int, low: float, high: float) -> None:
    """Persons drawn around a market whose peak is wide, with so much of their own."""
    rng = np.random.default_rng(5)
    mean = smoothed(smoothed(np.roll(DEFAULT**2, 8)))
    own = rng.dirichlet(true * mean / mean.sum(), 600)
    days = np.array([rng.choice(24, 12, p=one) for one in own])
    market = learn(made_hours(days), ["GB"] * 600)
    assert market is not None and low <= market.weight <= high


def test_the_likelihood_of_leaving_out_days_is_that_of_plain_loops() -> None:
    rng = np.random.default_rng(2)
    days = rng.integers(6, 22, (15, 3))
    hours, counts = made_hours(days), counted(made_hours(days), 15)
    market = learn(hours, [None] * 15)
    assert market is not None
    mean = market.shop.own + market.shop.rest * DEFAULT
    found = {weight: plainly(days, mean, weight) for weight in (2.0**n for n in range(11))}
    assert market.weight == max(found, key=found.__getitem__)
    assert counts.sum() == days.size


def plainly(days: np.ndarray, mean: np.ndarray, weight: float) -> float:
    """The sum over days of the log of what the person's other days, and the market, say of the hour."""
    total = 0.0
    for mine in days.tolist():
        for place, hour in enumerate(mine):
            others = mine[:place] + mine[place + 1 :]
            near = sum({0: 0.5, 1: 0.25, 23: 0.25}.get((hour - one) % 24, 0.0) for one in others)
            total += float(np.log((near + weight * mean[hour]) / (len(others) + weight)))
    return round(total, 6)
