"""What is in a push: its title, its words, and where it leads."""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

from loyaltyloop.channels.errors import CannotRender

TITLE = 250  # letters
LARGEST = 3000  # bytes in UTF-8; FCM takes 4,096 of a whole message, OneSignal cuts about there
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class PushText:
    """`link`: what opens when it is tapped; empty: the app. `key` and `to`: of its message."""

    title: str
    body: str = ""
    link: str = ""
    key: str = ""
    to: str = ""

    @classmethod
    def of(cls, text: str, key: str = "", to: str = "") -> PushText:
        """By its text: the first line is the title; an address that stands alone in the last is the link.

        CannotRender for one without a title, or too long for a push.
        """
        title, _, rest = text.strip().partition("\n")
        words, _, last = rest.strip().rpartition("\n")
        link = last.strip() if _ADDRESS.fullmatch(last.strip()) else ""
        body = words.strip() if link else rest.strip()
        if not title.strip():
            raise CannotRender("missing", "a title")
        if len(title) > TITLE:
            raise CannotRender("bound", f"the title is longer than {TITLE} letters")
        if len(text.encode()) > LARGEST:
            raise CannotRender("bound", f"it is longer than the {LARGEST:,} bytes that a push holds")
        return cls(title.strip(), body, link, key, to)

    def __bytes__(self) -> bytes:
        shown = {"to": self.to, "title": self.title, "body": self.body, "link": self.link}
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2)
