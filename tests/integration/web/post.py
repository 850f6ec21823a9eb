"""A shop that has sent real messages, by a real turn, and the web service that their links lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.links import TRAP
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Engagement, Event, Message
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage, utc

LEFT = "05-20 16:00"
PATHS = ["/tea", "/jam", "/honey?a=b", "/äpfel"]
JOURNEY = """\
journey: hello
about: Says hello and looks who clicks.
enter: {event: Signed Up}
steps:
  - send: hello
    template: test/hello
  - wait_for: look
    up_to: 1 day
    paths:
      curious: {when: {clicked: hello}}
      reader: {when: {opened: hello}}
      writer: {when: {replied: hello}}
      quiet: {}
"""
TEMPLATE = """\
{% block subject %}Hello{% endblock %}
{% block body %}<html><body><p>Hello {{ customer.key }}</p>
LINKS
<p><a href="{{ links.unsubscribe }}">Unsubscribe</a> <a href="{{ links.view }}">In a browser</a></p>
</body></html>{% endblock %}
"""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@dataclass
class Clock:
    """The present, as the service sees it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def at(self, seconds: float) -> None:
        """So many seconds after the messages left."""
        self.now = utc(LEFT) + timedelta(seconds=seconds)


class Post:
    """Ada and Ben have got a message each, at LEFT; `paths`: where its links lead, at the shop's host."""

    def __init__(self, service: Service, folder: Path, paths: list[str] | None = None) -> None:
        self.clock = Clock(utc(LEFT))
        self.service = replace(service, clock=self.clock)
        self.engine: Engine = service.engine
        self.secret = service.secret
        self.stage = Stage(service.engine)
        self.folder = folder
        self.world = World(service.engine, {"email": EmlFiles(folder)}, self.secret, service.public_url)
        links = [f'<p><a href="https://elsewhere.example{path}">x</a></p>' for path in paths or PATHS]
        files: dict[str, str | bytes] = {
            "journeys/shop.yaml": DAYTIME,
            "journeys/hello.yaml": JOURNEY,
            "templates/test/hello.html": TEMPLATE.replace("LINKS", "\n".join(links)),
        }
        apply(self.engine, read_project(files), utc("01-01 00:00"))
        self.stage.knows("ada", "ben", at="01-01 00:00")
        for who in ("ada", "ben"):
            self.stage.did(who, "Signed Up", LEFT)
        run_turn(self.world, "hello", utc(LEFT))
        found = {row.to: row.key for row in rows(self.engine, Message)}
        self.keys = {who: found[f"{who}@example.com"] for who in ("ada", "ben")}

    def mail(self, who: str = "ada") -> EmailMessage:
        """What left, as a mail program reads it."""
        raw = (self.folder / f"{self.keys[who]}.eml").read_bytes()
        return message_from_bytes(raw, policy=policy.default)

    def html(self, who: str = "ada") -> str:
        _, part = self.mail(who).iter_parts()
        found: str = part.get_content()
        return found

    def links(self, who: str = "ada") -> list[str]:
        """The paths of the links that people see, in their order."""
        found = re.findall(r'href="https://links\.shop\.example(/c/[\w-]+)"', self.html(who))
        return [path for path in found if tokens.read(self.secret, path[3:]).number != TRAP]

    def trap(self, who: str = "ada") -> str:
        """The path of the link that nobody sees."""
        return "/c/" + tokens.make(self.secret, "c", self.keys[who], TRAP)

    def pixel(self, who: str = "ada") -> str:
        [found] = re.findall(r'src="https://links\.shop\.example(/o/[\w-]+\.gif)"', self.html(who))
        return str(found)

    def view(self, who: str = "ada") -> str:
        [found] = re.findall(r'href="https://links\.shop\.example(/v/[\w-]+)"', self.html(who))
        return str(found)

    def events(self, *names: str) -> list[Any]:
        """What was recorded of these names, in order; else of all that messages are about."""
        found = rows(self.engine, Event, "id")
        return [
            row
            for row in found
            if (
                row.name in names
                if names
                else row.source not in ("segment", "happening") and "email_id" in row.properties
            )
        ]

    def reasons(self, *names: str) -> list[str]:
        """Why each click was a machine's; empty for a person's."""
        return [
            row.properties.get("machine_reason", "")
            for row in self.events(*(names or ("Email Link Clicked",)))
        ]

    def turn(self, seconds: float) -> None:
        """A turn, so long after the messages left."""
        run_turn(self.world, "hello", utc(LEFT) + timedelta(seconds=seconds))

    def engagement(self) -> list[tuple[str, bool]]:
        """(kind, machine) of all responses that were applied."""
        return [(row.kind, row.machine) for row in rows(self.engine, Engagement, "event_id")]
