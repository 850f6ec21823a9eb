"""What was to be shown by a message that was refused: kept while another is to show it, else free again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, select

from loyaltyloop.journey.codes import matched
from loyaltyloop.store.database import read, write
from tests.integration.turn.stage import DAYTIME, Stage
from tests.integration.turn.test_showing_gifts import POOL, SHOWS, gift, voucher

JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up.
    purpose: service
    enter: {event: Signed Up}
    steps:
      - {give: treat, voucher: spring, valid: 14 days}
      - {send: first, template: test/gift}
      - wait: 2 days
"""
AGAIN = "      - {send: again, template: test/gift%s}\n"
BY_PATHS = """\
      - branch: where
        paths:
          here:
            when: {customer: {country: GB}}
            steps:
              - {send: again, template: test/gift}
          there: {}
"""
OTHER = "      - {send: other, template: test/hello}\n"
ENDING = "      - wait: 1 day\n    at_end:\n      - {call: told, hook: desk, body: test/told}\n"
HOOKS = "hooks: {desk: {url: https://desk.example/in}}\n"


class Blocked(Stage):
    """The first message to Ada, of whom no address is known, is refused; there is one code, BEE-1."""

    def __init__(self, engine: Engine, rest: str) -> None:
        with write(engine) as connection:
            code = {"pool": "spring", "code": "BEE-1", "matched": matched("BEE-1")}
            connection.execute(insert(voucher).values(code | {"state": "free", "made": False}))
        templates = {"test/gift.html": SHOWS, "test/gift.sms.txt": "{{ treat.code }}"}
        templates["test/told.json"] = '{"code": {{ treat.code }}}'
        super().__init__(engine, JOURNEY + rest, shop=DAYTIME + POOL + HOOKS, templates=templates)
        self.did("ada", "Signed Up", "03-02 09:00")
        self.turn("03-02 09:15")
        assert self.messages("first") == [("ada", "first", "refused", "no address")]

    def gift(self) -> tuple[str | None, ...]:
        """Its state and its code's."""
        with read(self.engine) as connection:
            own = connection.execute(select(gift.c.state).order_by(gift.c.id).limit(1)).scalar_one()
            return own, connection.execute(select(voucher.c.state)).scalar_one()


@pytest.mark.parametrize("rest", ["", OTHER], ids=["nothing", "another message"])
def test_what_nothing_shows_any_more_is_free_at_once(engine: Engine, rest: str) -> None:
    stage = Blocked(engine, rest)
    assert stage.gift() == ("released", "free")
    stage.knows("bob")
    stage.did("bob", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:15")
    assert stage.sent() == [("bob", "first")]


@pytest.mark.parametrize(
    "rest",
    [AGAIN % "", AGAIN % ", channel: sms", AGAIN % ", channel: best", BY_PATHS, ENDING],
    ids=["again", "by sms", "by the best channel", "on some path", "at the end"],
)
def test_what_a_later_one_may_show_is_kept(engine: Engine, rest: str) -> None:
    assert Blocked(engine, rest).gift() == ("reserved", "taken")


def test_who_is_let_go_gets_a_message_that_shows_it_no_more(engine: Engine) -> None:
    """Where an edit of a template lets a later one show it."""
    stage = Blocked(engine, OTHER)
    stage.templates["templates/test/hello.html"] = SHOWS
    stage.apply("2026-03-03 00:00", JOURNEY + OTHER, shop=DAYTIME + POOL + HOOKS)
    stage.knows("ada")
    stage.turn("03-04 09:15")
    assert stage.messages("other") == [("ada", "other", "refused", "gift: treat took it back")]
