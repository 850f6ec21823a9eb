"""A shop that calls its help desk, for tests of `call`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from sqlalchemy import Engine

from loyaltyloop.channels.calls.post import Posts
from loyaltyloop.signing import read_secrets
from loyaltyloop.turn.world import World
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
LETTER = """
    journey: letter
    about: One letter.
    purpose: service
    enter: {event: Complained}
    steps:
      - send: letter
        template: test/hello
"""


class Gone(Taken):
    """A mail server that is away."""

    def open(self) -> str | None:  # type: ignore[override]
        return "the mail server is away"


class Shop(Stage):
    """A stage whose shop has a help desk."""

    def __init__(self, engine: Engine, *journeys: str, url: str, more: str = "") -> None:
        self.more = more
        super().__init__(engine, *journeys, shop=self.text(url))

    def text(self, url: str) -> str:
        """shop.yaml with the hook there."""
        return f"{DAYTIME}hooks: {{help_desk: {{url: '{url}'}}}}\n{self.more}"

    def reapply(self, at: str, *journeys: str, url: str = "https://desk.example/in") -> None:
        """Make these live, with the help desk there."""
        self.apply(at, *journeys, shop=self.text(url))


Make = Callable[..., Shop]


def world(engine: Engine, secret: str = SECRET, timeout: float = 2.0) -> World:
    """Mail is taken; calls are posted, signed with this secret."""

    def secrets(name: str) -> Sequence[bytes]:
        if not secret:
            raise LookupError(f"there is no secret to sign it with: set {name}")
        return read_secrets(secret)

    posts = Posts(secrets, lambda: utc("03-02 10:00"), lambda name: name != "LOOP_HOOK_SECRET", None, timeout)
    return World(engine, {"email": Taken(), "hook": posts}, b"secret", "http://shop.example")
