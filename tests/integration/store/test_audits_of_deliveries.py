"""The audits of deliveries find what was left half-way, and what nobody was told of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, insert, update

from loyaltyloop.store.audits import deliveries
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Alert
from tests.integration.turn.stage import Stage, utc
from tests.reference.reading import SHOP
from tests.reference.staging import MESSAGE

NOW = utc("03-20 12:00")
ALERT = Alert.__table__  # type: ignore[attr-defined]
EARLY, LATE = NOW - timedelta(days=2), NOW - timedelta(hours=1)
GREETING = """
journey: greeting
about: A letter.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - send: hello
    template: test/hello
"""


def _alert(number: int, state: str, made_at: object) -> dict[str, object]:
    told = {"key": f"a{number}", "body": "{}", "state": state, "reason": ""}
    return {**told, "made_at": made_at, "due_at": made_at}


def test_what_was_claimed_long_ago_and_what_was_not_told(engine: Engine) -> None:
    stage = Stage(engine, GREETING)
    for who in ("ada", "ben"):
        stage.knows(who)
        stage.did(who, "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    with read(engine) as connection:
        assert not deliveries.LEFT.find(connection, SHOP, NOW)
    with write(engine) as connection:
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == 1).values(state="claimed", claimed_at=EARLY))
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == 2).values(state="claimed", claimed_at=LATE))
        rows = [("handed_over", EARLY), ("waiting", LATE), ("waiting", EARLY), ("refused", LATE)]
        connection.execute(insert(ALERT), [_alert(place, *row) for place, row in enumerate(rows)])
    with read(engine) as connection:
        assert len(deliveries.LEFT.find(connection, SHOP, NOW)) == 1
        assert [one.key for one in deliveries.UNTOLD.find(connection, SHOP, NOW)] == ["a2", "a3"]
