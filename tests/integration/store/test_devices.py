"""Devices and numbers of customers: whose they are, when they change hands, merge, drop out and move."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.messages.addressees import whose_phone
from loyaltyloop.store.models import Customer, Device
from loyaltyloop.store.people import devices, phones
from loyaltyloop.store.segment import PUBLIC, Call, read_call
from loyaltyloop.web.public_calls import as_public
from tests.integration.store.shop import NOW, SHOP, at, feed, identify, one, rows, track

CONTEXT = {"device": {"type": "iOS", "token": "token", "id": "hardware", "name": "Ada's phone"}}


def told(who: str, when: str, token: str = "token", kind: str = "iOS") -> dict[str, Any]:
    return track(who, "A", when) | {"context": {"device": {"type": kind, "token": token}}}


def owners(engine: Engine) -> dict[str, str]:
    keys = {row.id: row.key for row in rows(engine, Customer)}
    return {row.token: keys[row.customer_id] for row in rows(engine, Device) if row.dropped_at is None}


def test_a_device_is_known_by_its_token_alone(engine: Engine) -> None:
    feed(engine, [track("ada", "A", at(9)) | {"context": CONTEXT}])
    apply_events(engine, NOW, SHOP)
    device = one(engine, Device)
    assert (device.token, device.platform, device.seen_at) == ("token", "ios", datetime.fromisoformat(at(9)))


@pytest.mark.parametrize("chunk", [1, 100])
def test_whoever_held_it_last_has_it(engine: Engine, chunk: int) -> None:
    feed(engine, [told("bob", at(12)), told("ada", at(9)), told("ada", at(10), "other", "toaster")])
    apply_events(engine, NOW, SHOP, chunk=chunk)
    assert owners(engine) == {"token": "bob", "other": "ada"}
    assert {row.token: row.platform for row in rows(engine, Device)} == {"token": "ios", "other": ""}


def test_one_that_was_dropped_comes_back_when_it_is_seen_again(engine: Engine) -> None:
    feed(engine, [told("ada", at(9))])
    apply_events(engine, NOW, SHOP)
    with write(engine) as connection:
        devices.drop(connection, ["token", "nobody's"], datetime.fromisoformat(at(11)))
    feed(engine, [told("ada", at(10))])
    apply_events(engine, NOW, SHOP)
    assert owners(engine) == {}
    feed(engine, [told("ada", at(12))])
    apply_events(engine, NOW, SHOP)
    assert owners(engine) == {"token": "ada"}


def test_devices_of_two_who_are_one(engine: Engine) -> None:
    feed(engine, [told("ada", at(9)), told("guest", at(10), "other")])
    apply_events(engine, NOW, SHOP)
    feed(engine, [{"type": "alias", "userId": "ada", "previousId": "guest", "timestamp": at(11)}])
    apply_events(engine, NOW, SHOP)
    assert owners(engine) == {"token": "ada", "other": "ada"}


@pytest.mark.parametrize("token", ["", "a b", "\n", "ü", "x" * 1025, 5, None, ["token"], "\0"])
def test_what_is_no_token_is_no_device(token: object) -> None:
    assert devices.seen({"device": {"type": "ios", "token": token}}, NOW) is None
    assert devices.seen({"device": token}, NOW) is None


def test_with_the_public_key_nobody_says_whose_a_device_is() -> None:
    """Who knows a customer's id would else have on their own phone what is pushed to that customer."""
    call = read_call(told("ada", at(9)), lateness=SHOP.lateness)
    assert isinstance(call, Call)
    named, nameless = as_public(call), as_public(replace(call, user_id=None, anonymous_id="a1"))
    assert isinstance(named, Call)
    assert isinstance(nameless, Call)
    assert (named.source, named.context) == (PUBLIC, None)
    assert nameless.context == {"device": {"type": "iOS", "token": "token"}}


def test_numbers_are_found_however_they_were_written(engine: Engine) -> None:
    spelt = {
        "ada": "07400 123456",
        "bob": "+44 (0)7400-123456",
        "cleo": "020 7946 0018",
        "dan": "01512 3456789",
    }
    feed(engine, [identify(who, at(9), phone=phone, country="GB") for who, phone in spelt.items()])
    feed(engine, [identify("dan", at(10), country="DE")])
    apply_events(engine, NOW, SHOP)
    with read(engine) as connection:
        found = whose_phone(connection, ["+447400123456", "+442079460018", "+4915123456789", "nonsense"])
    assert {number: sorted(one.value for one in who) for number, who in found.items()} == {
        "+447400123456": ["ada", "bob"],
        "+442079460018": [],
        "+4915123456789": ["dan"],
        "nonsense": [],
    }


def test_a_shop_that_moves_reads_numbers_anew(engine: Engine) -> None:
    feed(
        engine, [identify("ada", at(9), phone="01512 3456789"), identify("bob", at(9), phone="07400 123456")]
    )
    apply_events(engine, NOW, SHOP)
    with write(engine) as connection:
        assert phones.follow_shop(connection, SHOP.country) == 0
        assert phones.follow_shop(connection, "DE") == 2
    numbers = {row.key: row.sms_number for row in rows(engine, Customer)}
    assert numbers == {"ada": "+4915123456789", "bob": None}
