"""Letters with a link: to the address on record, when somebody asks for their data or its erasure.

A preferences' page opens for whoever holds the link, and messages are passed on. What is in the letter
reaches the owner of the mailbox alone.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from loyaltyloop.channels.mail.mime import assemble, sender_of
from loyaltyloop.channels.mailbox import valid_address
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.templates.plain_text import tidy
from loyaltyloop.channels.values import formats, tokens
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.channels.values.tokens import Kind as Token
from loyaltyloop.channels.ways_out import choose_ways
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings
from loyaltyloop.store.database import write_shop
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.privacy import requests
from loyaltyloop.store.privacy.requests import Notice
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.web.pages import show
from loyaltyloop.web.pages.texts import texts_for

log = logging.getLogger(__name__)
LINKS: dict[str, Token] = {"export": "d", "erase": "e"}
# What a way out says of a letter → the request's state.
_STATES = {"handed_over": "mailed", "try_again": "asked", "refused": "unsent", "unknown": "unsent"}


@dataclass(frozen=True)
class _Mail:
    """A letter as `mime.assemble` takes it."""

    key: str
    sender: str
    to: str
    subject: str
    decided_at: datetime
    html: str
    text: str
    unsubscribe: str = ""


def send_waiting(engine: Engine, settings: Settings, now: datetime) -> int:
    """Hand over the letters that wait, each at most once; how many left. Quiet where none does."""
    with write_shop(engine) as connection:
        waiting = requests.letters(connection, now)
        try:
            shop = load_shop(connection) if waiting else None
        except UserError:
            return 0
    if shop is None:
        return 0
    with closing(choose_ways(settings)["email"]) as out:
        return sum(_send(engine, settings, shop, out, letter) for letter in waiting)


def _send(engine: Engine, settings: Settings, shop: Shop, out: WayOut, letter: Notice) -> bool:
    key = letter.request.key
    outgoing = _outgoing(settings, shop, letter)
    if outgoing is None:
        _goes(engine, key, "asked", "unsent", reason="no address that can be written to")
        return False
    if away := out.open():
        log.warning("a letter waits: %s", away)
        return False
    # Committed before it leaves: a process that dies here repeats nothing.
    if not _goes(engine, key, "asked", "mailing", address=by_email(letter.email or "")):
        return False
    [outcome] = list(out.hand_over([outgoing]))
    _goes(engine, key, "mailing", _STATES[outcome.state], reason=outcome.reason)
    return outcome.state == "handed_over"


def _goes(engine: Engine, key: str, before: str, state: str, **more: str) -> bool:
    with write_shop(engine) as connection:
        return requests.moves(connection, key, before, state, **more)


def _outgoing(settings: Settings, shop: Shop, letter: Notice) -> Outgoing | None:
    """The letter, ready to leave; None: there is no address to which it could."""
    if not letter.email or not valid_address(letter.email):
        return None
    try:
        return assemble(_write(settings, shop, letter))
    except ValueError:
        return None


def _write(settings: Settings, shop: Shop, letter: Notice) -> _Mail:
    asked, names = letter.request, shop_names(shop)
    texts = texts_for([letter.locale, str(names["language"])]).about(shop=shop.name)
    token = tokens.make(settings.secret(), LINKS[asked.kind], asked.key)
    assert asked.expires_at is not None
    told = {
        part: texts.say(f"letter.{asked.kind}_{part}") for part in ("subject", "heading", "text", "button")
    }
    told |= {
        "until": texts.say(
            "letter.until", date=formats.day(asked.expires_at, "long", texts.language, shop.timezone)
        ),
        "not_you": texts.say("letter.not_you"),
        "link": f"{settings.public_url.rstrip('/')}/{LINKS[asked.kind]}/{token}",
    }
    html = show.letter(shop, texts.language, names["brand"], told)
    lines = [
        told["heading"],
        told["text"],
        f"{told['button']}: {told['link']}",
        told["until"],
        told["not_you"],
    ]
    foot = f"{shop.sender.name}\n{shop.sender.postal_address}"
    text = tidy("\n\n".join([*lines, foot])) + "\n"
    return _Mail(asked.key, sender_of(shop), letter.email or "", told["subject"], asked.asked_at, html, text)
