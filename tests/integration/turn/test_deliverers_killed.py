"""Four deliverers at once, some are killed; the large one: tests/heavy/test_kills_of_deliverers.py."""

from __future__ import annotations

from sqlalchemy import Engine

from loyaltyloop.store.database import is_postgres
from tests.heavy.deliveries import kill, prepare
from tests.heavy.moody import moody


def test_each_message_is_taken_once_or_is_unknown(engine: Engine) -> None:
    """With a provider that knows keys, and with one that does not."""
    way, people = ("resend", 25) if is_postgres(engine) else ("postmark", 100)
    prepare(engine, people)
    with moody(seed=3) as provider:
        came = kill(engine, provider, way, kills=5, seed=3)
    assert sum(came.states.values()) == 4 * people
