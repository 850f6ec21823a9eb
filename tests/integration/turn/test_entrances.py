"""Who enters, how often, and who does not: promises about entering."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from tests.integration.turn.stage import DAYTIME, Stage


def journey(enter: str, steps: str = "- wait: 10 days", name: str = "entered") -> str:
    return f"journey: {name}\nabout: Made up.\nenter: {enter}\nsteps:\n  {steps}\n"


def test_held_out_gets_nothing_and_counts_for_again(engine: Engine) -> None:
    letter = "- send: hello\n    template: test/hello"
    text = journey("{event: Signed Up, again: after 10 days}", letter).replace(
        "enter:", "holdout: 50%\nenter:"
    )
    stage = Stage(engine, text)
    people = [f"c{number}" for number in range(12)]
    stage.knows(*people)
    for day in ("03-02", "03-08", "03-13"):
        for who in people:
            stage.did(who, "Signed Up", f"{day} 10:00")
        stage.turn(f"{day} 10:00")
    held = {who for who, end in stage.ends() if end == "held_out"}
    assert 0 < len(held) < len(people)
    assert {who for who, _ in stage.sent()} == set(people) - held
    for who in people:
        end = "held_out" if who in held else "completed"
        assert [found for found in stage.ends() if found[0] == who] == [(who, end)] * 2
    assert stage.entries() == [("refused", "entered before, and not long enough ago")] * len(people)


@pytest.mark.parametrize(
    ("inside", "ends"),
    [
        ("restart", ["left: restarted", "waiting at enter.wait"]),
        ("alongside", ["waiting at enter.wait", "waiting at enter.wait"]),
        ("ignore", ["waiting at enter.wait"]),
    ],
)
def test_an_entry_while_one_still_runs(engine: Engine, inside: str, ends: list[str]) -> None:
    stage = Stage(engine, journey(f"{{event: Signed Up, again: always, while_inside: {inside}}}"))
    stage.knows("ada")
    for now in ("03-02 10:00", "03-04 10:00"):
        stage.did("ada", "Signed Up", now)
        stage.turn(now)
    assert [end for _, end in stage.ends()] == ends
    assert len(stage.entries()) == (inside == "ignore")


def test_no_more_than_at_most_and_the_rest_in_their_turn(engine: Engine) -> None:
    text = journey("{event: Signed Up, at_most: 2 a day, if: {not: {did: Order Completed}}, max_age: 9 days}")
    stage = Stage(engine, text)
    people = ["eve", "dan", "cid", "ben", "ada"]
    stage.knows(*people)
    for minute, who in enumerate(people):
        stage.did(who, "Signed Up", f"03-02 10:{minute:02}")
    entered = []
    for now in ("03-02 11:00", "03-02 12:00", "03-03 00:30", "03-04 00:30"):
        if now == "03-03 00:30":
            stage.did("cid", "Order Completed", "03-03 00:10", order_id="1")
        stage.turn(now)
        entered.append([who for who, _ in stage.ends()])
    first = ["dan", "eve"]
    assert entered == [first, first, ["ada", "ben", *first], ["ada", "ben", *first]]
    assert stage.entries() == [("refused", "its `if` does not hold")]


def test_again_after_counts_from_the_last_entry(engine: Engine) -> None:
    stage = Stage(engine, journey("{event: Signed Up, again: after 10 days}", "- leave: done"))
    stage.knows("ada")
    for day in ("03-02", "03-11", "03-12", "03-21", "03-22"):
        stage.did("ada", "Signed Up", f"{day} 10:00")
        stage.turn(f"{day} 10:00")
    assert len(stage.ends()) == 3


def test_each_order_its_own_and_the_same_events_twice_nobody(engine: Engine) -> None:
    stage = Stage(engine, journey("{event: Order Completed, one_per: order_id}"))
    stage.knows("ada")
    for order in ({"order_id": "1"}, {"order_id": "2"}, {"order_id": "1"}, {}):
        stage.did("ada", "Order Completed", "03-02 10:00", **order)
    stage.turn("03-02 10:00")
    assert len(stage.ends()) == 2
    assert stage.entries() == [("refused", "entered before"), ("refused", "the event has no order_id")]


# ── one person, two ids ──

LEAVING = journey("{event: Signed Up}").replace(
    "steps:", "leave_when: {bought: {did: Order Completed}}\nsteps:"
)


def test_an_order_under_one_id_lets_the_other_ids_enrolment_leave(engine: Engine) -> None:
    stage = Stage(engine, LEAVING)
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.merged("ada", "tablet", "03-02 11:00")
    stage.did("ada", "Order Completed", "03-02 12:00", order_id="1")
    stage.turn("03-02 12:00")
    assert stage.ends() == [("tablet", "left: bought")]


def test_also_when_the_merge_arrives_late(engine: Engine) -> None:
    """Begun on the tablet, bought at the desk; only days later both turn out to be one person."""
    stage = Stage(engine, LEAVING)
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.knows("ada", at="03-02 11:00")
    stage.did("ada", "Order Completed", "03-02 12:00", order_id="1")
    stage.turn("03-02 13:00")
    assert stage.ends() == [("tablet", "waiting at enter.wait")]
    stage.merged("ada", "tablet", "03-05 09:00")
    stage.turn("03-05 10:00")
    assert stage.ends() == [("tablet", "left: bought")]


def test_of_two_running_enrolments_of_one_person_the_earlier_stays(engine: Engine) -> None:
    stage = Stage(engine, LEAVING)
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    stage.did("ada", "Signed Up", "03-02 11:00")
    stage.turn("03-02 12:00")
    stage.merged("ada", "tablet", "03-03 09:00")
    stage.turn("03-03 10:00")
    assert stage.ends() == [("ada", "left: merged"), ("tablet", "waiting at enter.wait")]


# ── dates ──


def birthday(feb29: str) -> str:
    return journey(f'{{date: birthday, at: "09:00", feb29: {feb29}}}', "- leave: done")


@pytest.mark.parametrize(
    ("feb29", "days"),
    [("feb28", ["02-28"]), ("mar1", ["03-01"]), ("leap_only", [])],
)
def test_the_29th_of_february_in_other_years(engine: Engine, feb29: str, days: list[str]) -> None:
    stage = Stage(engine, birthday(feb29))
    stage.knows("ada", birthday="1992-02-29")
    found = []
    for now in ("2026-02-27 23:00", "2026-02-28 09:00", "2026-03-01 09:00", "2026-03-02 09:00"):
        before = len(stage.ends())
        stage.turn(now)
        found += [now[5:10]] * (len(stage.ends()) - before)
    assert found == days


def test_the_29th_of_february_in_a_leap_year(engine: Engine) -> None:
    stage = Stage(engine, birthday("leap_only"))
    stage.knows("ada", birthday="1992-02-29")
    stage.turn("2024-02-28 23:00")
    assert stage.ends() == []
    stage.turn("2024-02-29 09:00")
    assert stage.ends() == [("ada", "left: done")]


def test_a_changed_birthday_gives_no_second_gift(engine: Engine) -> None:
    stage = Stage(engine, birthday("feb28"))
    stage.knows("ada", birthday="1992-03-02")
    stage.turn("2026-03-02 10:00")
    stage.knows("ada", at="2026-03-02 12:00", birthday="1992-06-10")
    stage.turn("2026-06-10 10:00")
    stage.knows("ada", at="2026-06-10 12:00", birthday="1992-01-05")
    stage.turn("2027-01-05 08:59")
    assert stage.ends() == [("ada", "left: done")]
    stage.turn("2027-01-05 10:00")
    assert stage.ends() == [("ada", "left: done")] * 2


def test_in_the_customers_day_and_without_a_zone_in_the_shops(engine: Engine) -> None:
    stage = Stage(engine, birthday("feb28"))
    stage.knows("own", birthday="1992-03-10", timezone="Pacific/Auckland", country="US")
    stage.knows("country", birthday="1992-03-10", country="US")
    stage.knows("shop", birthday="1992-03-10")
    entered = []
    # 9 in the morning: in Auckland (UTC+13), in London, in New York (UTC-4 since 8 March).
    for now in ("03-09 19:59", "03-09 20:00", "03-10 08:59", "03-10 09:00", "03-10 12:59", "03-10 13:00"):
        stage.turn(now)
        entered.append(len(stage.ends()))
    assert entered == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(("offset", "born"), [("-1 month", "03"), ("1 month", "01")])
def test_a_month_from_the_last_days_of_another_month(engine: Engine, offset: str, born: str) -> None:
    text = birthday("feb28").replace("at:", f"offset: {offset}, at:")
    stage = Stage(engine, text)
    days = ("28", "29", "30", "31")
    for day in days:
        stage.knows(f"c{day}", birthday=f"1990-{born}-{day}")
    for now in ("02-28 08:30", "02-28 09:30", "03-01 09:30"):
        stage.turn(now)
        assert [who for who, _ in stage.ends()] == ([] if now == "02-28 08:30" else [f"c{d}" for d in days])


def test_a_birthday_in_a_shop_that_moves_east_past_the_hour(engine: Engine) -> None:
    """At noon (UTC) it is not nine yet in New York, and past nine in London."""
    stage = Stage(engine, birthday("feb28"), shop=DAYTIME.replace("Europe/London", "America/New_York"))
    stage.knows("ada", birthday="1992-03-10")
    stage.turn("03-10 12:00")
    stage.apply("03-10 12:00", birthday("feb28"))
    stage.turn("03-10 12:15")
    assert stage.ends() == [("ada", "left: done")]
    stage.apply("03-10 12:30", birthday("feb28"), shop=DAYTIME.replace("Europe/London", "America/New_York"))
    stage.turns("03-10 12:30", "03-11 12:30", 6)
    assert stage.ends() == [("ada", "left: done")]


def test_a_birthday_journey_that_comes_back_catches_up(engine: Engine) -> None:
    stage = Stage(engine, birthday("feb28"))
    stage.turn("03-10 08:00")
    stage.apply("03-10 08:30")
    stage.knows("ada", at="03-10 10:00", birthday="1992-03-09")
    stage.turn("03-10 11:00")
    stage.apply("03-10 12:00", birthday("feb28"))
    stage.turn("03-10 12:15")
    assert stage.ends() == [("ada", "left: done")]


def test_a_birthday_journey_whose_hour_becomes_an_earlier_one(engine: Engine) -> None:
    stage = Stage(engine, birthday("feb28").replace("09:00", "15:00"))
    stage.knows("ada", birthday="1992-03-10")
    stage.turn("03-10 11:00")
    stage.apply("03-10 11:30", birthday("feb28"))
    stage.turn("03-10 12:00")
    assert stage.ends() == [("ada", "left: done")]


# ── a condition ──

BRITISH = "{when: {customer: {country: GB}}, check: hourly, again: always, while_inside: alongside}"


TWO = {"customers": ("ada", "bob")}


@pytest.mark.parametrize("restricted", [[TWO], [TWO, TWO], [{"limit": 2}], [{"limit": 1}, {"limit": 1}]])
def test_whom_a_restricted_turn_enrols_no_later_turn_does(
    engine: Engine, restricted: list[dict[str, Any]]
) -> None:
    stage = Stage(engine, journey(BRITISH))
    stage.knows("ada", "bob", "cid", country="GB")
    for hour, words in enumerate(restricted, start=10):
        stage.run("entered", f"03-02 {hour}:30", **words)
    assert [who for who, _ in stage.ends()] == ["ada", "bob"]
    stage.turn("03-02 13:00")
    assert [who for who, _ in stage.ends()] == ["ada", "bob", "cid"]
    stage.knows("ada", at="03-02 13:10", country="FR")
    stage.turn("03-02 14:00")
    stage.knows("ada", at="03-02 14:10", country="GB")
    stage.turn("03-02 15:00")
    assert [who for who, _ in stage.ends()] == ["ada", "ada", "bob", "cid"]


def test_who_waits_for_room_is_not_forgotten_by_a_restricted_turn(engine: Engine) -> None:
    stage = Stage(engine, journey(BRITISH.replace("again:", "at_most: 1 an hour, again:")))
    stage.knows("ada", "bob", country="GB")
    stage.run("entered", "03-02 10:30", customers=("ada", "bob"))
    stage.turn("03-02 11:00")
    assert [who for who, _ in stage.ends()] == ["ada", "bob"]
