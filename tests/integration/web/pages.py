"""A shop whose customers got messages, and the pages behind the links in them, by a clock of the test's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.tokens import Kind
from loyaltyloop.store.models import Consent, ConsentEntry, Event, Message
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.web.conftest import served

LETTERS = """
    journey: letters
    about: A letter, and another one two days later.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
      - wait: 2 days
      - send: again
        template: test/hello
"""
HELP = LETTERS.replace("about:", "purpose: service\n    about:").replace("letters", "help")
FORM = {"content-type": "application/x-www-form-urlencoded"}
SHOP = DAYTIME + "topics:\n  birthday: Birthday wishes\n  news: {en: What is new, de: Was es Neues gibt}\n"
_FIELD = re.compile(r"<input ([^>]*)>")
_WORD = re.compile(r'([a-z-]+)(?:="([^"]*)")?')


class Pages:
    """Ada signed up on 2 March and got her first letter; what is opened in a browser is opened at `now`."""

    def __init__(
        self,
        service: Service,
        *journeys: str,
        shop: str = SHOP,
        now: str = "03-02 10:00",
        who: str = "ada",
        templates: Mapping[str, str] | None = None,
        **traits: Any,
    ) -> None:
        self.now: datetime = utc(now)
        self.service = replace(service, clock=lambda: self.now)
        self.stage = Stage(service.engine, *(journeys or (LETTERS,)), shop=shop, templates=templates)
        self.stage.knows(who, **traits)
        self.stage.did(who, "Signed Up", "03-02 09:00")
        self.stage.turn("03-02 09:00")
        self._served = served(self.service)

    def __enter__(self) -> Self:
        self.web = httpx.Client(base_url=self._served.__enter__(), timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.close()
        self._served.__exit__()

    def at(self, moment: str) -> Self:
        """From now on it is then."""
        self.now = utc(moment)
        return self

    def path(self, kind: Kind, step: str = "hello") -> str:
        """The path of the link in that step's message."""
        [key] = [row.key for row in rows(self.service.engine, Message) if row.step == step]
        return f"/{kind}/{tokens.make(self.service.secret, kind, key)}"

    def one_click(self) -> httpx.Response:
        """What a mail client sends when its reader wants no more such mail."""
        return self.web.post(self.path("u"), data={"List-Unsubscribe": "One-Click"})

    def fields(self) -> dict[str, str]:
        """What a browser would send if nothing was touched on the preferences' page, but for the button."""
        found: dict[str, str] = {}
        for tag in _FIELD.findall(self.web.get(self.path("p")).text):
            words = dict(_WORD.findall(tag))
            if words["type"] not in ("checkbox", "radio") or "checked" in words:
                found.setdefault(words["name"], words.get("value", ""))
        return found

    def save(self, *off: str, do: str = "save", **changed: str) -> httpx.Response:
        """Send the form with these boxes unticked and these fields changed (`consent__email__marketing`)."""
        fields = {**self.fields(), **{name.replace("__", "."): value for name, value in changed.items()}}
        kept = {name: value for name, value in fields.items() if name not in off}
        return self.web.post(self.path("p"), content=urlencode({**kept, "do": do}), headers=FORM)

    def said(self) -> list[tuple[str, dict[str, object]]]:
        """Name (or type) and properties of what was recorded through the pages."""
        found = rows(self.service.engine, Event)
        return [(one.name or one.type, one.properties) for one in found if one.source == "pages"]

    def consents(self) -> dict[tuple[str, str], bool]:
        """The present answers, by channel and purpose."""
        found = rows(self.service.engine, Consent, "channel")
        return {(one.channel, one.purpose): one.given for one in found}

    def ledger(self) -> list[tuple[str, str, bool, str, str | None]]:
        """The answers with their wordings, but for the consent that Ada came with."""
        found = rows(self.service.engine, ConsentEntry)
        return [(one.channel, one.purpose, one.given, one.how, one.wording) for one in found][1:]
