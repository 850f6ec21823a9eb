"""`call`: signed, once for each, tried for as long as it makes sense, in the way of nothing else."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import pytest
from sqlalchemy import Engine

from loyaltyloop.channels.post import Posts
from loyaltyloop.signing import read_secrets
from loyaltyloop.turn.world import World
from tests.integration.channels.desk import Desk, desk
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.staging import Taken

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()
JOURNEY = """
    journey: unhappy
    about: Somebody calls whoever is not happy.
    purpose: service
    enter: {event: Complained}
    leave_when: {glad: {did: Praised}}
    steps:
      - call: tell
        hook: help_desk
      - send: sorry
        template: test/hello
"""


@pytest.fixture
def help_desk() -> Iterator[Desk]:
    """A help desk that takes everything."""
    with desk() as told:
        yield told


def world(engine: Engine, secret: str = SECRET, timeout: float = 2.0) -> World:
    """Mail is taken; calls are posted, signed with this secret."""

    def secrets(name: str) -> Sequence[bytes]:
        if not secret:
            raise LookupError(f"there is no secret to sign it with: set {name}")
        return read_secrets(secret)

    posts = Posts(secrets, lambda: utc("03-02 10:00"), lambda name: name != "LOOP_HOOK_SECRET", None, timeout)
    return World(engine, {"email": Taken(), "hook": posts}, b"secret", "http://shop.example")


@pytest.fixture
def stage_of(engine: Engine, help_desk: Desk) -> Callable[..., Stage]:
    """A shop with this hook."""

    def make(*journeys: str, secret: str = SECRET, url: str = "", timeout: float = 2.0) -> Stage:
        hooks = f"hooks: {{help_desk: {{url: '{url or help_desk.url}'}}}}\n"
        stage = Stage(engine, *(journeys or (JOURNEY,)), shop=f"{DAYTIME}{hooks}")
        stage.world = world(engine, secret, timeout)
        return stage

    return make


def test_a_call_is_signed_and_tells_who_and_why(stage_of: Callable[..., Stage], help_desk: Desk) -> None:
    stage = stage_of()
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00", about='a "cold" cup')
    stage.run("unhappy", "03-02 10:00")
    assert stage.sent() == [("ada", "sorry"), ("ada", "tell")]
    [(path, headers, body)] = help_desk.calls
    assert path == "/desk"
    assert json.loads(body) == {
        "type": "journey.call",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {
            "journey": "unhappy",
            "step": "tell",
            "customer": {"id": "ada"},
            "entered_at": "2026-03-02T09:00:00Z",
            "trigger": {"about": 'a "cold" cup'},
        },
    }
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"a secret of twenty-four b", signed, sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(utc("03-02 10:00").timestamp()))
    assert headers["content-type"] == "application/json"
