"""Token buckets: never more than they hold and gain, never less, and a table that does not grow."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.errors import UserError
from loyaltyloop.settings import Settings, load_settings
from loyaltyloop.web.limits import HOST, NOBODY, SECONDS, Buckets, Limits, arrive, sender_of

GAPS = st.lists(st.integers(0, 40), max_size=80)  # tenths of a second between requests
RATES = st.sampled_from([1, 2, 5, 10])
BURSTS = st.integers(1, 12)


@given(GAPS, RATES, BURSTS)
def test_a_bucket_is_as_one_that_is_filled_drop_by_drop(gaps: list[int], rate: int, burst: int) -> None:
    """The textbook's bucket, in exact fractions: a level that rises by the rate, and never above burst."""
    level, now, full_at = Fraction(burst), Fraction(0), 0.0
    for gap in gaps:
        now += Fraction(gap, 10)
        level = min(Fraction(burst), level + Fraction(gap, 10) * rate)
        full_at, early = arrive(full_at, float(now), rate, burst)
        assert (early == 0) == (level >= 1), (now, level)
        if level >= 1:
            level -= 1
        else:
            assert early == pytest.approx(float((1 - level) / rate))


@given(GAPS, RATES, BURSTS)
def test_no_window_holds_more_than_burst_and_gain(gaps: list[int], rate: int, burst: int) -> None:
    buckets, now, welcome = Buckets(rate, burst), 0.0, []
    for gap in gaps:
        now += gap / 10
        if not buckets.take("x", now):
            welcome.append(now)
    for first, start in enumerate(welcome):
        for last, end in enumerate(welcome[first:], first):
            assert last - first + 1 <= burst + (end - start) * rate + 1e-6


@given(GAPS, RATES, BURSTS)
def test_who_comes_when_they_were_told_is_welcome(gaps: list[int], rate: int, burst: int) -> None:
    buckets, now = Buckets(rate, burst), 0.0
    for gap in gaps:
        now += gap / 10
        if early := buckets.take("x", now):
            now += early
            assert not buckets.take("x", now)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=60))
def test_the_table_never_grows_and_forgetting_harms_nobody(came: list[tuple[int, int]]) -> None:
    small, large, now = Buckets(1, 2, most=4), Buckets(1, 2), 0.0
    for sender, gap in came:
        now += gap
        # Who was forgotten has a full bucket again: they are never treated worse.
        assert small.take(sender, now) <= large.take(sender, now)
        assert len(small) <= 4


def test_a_million_addresses_fill_no_memory() -> None:
    buckets = Buckets(1, 1, most=1000)
    for number in range(5000):
        buckets.take(sender_of(f"2001:db8:{number:x}::1"), 0.0)
    assert len(buckets) == 1000
    for number in range(5000):  # a line's own addresses are one sender
        buckets.take(sender_of(f"2001:db8:aaaa:bbbb::{number:x}"), 0.0)
    assert len(buckets) == 1000
    assert buckets.take(sender_of("2001:db8:aaaa:bbbb::ffff:1"), 0.0)


def test_no_limit() -> None:
    buckets = Buckets(0, 1)
    assert not any(buckets.take("x", 0.0) for _ in range(1000))
    assert len(buckets) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("0.0.0.1", "::1:0:0:0:1", False),
        ("127.0.0.1", "::1", True),
        ("127.0.0.1", "127.8.9.1", True),
        ("unknown", "", True),
        ("unknown", "127.0.0.1", False),
    ],
)
def test_who_is_one_sender(one: str, other: str, same: bool) -> None:
    assert (sender_of(one) == sender_of(other)) is same


def test_this_machine_and_nobody() -> None:
    assert sender_of("::ffff:127.0.0.1") == HOST
    assert sender_of(None) == sender_of("x" * 1000) == NOBODY


def limits(**more: float | str) -> Limits:
    rates = {"limit_links": 1, "limit_pages": 1, "limit_hooks": 1, "limit_ingest": 1, **more}
    made = Limits.of(Settings(_env_file=None, **rates))  # type: ignore[arg-type]
    made.known_hooks.update(("/hooks/shopify", "/hooks/ses"))
    return made


def welcome(made: Limits, path: str, host: str, key: bytes = b"", times: int = 50) -> int:
    return sum(not made.early(path, host, key, 0.0)[1] for _ in range(times))


def test_each_area_has_buckets_of_its_own() -> None:
    made = limits()
    for path in ("/c/x", "/u/x", "/hooks/shopify", "/hooks/ses", "/nonsense/../x"):
        assert welcome(made, path, "192.0.2.1") == SECONDS, path
        assert welcome(made, path, "127.0.0.1") == 50
    assert welcome(made, "/o/x.gif", "192.0.2.1") == 0  # as /c
    assert welcome(made, "/hooks/shopify", "192.0.2.7") == SECONDS  # nobody uses up what Shopify may send


def test_names_of_hooks_that_anybody_makes_up_share_one_bucket() -> None:
    made = limits()
    paths = (f"/hooks/{number}" for number in range(50))
    assert sum(not made.early(path, "192.0.2.1", b"", 0.0)[1] for path in paths) == SECONDS
    assert welcome(made, "/hooks/shopify/x", "192.0.2.1") == 0
    assert welcome(made, "/hooks/shopify", "192.0.2.1") == SECONDS


def test_events_of_the_shops_servers_go_together_and_all_others_by_address() -> None:
    made = limits(write_key="x", public_key="y")
    assert welcome(made, "/v1/track", "192.0.2.1", b"Basic eA==") == SECONDS
    assert welcome(made, "/v1/track", "192.0.2.9", b"Basic eA==") == 0
    assert welcome(made, "/v1/t", "192.0.2.1", b"Basic eQ==") == SECONDS
    assert welcome(made, "/v1/t", "192.0.2.1", b"Basic made up \xff") == 0
    assert welcome(made, "/v1/t", "192.0.2.9", b"") == SECONDS
    assert welcome(made, "/c/x", "192.0.2.1") == SECONDS


def test_a_slow_rate_still_lets_somebody_in() -> None:
    assert welcome(limits(limit_pages=0.01), "/p/x", "192.0.2.1") == 1


@pytest.mark.parametrize(
    "said",
    [
        "LOOP_TRUSTED_PROXIES=10.0.0.1/8",
        "LOOP_TRUSTED_PROXIES=proxy.example",
        "LOOP_TRUSTED_PROXIES=*",
        "LOOP_LIMIT_LINKS=-1",
        "LOOP_LIMIT_PAGES=inf",
        "LOOP_LIMIT_INGEST=many",
        "LOOP_CONNECTIONS=0",
        "LOOP_LOG_FORMAT=xml",
        "LOOP_LOG_LEVEL=loud",
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, said: str) -> None:
    (tmp_path / ".env").write_text(said)
    with pytest.raises(UserError, match=said.partition("=")[0]):
        load_settings(tmp_path)


def test_proxies() -> None:
    settings = Settings(_env_file=None, trusted_proxies="10.0.0.0/8, 2001:db8::/32 192.0.2.1")
    assert settings.proxies == ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]
    assert Settings(_env_file=None, trusted_proxies="").proxies == []
