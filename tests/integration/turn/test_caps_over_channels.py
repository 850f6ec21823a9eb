"""One cap over several channels: an e-mail takes the room of a text. A number is an address, too."""

from __future__ import annotations

from sqlalchemy import Engine

from loyaltyloop.turn.world import World
from tests.integration.turn.stage import Stage
from tests.integration.turn.test_caps import LETTER, OFFER, shop
from tests.integration.turn.test_channels import CHANNELS, PHONE, TEMPLATES, Ways

TEXT = OFFER.replace("    template: test/hello", "    template: test/hello\n    channel: sms")


def _stage(engine: Engine, cap: str) -> Stage:
    stage = Stage(engine, LETTER, TEXT, shop=shop(cap), templates=TEMPLATES)
    stage.world = World(engine, dict(Ways().all), b"secret", "http://shop.example")
    for who in ("ada", "ben"):
        stage.knows(who, consent=False, country="GB", phone=PHONE)
        for channel in CHANNELS:
            stage.did(who, "Consent Granted", "01-01 00:00", channel=channel)
    return stage


def test_a_text_takes_the_room_of_an_e_mail(engine: Engine) -> None:
    """In one turn, each by a way out of its own: the offer has the higher priority."""
    stage = _stage(engine, "at_most: 1 a day, channels: [email, sms]")
    stage.did("ada", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert stage.messages() == [
        ("ada", "deal", "handed_over", ""),
        ("ada", "note", "held", "cap of 1 a day: offer.deal went first"),
    ]
    stage.turn("03-03 00:00")
    assert len(stage.sent()) == 2


def test_each_channel_has_room_of_its_own_where_the_caps_say_so(engine: Engine) -> None:
    stage = _stage(engine, "at_most: 1 a day, channels: sms")
    stage.did("ada", "Asked", "03-02 09:00")
    stage.turn("03-02 09:00")
    assert stage.sent() == [("ada", "deal"), ("ada", "note")]


def test_two_with_one_number_share_its_room_and_get_one_copy(engine: Engine) -> None:
    stage = _stage(engine, "at_most: 1 a day, channels: sms")
    stage.did("ada", "Asked", "03-02 09:00")
    stage.did("ben", "Asked", "03-02 09:30")
    stage.turn("03-02 10:00")
    assert [(who, step, state) for who, step, state, _ in stage.messages("deal")] == [
        ("ada", "deal", "handed_over"),
        ("ben", "deal", "refused"),
    ]
    stage.did("ben", "Asked", "03-03 09:00")
    stage.turn("03-03 09:00")
    assert [who for who, step in stage.sent() if step == "deal"] == ["ada", "ben"]
