"""A shop that has asked Ada something, and the pages behind the links of the answers."""

from __future__ import annotations

import re
from typing import Any

import httpx

from loyaltyloop.channels.values import tokens
from loyaltyloop.store.models import Event, Message, Visit
from tests.integration.store.shop import rows
from tests.integration.web.pages import FORM as FORM
from tests.integration.web.pages import Pages
from tests.integration.web.post import FIREFOX as FIREFOX

ASKS = """
    journey: letters
    about: Asks some things, and goes by one of them.
    enter: {event: Signed Up}
    steps:
      - ask: taste
        template: test/hello
        question: What <brings> you here?
        answers: {gift: A present for someone, myself: Something for me, looking: Just looking}
        comment: true
      - {ask: nps, template: test/hello, question: How likely are you to come again?, scale: 0-10}
      - {ask: tea, template: test/hello, question: How was the tea?, scale: 1-5,
         ends: [disappointed, delighted], comment: true}
      - wait_for: told
        up_to: 3 days
        paths:
          gift: {when: {answered: {taste: gift}}}
          low: {when: {answered: {nps: {at_most: 6}}}}
          silent: {}
"""


class Surveys(Pages):
    """Ada got the questions on 2 March at nine."""

    def __init__(self, *args: Any, **words: Any) -> None:
        super().__init__(*args, *([] if len(args) > 1 else [ASKS]), **words)

    def key(self, step: str = "taste") -> str:
        [found] = [row.key for row in rows(self.service.engine, Message) if row.step == step]
        return str(found)

    def link(self, number: int = 0, step: str = "taste") -> str:
        """The path behind that answer."""
        return f"/a/{tokens.make(self.service.secret, 'a', self.key(step), number)}"

    def look(self, number: int = 0, step: str = "taste", **words: Any) -> httpx.Response:
        return self.web.get(self.link(number, step), headers={"user-agent": FIREFOX}, **words)

    def send(
        self, answer: object, comment: str | None = None, step: str = "taste", **more: str
    ) -> httpx.Response:
        """What the page's button sends."""
        said = {"answer": str(answer), **more} | ({} if comment is None else {"comment": comment})
        return self.web.post(self.link(0, step), data=said)

    def answers(self) -> list[dict[str, Any]]:
        """What was recorded as answers."""
        found = rows(self.service.engine, Event, "id")
        return [row.properties for row in found if row.name == "Survey Answered"]

    def clicks(self) -> list[dict[str, Any]]:
        found = rows(self.service.engine, Event, "id")
        return [row.properties for row in found if row.name == "Email Link Clicked"]

    def paths(self) -> dict[str, str]:
        """By which path Ada left each step."""
        return {row.step: row.path for row in rows(self.service.engine, Visit)}


def chosen(page: httpx.Response) -> list[str]:
    """The answers that stand chosen on a page."""
    return re.findall(r'<input type="radio" name="answer" value="(\d+)" required checked>', page.text)
