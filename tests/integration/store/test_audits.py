"""Each audit finds the row that breaks its promise, and no other; what was kept breaks none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, delete, select, text, update

from loyaltyloop.store.audits import AUDITS
from loyaltyloop.store.consents import suppression
from loyaltyloop.store.database import write_shop
from loyaltyloop.store.models import ConsentEntry, Customer, Enrolment, Message
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from tests.integration.store.audited import breaches, told
from tests.integration.turn.stage import Stage, utc
from tests.reference.reading import SHOP_TEXT

GREETING = """
    journey: greeting
    about: A letter, and another in the next morning.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
      - wait: 1 day
      - send: again
        template: test/hello
"""
NOW = utc("03-20 12:00")
message: Table = Message.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
entry: Table = ConsentEntry.__table__  # type: ignore[attr-defined]


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """Ada has had both letters, Bea withdrew and bounced behind the first, Cy was erased then."""
    stage = Stage(engine, GREETING, shop=SHOP_TEXT)
    stage.knows("ada", "bea", "cy", "dan", timezone="Europe/London", country="GB")
    for who in ("ada", "bea", "cy", "dan"):
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.did("bea", "Unsubscribed", "03-02 11:00")
    stage.did("bea", "Email Bounced", "03-02 11:00", type="hard")
    stage.turn("03-02 12:00")
    with write_shop(engine) as connection:
        erase(connection, subject_named(connection, "cy"), utc("03-02 13:00"))
    stage.turns("03-03 10:00", "03-03 16:00", 5)
    assert breaches(engine, NOW) == {}
    return stage


def _key(connection: Connection, who: str, step: str) -> str:
    found = select(message.c.key).join(enrolment, enrolment.c.id == message.c.enrolment_id)
    found = found.where(message.c.step == step)
    if who != "cy":
        return str(connection.execute(found.where(enrolment.c.customer_key == who)).scalar_one())
    return str(connection.execute(found.where(enrolment.c.customer_key.startswith("erased"))).scalar_one())


def _later(connection: Connection, who: str, step: str, **values: Any) -> str:
    key = _key(connection, who, step)
    connection.execute(update(message).where(message.c.key == key).values(**values))
    return key


def _left(connection: Connection, who: str) -> str:
    """A message that was refused has left all the same."""
    at = utc("03-03 12:00")
    return _later(connection, who, "again", state="handed_over", reason="", claimed_at=at, handed_over_at=at)


def twice(connection: Connection) -> str:
    connection.execute(text("DROP INDEX uq_message_step"))
    first, second = (_key(connection, "ada", step) for step in ("hello", "again"))
    connection.execute(update(message).where(message.c.key == second).values(step="hello"))
    whose = select(message.c.enrolment_id).where(message.c.key == first)
    return f"enrolment {connection.execute(whose).scalar_one()}"


def unclaimed(connection: Connection) -> str:
    return _later(connection, "ada", "again", claimed_at=None, handed_over_at=None)


def withdrawn(connection: Connection) -> str:
    connection.execute(delete(suppression.suppression))
    return _left(connection, "bea")


def never_asked(connection: Connection) -> str:
    dan = select(customer.c.id).where(customer.c.key == "dan").scalar_subquery()
    connection.execute(delete(entry).where(entry.c.customer_id == dan))
    connection.execute(delete(message).where(message.c.key == _key(connection, "dan", "again")))
    return _key(connection, "dan", "hello")


def suppressed(connection: Connection) -> str:
    suppression.note(connection, "email", "ada@example.com", utc("03-02 12:00"), stops=True)
    return _key(connection, "ada", "again")


def quiet(connection: Connection) -> str:
    return _later(connection, "ada", "again", claimed_at=utc("03-03 21:30"))


def erased(connection: Connection) -> str:
    return _later(connection, "cy", "hello", claimed_at=utc("03-03 12:00"))


def known_still(connection: Connection) -> str:
    gone = customer.c.erased_at.is_not(None)
    connection.execute(update(customer).where(gone).values(email="cy@example.com"))
    return f"customer {connection.execute(select(customer.c.id).where(gone)).scalar_one()}"


def stuck(connection: Connection) -> str:
    ada = enrolment.c.customer_key == "ada"
    at = {"arrived_at": utc("03-03 09:00"), "step": "again", "state": "ready"}
    connection.execute(update(enrolment).where(ada).values(ended_at=None, end=None, **at))
    return f"enrolment {connection.execute(select(enrolment.c.id).where(ada)).scalar_one()}"


def no_end(connection: Connection) -> str:
    ada = enrolment.c.customer_key == "ada"
    connection.execute(update(enrolment).where(ada).values(end="lost"))
    return f"enrolment {connection.execute(select(enrolment.c.id).where(ada)).scalar_one()}"


PLANTED: list[tuple[str, Callable[[Connection], str]]] = [
    ("one hand-over", twice),
    ("one hand-over", unclaimed),
    ("withdrawn", withdrawn),
    ("withdrawn", never_asked),
    ("suppressed", suppressed),
    ("quiet hours", quiet),
    ("erased", erased),
    ("erased", known_still),
    ("nobody stuck", stuck),
    ("one end", no_end),
]


def test_a_planted_breach_is_found_and_no_other(stage: Stage) -> None:
    """One after the other, each taken back."""
    for name, plant in PLANTED:
        with pytest.raises(_TakenBack), write_shop(stage.engine) as connection:
            key = plant(connection)
            assert told(connection, NOW) == {name: [key]}, plant.__name__
            raise _TakenBack
    assert breaches(stage.engine, NOW) == {}


class _TakenBack(Exception):
    """Nothing of it is kept."""


def test_what_was_told_late_was_not_known(stage: Stage) -> None:
    """Withdrawn before both letters, and told behind them."""
    stage.did("ada", "Unsubscribed", "03-01 09:00", arrived="03-10 09:00")
    stage.did("ada", "Email Bounced", "03-01 09:00", arrived="03-10 09:00", type="hard")
    stage.turn("03-10 10:00")
    assert breaches(stage.engine, NOW) == {}


def test_who_they_are_was_not_known_either(engine: Engine) -> None:
    """Of two ids that were found to be one's, one had withdrawn before the other was written to."""
    stage = Stage(engine, GREETING)
    stage.knows("ada", "old")
    stage.did("old", "Unsubscribed", "03-01 09:00")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.also("ada", "old", "03-05 09:00")
    stage.turn("03-05 10:00")
    assert breaches(engine, NOW) == {}


def test_names_are_each_once_and_promises_are_said() -> None:
    names = [audit.name for audit in AUDITS]
    assert len(set(names)) == len(names)
    assert all(audit.promise and audit.promise[0].islower() for audit in AUDITS)
