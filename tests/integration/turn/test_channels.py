"""Texts and pushes, the best channel for each, and another one where the first is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Engine

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.store.database import write
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import Customer, Device, Message, Suppression
from loyaltyloop.store.segment import Call
from loyaltyloop.turn.world import World
from tests.integration.store.shop import one, rows
from tests.integration.turn.stage import Stage, utc
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import Taken

TEMPLATES = {
    "test/hello.sms.txt": "Hello {{ customer.first_name | default('you') }}! {{ shop.url }}/new STOP to end",
    "test/hello.push.txt": "Hello\n\nNews, {{ customer.first_name | default('you') }}.\n{{ shop.url }}/new",
}
JOURNEY = """
    journey: news
    about: One message.
    enter: {{event: Signed Up}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - send: hello
        template: test/hello
        {words}
"""
CHANNELS = ("email", "sms", "push")
PHONE = "07400 123456"
OTHER = "channel: sms\n        if_blocked: other_channel"


class Ways:
    """A way out of each channel that remembers; what `refuses` says of an address is its answer."""

    def __init__(self, refuses: Mapping[str, Outcome] | None = None) -> None:
        self.refuses = refuses or {}
        self.all = {name: _Answering(self) for name in CHANNELS}

    def left(self) -> list[tuple[str, str, str]]:
        """(channel, to, text) of all that was handed over."""
        return sorted(
            (name, each.to, each.raw.decode()) for name, way in self.all.items() for each in way.taken
        )


class _Answering(Taken):
    def __init__(self, ways: Ways) -> None:
        super().__init__()
        self._ways = ways
        self.taken: list[Outgoing] = []

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        for each in batch:
            answer = self._ways.refuses.get(each.to)
            if answer is None:
                self.taken.append(each)
                yield Outcome(each.key, "handed_over")
            else:
                yield Outcome(each.key, answer.state, answer.reason, lost=answer.lost)


def shop_of(engine: Engine, words: str, ways: Ways, templates: Mapping[str, str] | None = None) -> Stage:
    stage = Stage(
        engine, JOURNEY.format(words=words), templates=TEMPLATES if templates is None else templates
    )
    stage.world = World(engine, dict(ways.all), b"secret", "http://shop.example")
    return stage


def known(stage: Stage, who: str, agreed: Iterable[str] = CHANNELS, device: str = "", **traits: Any) -> None:
    """Somebody who has signed up, and has agreed to marketing by these channels."""
    stage.knows(who, consent=False, country="GB", **traits)
    for channel in agreed:
        stage.did(who, "Consent Granted", "01-01 00:00", channel=channel)
    if device:
        holds(stage, who, device, "01-02 00:00")
    stage.did(who, "Signed Up", "03-02 09:00")


def holds(stage: Stage, who: str, token: str, at: str) -> None:
    """A device in somebody's hands."""
    context = {"device": {"type": "ios", "token": token}}
    call = Call("app", token, "track", "Opened", who, None, None, utc(at), utc(at), {}, context)
    with write(stage.engine) as connection:
        record(connection, [call])


def states(stage: Stage) -> dict[str, tuple[str, str, str]]:
    people = {row.id: row.key for row in rows(stage.engine, Customer)}
    return {
        people[row.customer_id]: (row.channel, row.state, row.reason) for row in rows(stage.engine, Message)
    }


def test_a_text_and_a_push_leave(engine: Engine) -> None:
    ways = Ways()
    stage = shop_of(engine, "channel: sms", ways)
    known(stage, "ada", phone=PHONE, first_name="Ada")
    known(stage, "bob", phone="020 7946 0018")
    known(stage, "cleo")
    known(stage, "dan", agreed=["email"], phone=PHONE)
    stage.turn("03-02 10:00")
    assert states(stage) == {
        "ada": ("sms", "handed_over", ""),
        "bob": ("sms", "refused", "the phone number is a landline's"),
        "cleo": ("sms", "refused", "no phone number"),
        "dan": ("sms", "refused", "no consent to marketing by sms"),
    }
    [(_, to, text)] = ways.left()
    assert to == "+447400123456"
    assert text.startswith("To: +447400123456\n\nHello Ada! http://shop.example/c/")
    assert text.endswith(" STOP to end\n")


def test_a_push_goes_to_the_device_that_was_held_last_and_then_to_the_other(engine: Engine) -> None:
    ways = Ways({"new": Outcome("", "try_again", "gone", lost="hard bounce")})
    stage = shop_of(engine, "channel: push", ways)
    known(stage, "ada", device="old")
    holds(stage, "ada", "new", "03-01 00:00")
    known(stage, "bob")
    stage.turn("03-02 10:00")
    stage.turn("03-02 10:10")
    assert states(stage)["ada"] == ("push", "handed_over", "")
    assert states(stage)["bob"] == ("push", "refused", "no device that takes pushes")
    [(_, to, text)] = ways.left()
    assert (to, '"title": "Hello"' in text, '"body": "News, you."' in text) == ("old", True, True)
    assert '"link": "http://shop.example/c/' in text
    assert {row.token: row.dropped_at for row in rows(engine, Device)} == {
        "old": None,
        "new": utc("03-02 10:00"),
    }


def test_the_best_channel_is_preferred_then_clicked_then_cheap(engine: Engine) -> None:
    ways = Ways()
    stage = shop_of(engine, "channel: best", ways)
    known(stage, "ada", device="a", phone=PHONE, preferred_channel="sms")
    known(stage, "bob", device="b", phone=PHONE, preferred_channel="pigeon")
    known(stage, "cleo", agreed=["push", "sms"], device="c")
    known(stage, "dan", agreed=["sms"])
    stage.turn("03-02 10:00")
    assert states(stage) == {
        "ada": ("sms", "handed_over", ""),
        "bob": ("email", "handed_over", ""),
        "cleo": ("push", "handed_over", ""),
        "dan": ("email", "refused", "no consent to marketing by email"),
    }


def test_what_worked_before_comes_first(engine: Engine) -> None:
    """Followed links of texts, none of them by a machine or half a year ago."""
    ways = Ways()
    stage = Stage(engine, JOURNEY.format(words="channel: sms"), templates=TEMPLATES)
    stage.world = World(engine, dict(ways.all), b"secret", "http://shop.example")
    for who in ("ada", "bob", "cleo"):
        known(stage, who, phone=PHONE)
    stage.turn("03-02 10:00")
    keys = {row.customer_id: row.key for row in rows(engine, Message)}
    people = {row.key: keys[row.id] for row in rows(engine, Customer)}
    click = "Email Link Clicked"
    stage.did("ada", click, "03-02 11:00", email_id=people["ada"])
    stage.did("bob", click, "03-02 11:00", email_id=people["bob"], machine=True)
    stage.did("cleo", click, "03-02 11:00", email_id=people["cleo"])
    again = JOURNEY.format(words="channel: best").replace("journey: news", "journey: again")
    stage.apply("03-03 00:00", again.replace("Signed Up", "Came Back"))
    for who, at in (("ada", "03-10 10:00"), ("bob", "03-10 10:00"), ("cleo", "09-10 10:00")):
        stage.did(who, "Came Back", at)
        stage.turn(at)
    later = {row.key: row.channel for row in rows(engine, Message) if row.journey == "again"}
    assert sorted(later.values()) == ["email", "email", "sms"]
    [told] = [row.routes for row in rows(engine, Message) if later.get(row.key) == "sms"]
    assert told == [{"channel": "sms", "why": "they followed 1 of its links in 180 days"}]


def test_another_channel_where_the_first_is_closed(engine: Engine) -> None:
    ways = Ways()
    stage = shop_of(engine, OTHER, ways)
    known(stage, "ada", phone=PHONE)
    known(stage, "bob", agreed=["email", "push"], device="b", phone=PHONE)
    known(stage, "cleo", agreed=["sms", "push"], device="c")
    known(stage, "dan", agreed=[])
    stage.turn("03-02 10:00")
    assert states(stage) == {
        "ada": ("sms", "handed_over", ""),
        "bob": ("email", "handed_over", ""),
        "cleo": ("push", "handed_over", ""),
        "dan": (
            "push",
            "refused",
            "sms: no consent to marketing by sms; email: no consent to marketing by email; "
            "push: no consent to marketing by push",
        ),
    }
    assert len(ways.left()) == 3


def test_a_number_that_has_said_stop_is_noted_and_the_message_goes_by_mail(engine: Engine) -> None:
    stopped = Outcome("", "refused", "the number has said STOP", lost="stop")
    ways = Ways({"+447400123456": stopped})
    stage = shop_of(engine, OTHER, ways)
    known(stage, "ada", phone=PHONE)
    key = None
    for at in ("03-02 10:00", "03-02 10:10"):
        stage.turn(at)
        [message] = rows(engine, Message)
        key = key or message.key
    assert (message.key, message.channel, message.state) == (key, "email", "handed_over")
    assert [(channel, to) for channel, to, _ in ways.left()] == [("email", "ada@example.com")]
    assert one(engine, Suppression).reason == "stop"
    assert [route.get("refused") for route in message.routes] == ["the number has said STOP", None, None]


def test_what_is_held_goes_by_no_other_channel(engine: Engine) -> None:
    ways = Ways()
    stage = shop_of(engine, OTHER, ways)
    stage.apply("01-01 00:00", JOURNEY.format(words=OTHER), shop=SHOP_TEXT)
    known(stage, "ada", phone=PHONE)
    stage.did("ada", "Signed Up", "03-02 23:00")
    stage.turn("03-02 23:30")
    [message] = rows(engine, Message)
    assert (message.channel, message.state, message.reason) == ("sms", "held", "quiet hours")
