"""`at: best`: messages and waits until each customer's good hour."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from loyaltyloop.cli.story import story
from loyaltyloop.store.database import read
from loyaltyloop.store.models import Kept
from loyaltyloop.store.people.lookup import find_customer
from loyaltyloop.store.telling.history import load_history
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage
from tests.reference.staging import ENROLMENT, MESSAGE

HEAD = "journey: good\nabout: At a good hour.\nenter: {event: Signed Up}\nsteps:\n"
SEND = f"{HEAD}  - send: hello\n    template: test/hello\n    at: best\n"
ASKED = f"""{HEAD}  - ask: taste
    template: test/hello
    question: What do you like?
    answers: {{tea: Tea, coffee: Coffee}}
    at: best
"""
WAIT = f"{HEAD}  - wait: 1 day\n    at: best\n"
NIGHT = f'{DAYTIME}quiet_hours: {{from: "21:00", to: "08:00"}}\n'


def buys(stage: Stage, who: str, hour: int, days: int = 6, month: str = "02") -> None:
    """Orders at that hour (UTC, as in London's winter)."""
    for day in range(1, days + 1):
        stage.did(who, "Order Completed", f"{month}-{day:02} {hour:02}:20", order_id=f"{who}{month}{day}")


def due(engine: Engine) -> list[str]:
    """When messages may leave."""
    with read(engine) as connection:
        found = connection.execute(select(MESSAGE.c.due_at).order_by(MESSAGE.c.due_at)).scalars()
        return [f"{one:%m-%d %H:%M}" for one in found]


def waits(engine: Engine) -> list[str]:
    """Until when enrolments wait."""
    with read(engine) as connection:
        found = connection.execute(select(ENROLMENT.c.due_at).order_by(ENROLMENT.c.due_at)).scalars()
        return [f"{one:%m-%d %H:%M}" for one in found]


def whys(engine: Engine) -> list[Any]:
    """What was kept."""
    return [row.value for row in rows(engine, Kept)]


def enters(stage: Stage, *people: str, at: str = "03-02 09:30") -> None:
    """They sign up, and a turn looks."""
    for who in people:
        stage.did(who, "Signed Up", at)
    stage.turn(at)


def test_of_a_shop_without_data_it_is_ten_o_clock(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada")
    stage.knows("kim", timezone="Asia/Tokyo")
    enters(stage, "ada", "kim")
    assert due(engine) == ["03-02 10:00", "03-03 01:00"]
    assert whys(engine) == [{"hour": 10, "why": "nothing is known yet: 10:00"}] * 2


def test_where_few_days_move_the_hour_of_the_default_little_is_known(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada", "kim")
    buys(stage, "ada", 12, days=4)
    enters(stage, "ada", "kim")
    assert [one["why"] for one in whys(engine)][1] == "little is known yet: 11:00", "of kim, from ada's days"


def test_who_buys_in_the_evening_is_written_to_then(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada")
    buys(stage, "ada", 18)
    enters(stage, "ada")
    assert due(engine) == ["03-02 18:00"]
    assert whys(engine)[0]["why"] == "they usually buy between 18:00 and 19:00"
    stage.turn("03-02 18:00")
    assert stage.sent() == [("ada", "hello")]


def test_of_whom_nothing_is_known_their_country_is_asked(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    german = [f"g{number}" for number in range(30)]
    for who in german:
        stage.knows(who, country="DE", timezone="Europe/Berlin")
        buys(stage, who, 19, days=8)
    stage.knows("ada", country="DE", timezone="Europe/Berlin")
    stage.knows("ben", country="FR", timezone="Europe/Paris")
    enters(stage, "ada", "ben")
    assert due(engine) == ["03-02 19:00"] * 2
    assert [one["why"] for one in whys(engine)] == [
        "most in Germany buy between 20:00 and 21:00",
        "most customers buy between 20:00 and 21:00",
    ]


def test_days_without_an_hour_teach_none(engine: Engine) -> None:
    """A history of days alone writes midnight: by UTC's clocks, the shop's, or the customer's."""
    stage = Stage(engine, SEND)
    stage.knows("ada", "ben")
    stage.knows("kim", timezone="Asia/Tokyo")
    for who, at in (("ada", "00:00"), ("ben", "23:00"), ("kim", "15:00")):
        for day in range(1, 7):
            about = {"order_id": f"{who}{day}"}
            stage.did(who, "Order Completed", f"2025-07-{day:02} {at}", **about)  # summer in London
            stage.did(who, "Product Viewed", f"2025-07-{day:02} {at}", product_id="tea")
    enters(stage, "ada", "ben", "kim")
    assert {one["why"] for one in whys(engine)} == {"nothing is known yet: 10:00"}


def test_where_many_hours_are_alike_no_hour_is_said_to_be_theirs(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada", "ben")
    for month, hour in enumerate((1, 4, 7, 10, 13, 16, 19, 22), start=5):
        buys(stage, "ada", hour, month=f"2025-{month:02}")
    for month, hour in enumerate((8, 9, 10), start=10):
        buys(stage, "ben", hour, month=f"2025-{month:02}")
    enters(stage, "ada", "ben")
    assert [one["why"] for one in whys(engine)] == [
        "they often buy around 18:00",
        "they usually buy between 08:00 and 11:00",
    ]


def test_an_hour_inside_quiet_hours_is_never_chosen(engine: Engine) -> None:
    stage = Stage(engine, SEND, shop=NIGHT)
    stage.knows("ada")
    buys(stage, "ada", 23)
    enters(stage, "ada")
    [chosen] = whys(engine)
    assert 8 <= chosen["hour"] < 21
    assert chosen["why"].endswith("(23:00 would be better, and is not open to it)")


def test_answers_count_for_a_question_and_those_of_machines_never(engine: Engine) -> None:
    stage = Stage(engine, SEND, ASKED.replace("good", "asked").replace("Signed Up", "Signed In"))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "01-05 09:00")
    stage.turns("01-05 09:00", "01-05 11:00")
    key = _key(engine)
    for day in range(6, 12):
        stage.did("ada", "Email Link Clicked", f"01-{day:02} 20:10", email_id=key)
        stage.did("ada", "Email Link Clicked", f"01-{day:02} 06:10", email_id=key, machine=True)
        stage.did("ada", "Email Link Clicked", f"01-{day:02} 06:20", email_id=key, machine=True)
    stage.did("ada", "Signed In", "03-02 09:30")
    stage.turn("03-02 09:30")
    assert due(engine)[-1] == "03-02 20:00"
    assert {"hour": 20, "why": "they usually read between 20:00 and 21:00"} in whys(engine)


def _key(engine: Engine) -> str:
    with read(engine) as connection:
        return str(connection.execute(select(MESSAGE.c.key)).scalar_one())


def test_what_arrives_later_changes_nothing(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada")
    for day in range(1, 7):
        stage.did("ada", "Order Completed", f"02-{day:02} 18:20", arrived="03-02 09:31", order_id=f"o{day}")
    enters(stage, "ada")
    assert due(engine) == ["03-02 10:00"]


def test_a_wait_ends_at_the_good_hour_that_comes_next(engine: Engine) -> None:
    stage = Stage(engine, WAIT)
    stage.knows("ada", "ben")
    buys(stage, "ada", 20)
    enters(stage, "ada", "ben")
    assert waits(engine) == ["03-03 10:00", "03-03 20:00"]


def test_with_days_it_is_the_hour_of_such_a_day(engine: Engine) -> None:
    stage = Stage(engine, f"{WAIT}    on: [fri]\n")
    stage.knows("ada")
    buys(stage, "ada", 7)
    enters(stage, "ada")
    assert waits(engine) == ["03-06 07:00"]


def test_what_is_waited_for_is_followed_by_the_good_hour(engine: Engine) -> None:
    steps = "  - wait: day\n    until: trigger.when\n    at: best\n  - wait: 1 day\n"
    stage = Stage(engine, HEAD + steps)
    stage.knows("ada", "ben")
    buys(stage, "ada", 18)
    for who in ("ada", "ben"):
        stage.did(who, "Signed Up", "03-02 09:30", when="2026-03-05T11:00:00Z")
    stage.turn("03-02 09:30")
    assert waits(engine) == ["03-05 18:00", "03-06 10:00"]


def test_a_wait_that_starts_anew_keeps_its_hour(engine: Engine) -> None:
    stage = Stage(engine, f"{WAIT}    reset_by: {{did: Product Viewed}}\n")
    stage.knows("ada")
    buys(stage, "ada", 18)
    enters(stage, "ada")
    stage.did("ada", "Product Viewed", "03-03 12:00", product_id="p")
    stage.turn("03-03 12:00")
    assert waits(engine) == ["03-04 18:00"]


def test_clocks_that_change_do_not_move_it(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada")
    buys(stage, "ada", 18)
    enters(stage, "ada", at="03-29 00:30")
    assert due(engine) == ["03-29 17:00"]  # 18:00 in British summer time


def test_a_longer_wait_of_those_who_stand_there_ends_at_their_hour(engine: Engine) -> None:
    stage = Stage(engine, WAIT)
    stage.knows("ada")
    buys(stage, "ada", 18)
    enters(stage, "ada")
    stage.apply(
        "03-02 12:00", WAIT.replace("wait: 1 day", "wait: 3 days\n    name: longer\n    was: enter.wait")
    )
    stage.turn("03-02 12:30")
    assert (stage.ends(), waits(engine)) == ([("ada", "waiting at longer")], ["03-05 18:00"])


def test_explain_tells_the_hour_and_why(engine: Engine) -> None:
    stage = Stage(engine, SEND)
    stage.knows("ada")
    buys(stage, "ada", 18)
    enters(stage, "ada")
    with read(engine) as connection:
        told = "\n".join(story(load_history(connection, find_customer(connection, "ada"), None)))
    assert (
        "not before Mon 2 Mar 2026 18:00; chose the good hour: they usually buy between 18:00 and 19:00"
        in told
    )
    stage.turn("03-02 18:00")
    with read(engine) as connection:
        told = "\n".join(story(load_history(connection, find_customer(connection, "ada"), None)))
    assert "chose the good hour: they usually buy between 18:00 and 19:00" in told
