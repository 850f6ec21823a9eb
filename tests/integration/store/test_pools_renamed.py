"""What the plan says where shop.yaml has a pool no more whose codes were imported."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, Table, insert

from loyaltyloop.errors import ApplyRefused
from loyaltyloop.journey.codes import matched
from loyaltyloop.store.database import write
from loyaltyloop.store.live import changes
from loyaltyloop.store.models import Voucher
from tests.integration.store.shops import NOW, SHOP, WELCOME, kinds, place, planned_changes, reading

voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
POOLS = "vouchers: {spring: {value: 5, codes: spring.csv}, made: {value: 5, pattern: MADE}}\n"
GIVES = WELCOME.replace("steps:\n", "steps:\n  - {give: treat, voucher: spring, if_empty: skip}\n")


def live(engine: Engine, welcome: str = WELCOME) -> None:
    """A shop with two free codes of `spring`, and one that somebody has."""
    changes.apply(engine, reading(welcome, extra={"journeys/shop.yaml": SHOP + POOLS}), NOW)
    codes = {"S-1": "free", "S-2": "free", "S-3": "taken"}
    rows = [{"pool": "spring", "code": one, "matched": matched(one), "state": codes[one]} for one in codes]
    with write(engine) as connection:
        connection.execute(insert(voucher), [one | {"made": False} for one in rows])


@pytest.mark.parametrize(
    ("before", "after"),
    [("spring:", "summer:"), ("{spring: {value: 5, codes: spring.csv}, ", "{"), ("codes: s", "pattern: S")],
    ids=["renamed", "gone", "made from now on"],
)
def test_codes_that_are_left_behind_are_told(engine: Engine, before: str, after: str) -> None:
    live(engine)
    files = {"journeys/shop.yaml": SHOP + POOLS.replace(before, after).replace("Spring.csv", "S-???????")}
    found = planned_changes(engine, reading(extra=files))
    assert kinds(found) == [("", "shop changed", None, 0)]
    left = "2 codes of spring left behind: imported codes are their pool's, by its name"
    assert found[0].becomes == f"holds for everybody at once; {left}"
    assert changes.apply(engine, reading(extra=files), NOW) == found
    files["journeys/shop.yaml"] += "# That was it.\n"
    assert [one.becomes for one in planned_changes(engine, reading(extra=files))] == [
        "holds for everybody at once"
    ]


def test_a_pool_that_keeps_its_name_is_not_talked_of(engine: Engine) -> None:
    live(engine)
    files = {
        "journeys/shop.yaml": SHOP + POOLS.replace("value: 5, c", "value: 6, c").replace("made:", "other:")
    }
    [change] = planned_changes(engine, reading(extra=files))
    assert change.becomes == "holds for everybody at once"


def test_a_pool_of_which_a_version_with_people_gives_cannot_go(engine: Engine) -> None:
    live(engine, GIVES)
    with write(engine) as connection:
        place(connection, "hello.wait", 1, state="waiting", due_at=NOW)
    gone = reading(WELCOME, extra={"journeys/shop.yaml": SHOP + POOLS.replace("spring:", "summer:")})
    with pytest.raises(
        ApplyRefused, match="the pool 'spring' is gone, and a version of welcome in which people"
    ):
        changes.apply(engine, gone, NOW, finish_old=["welcome"])
