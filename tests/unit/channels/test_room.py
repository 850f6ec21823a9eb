"""Room under caps, message by message: over channels, by number, and within one claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from loyaltyloop.channels.claiming.gate import Moment, judge
from loyaltyloop.channels.claiming.room import Left, Room, address_of
from loyaltyloop.journey.model import Cap
from tests.reference.reading import SHOP

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday


def message(number: int, channel: Any = "email", customer: Any = 1, **words: Any) -> Any:
    """A message that passes whatever else is asked."""
    whose = {
        "email": f"c{customer}@x.example",
        "sms_number": "+4420",
        "zone": "UTC",
        "customer_country": "GB",
    }
    where = {"journey": "j", "step": f"s{number}", "channel": channel, "purpose": "marketing"}
    return SimpleNamespace(key=f"k{number}", customer_id=customer, **{**whose, **where, **words})


def left(*messages: Any, ago: timedelta = timedelta(hours=1)) -> list[Left]:
    """These have left so long ago."""
    names = ("key", "customer_id", "address", "channel", "purpose", "journey", "step")
    for one in messages:
        one.address = address_of(one)
    return [Left(NOW - ago, *(getattr(one, name) for name in names)) for one in messages]


def test_one_cap_counts_several_channels() -> None:
    room = Room([Cap.of("2 a day", ("email", "sms"))], left(message(1), message(2, "sms")))
    full = room.full(message(3), NOW)
    assert full is not None and full.behind == ("k1", "k2")
    assert full.until == datetime(2026, 3, 5, tzinfo=UTC)
    assert full.reason == "cap of 2 a day: j.s1 and j.s2 went first"
    assert room.full(message(3, "push"), NOW) is None


def test_a_number_is_an_address_too() -> None:
    room = Room([Cap.of("1 a day")], left(message(1, "sms", customer=1)))
    assert room.full(message(2, "email", customer=2), NOW) is None
    full = room.full(message(2, "sms", customer=2), NOW)
    assert full is not None and full.reason == "cap of 1 a day to this address: j.s1 went first"


def test_of_several_caps_the_last_to_have_room_counts() -> None:
    room = Room([Cap.of("1 a day"), Cap.of("1 a week"), Cap.of("9 a month")], left(message(1)))
    full = room.full(message(2), NOW)
    assert full is not None and full.until == datetime(2026, 3, 9, tzinfo=UTC)


def test_the_room_of_a_rolling_cap_is_free_when_the_oldest_that_fills_it_goes() -> None:
    ages = (160, 100, 50, 20)  # more than fit now: the cap was looser once
    history = [one for n, age in enumerate(ages) for one in left(message(n), ago=timedelta(hours=age))]
    full = Room([Cap.of("2 in 168 hours")], history).full(message(9), NOW)
    assert full is not None and full.until == NOW + timedelta(hours=168 - 50)


def test_many_that_went_first_are_not_all_named() -> None:
    room = Room([Cap.of("5 a day")], left(*(message(n) for n in range(5))))
    full = room.full(message(9), NOW)
    assert full is not None and full.reason == "cap of 5 a day: j.s0, j.s1, j.s2 and 2 more went first"


@pytest.mark.parametrize(
    ("step", "state", "reason"), [("other", "held", "cap of 1 a day"), ("s1", "refused", "one copy")]
)
def test_within_one_claim_the_second_sees_the_first(step: str, state: str, reason: str) -> None:
    """Two customers with one address, one claim."""
    asks = {
        "ended_at": None,
        "journey_state": "live",
        "erased_at": None,
        "marketing_consent": True,
        "expires_at": None,
    }
    asks |= {"holding": None, "paused_until": None, "latest_of_few": None, "email": "home@x.example"}
    moment = Moment(NOW, SHOP, {}, room=Room([Cap.of("1 a day")]))
    first = judge(message(1, customer=1, **asks), moment)
    second = judge(message(2, customer=2, **asks | {"step": step}), moment)
    assert (first.state, second.state) == ("claimed", state)
    assert second.reason.startswith(reason) and second.behind == ("k1",)
