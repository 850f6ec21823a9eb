"""Erasure: nothing of somebody is left anywhere, and nothing that is told again brings them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.privacy import erasing
from loyaltyloop.store.segment import PUBLIC
from tests.integration.privacy.person import DEVICE, EMAIL, MARK, ORDER, PHONE, USER, Scene, calls

# The rule is tried call by call in tests/unit/store/test_tombstones.py: here one database is enough.
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def scene(engine: Engine, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(engine, tmp_path)
    scene.live()
    yield scene


def test_nothing_is_left_in_any_column_of_any_table(scene: Scene) -> None:
    before = scene.places(MARK, PHONE, "1981-03-07")
    assert len(before) > 30
    erased = scene.erase("05-02 12:00")
    assert erased.customers == 1
    assert scene.places(MARK, PHONE, "1981-03-07") == set()


def test_counts_stay_true_and_are_nobodys(scene: Scene) -> None:
    def sold() -> list[tuple[object, ...]]:
        rows = scene.rows("order_line")
        return sorted((row["product_id"], row["quantity"], row["price"], row["customer_id"]) for row in rows)

    lines, messages = sold(), scene.rows("message")
    scene.erase("05-02 12:00")
    assert sold() == lines
    assert scene.rows("shop_order") == []
    assert {row["ordered_at"].isoformat() for row in scene.rows("order_line")} == {
        "2026-05-01T00:00:00+00:00"
    }
    places = [(row["journey"], row["step"], row["template"]) for row in messages]
    assert [(row["journey"], row["step"], row["template"]) for row in scene.rows("message")] == places


def test_running_enrolments_end_erased_and_nothing_more_is_sent(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    ends = {(row["end"], row["state"], row["step"]) for row in scene.rows("enrolment")}
    assert ends == {("erased", "ended", None), (None, "waiting", "look")}  # the other one is Bob's
    before = len(scene.rows("message"))
    for day in ("05-10 09:00", "06-02 09:00", "06-02 10:00", "06-03 12:00"):
        scene.turn(day)
    sent = scene.rows("message")[before:]
    assert {(row["to"], row["state"]) for row in sent} == {("bob@shopper.example", "handed_over")}


def test_what_was_planned_or_held_is_refused(scene: Scene) -> None:
    scene.told([{**calls()[3], "timestamp": "2026-05-02T09:00:00Z", "messageId": f"{MARK}-m9"}])
    scene.world.ways["email"].folder.rename(scene.folder / "away")  # type: ignore[attr-defined]
    (scene.folder / "outbox").touch()  # no folder can be made here: the way out takes nothing
    scene.turn("05-02 10:00")
    [waiting] = [row["key"] for row in scene.rows("message") if row["state"] in ("planned", "held")]
    scene.erase("05-02 12:00")
    found = {row["key"]: (row["state"], row["reason"]) for row in scene.rows("message")}
    assert found[waiting] == ("refused", "the customer was erased")


@SQLITE
def test_the_numbers_of_events_are_given_to_nobody_else(scene: Scene) -> None:
    """Cursors of journeys and open turns count on them."""
    numbers = {(row["id"], row["seq"]) for row in scene.rows("event")}
    scene.erase("05-02 12:00")
    assert {(row["id"], row["seq"]) for row in scene.rows("event")} == numbers


# ── what is told again ──


def nobody(scene: Scene) -> bool:
    """Is nothing of Ada there, also after a turn?"""
    scene.turn("06-01 12:00")
    return not scene.places(MARK, PHONE, "1981-03-07", EMAIL.partition("@")[0])


def test_events_told_again_bring_nobody_back(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    again = scene.told(calls())
    assert (again.taken, again.erased) == (0, len(calls()))
    assert nobody(scene)


def test_a_file_imported_again_brings_nobody_back(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    report = scene.imports("05-03 08:00")
    assert (report.read, report.taken, report.duplicates, report.erased) == (2, 0, 1, 1)
    assert nobody(scene)
    scene.path.write_text(scene.path.read_text(encoding="utf-8").replace(",GB,", ",DE,"), encoding="utf-8")
    assert scene.imports("05-04 08:00").erased == 1
    assert nobody(scene)


def renamed(**ids: str) -> list[dict[str, object]]:
    """The same person's calls under other ids, without ids of the calls."""
    told = calls(**ids)
    return [{name: value for name, value in each.items() if name != "messageId"} for each in told]


@SQLITE
@pytest.mark.parametrize(
    ("ids", "left"),
    [
        ({"who": "another"}, 4),  # those that name no address, device or order: whose they are nobody knows
        ({"who": "another", "email": "other@shopper.example"}, 4),
        ({"device": "another"}, 1),
        ({"email": EMAIL.upper()}, 0),
    ],
)
def test_under_another_id_known_addresses_and_orders_are_kept_away(
    scene: Scene, ids: dict[str, str], left: int
) -> None:
    scene.erase("05-02 12:00")
    assert scene.told(renamed(**ids)).taken == left
    scene.turn("06-01 12:00")
    assert not scene.places(PHONE, EMAIL, DEVICE, ORDER, USER)


@SQLITE
def test_another_secret_key_brings_nobody_back(scene: Scene) -> None:
    """Hashes are keyed with the database's own salt, which no setting changes."""
    scene.erase("05-02 12:00")
    [salt] = scene.rows("salt")
    assert len(salt["value"]) == 64
    assert salt["value"] not in str(scene.rows("tombstone"))
    assert scene.told(calls()).taken == 0


@SQLITE
def test_by_any_of_their_ids_all_of_them_are_erased(scene: Scene) -> None:
    scene.told(
        [{"type": "identify", "userId": USER, "anonymousId": "tablet", "timestamp": "2026-05-01T12:00:00Z"}]
    )
    scene.turn("05-01 13:00")
    assert scene.erase("05-02 12:00", "tablet").customers == 1
    assert scene.rows("identity") == [row for row in scene.rows("identity") if row["value"] == "bob"]
    assert scene.told(calls()).taken == 0


@pytest.mark.parametrize("chunk", [1, 2000])
def test_what_no_turn_has_applied_yet_goes_too(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(erasing, "CHUNK", chunk)  # so many are in memory at a time, however many wait
    scene = Scene(engine, tmp_path)
    scene.imports("05-01 08:00")
    scene.told(calls())
    assert scene.erase("05-02 12:00", EMAIL).customers == 0
    assert not scene.places(MARK, PHONE, "1981-03-07")
    assert nobody(scene)
    assert [row["key"] for row in scene.rows("customer")] == ["bob"]


def test_what_says_only_now_that_two_ids_are_one_counts(scene: Scene) -> None:
    """An alias that waits: whom it makes one with Ada is erased with her."""
    scene.told(
        [
            {"type": "track", "event": "Wished", "userId": "carol", "timestamp": "2026-05-01T12:00:00Z"},
            {"type": "alias", "userId": USER, "previousId": "carol", "timestamp": "2026-05-02T11:00:00Z"},
        ]
    )
    scene.turn("05-01 13:00")  # Carol is known; the alias has not arrived by then
    assert scene.erase("05-02 12:00").customers == 2
    scene.turn("05-03 09:00")
    assert not scene.places("carol", MARK)


# ── who comes back ──

SIGNED_UP = {"type": "track", "event": "Signed Up", "timestamp": "2026-05-20T09:00:00Z", "messageId": "new"}
AFTER = "2026-05-20T09:00:05Z"


def known(scene: Scene) -> list[tuple[str, str | None]]:
    """(key, address) of everybody who is somebody."""
    scene.turn("06-01 12:00")
    return [(row["key"], row["email"]) for row in scene.rows("customer") if row["erased_at"] is None][1:]


@SQLITE
def test_under_a_new_id_and_later_somebody_is_a_new_person(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    new = {"type": "identify", "userId": "new", "anonymousId": DEVICE, "timestamp": AFTER}
    scene.told([{**SIGNED_UP, "userId": "new"}, {**new, "traits": {"email": EMAIL}}])
    assert known(scene) == [("new", EMAIL)]
    assert not scene.places(DEVICE)  # the device was the erased person's
    assert [row["customer_id"] for row in scene.rows("consent")].count(3) == 0


def test_under_an_old_id_only_an_act_of_their_own_counts(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    traits = {"type": "identify", "userId": USER, "timestamp": AFTER, "traits": {"email": EMAIL}}
    granted = {"type": "track", "event": "Consent Granted", "userId": USER, "timestamp": AFTER}
    assert scene.told([traits, granted]).taken == 0  # a list that is told again looks just like this
    assert known(scene) == []
    assert scene.told([{**SIGNED_UP, "userId": USER}]).taken == 1
    assert scene.told([traits]).taken == 1
    assert known(scene) == [(f"user:{USER}", EMAIL)]  # another key: no message's key comes twice
    assert scene.told(calls()).taken == 0  # what was before stays away


@SQLITE
def test_nobody_is_brought_back_with_the_key_that_anybody_can_read(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    assert scene.told([{**SIGNED_UP, "userId": USER}], source=PUBLIC).taken == 0
    traits = {"type": "identify", "userId": USER, "timestamp": AFTER, "traits": {"email": EMAIL}}
    assert scene.told([traits]).taken == 0
    assert known(scene) == []


@SQLITE
def test_the_same_order_told_with_a_new_time_is_no_act(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    [order] = [each for each in calls() if each.get("event") == "Order Completed"]
    [signed] = [each for each in calls() if each.get("event") == "Signed Up"]
    assert (
        scene.told([{**order, "timestamp": AFTER, "messageId": "x"}, {**signed, "timestamp": AFTER}]).taken
        == 0
    )


def test_who_comes_back_can_be_erased_again(scene: Scene) -> None:
    scene.erase("05-02 12:00")
    later = calls(order=f"{MARK}-order-2")
    again = [{**each, "timestamp": AFTER, "messageId": f"n{n}"} for n, each in enumerate(later)]
    assert scene.told(again).erased == 2  # the device and the former id stay an erased person's
    scene.turn("05-21 09:00")
    assert scene.places(MARK)
    scene.erase("05-22 12:00")
    assert not scene.places(MARK, PHONE)
    assert scene.told(again).taken == 0
