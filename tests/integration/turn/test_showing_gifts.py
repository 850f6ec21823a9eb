"""What messages show of a gift: the same in each, and committed by the first that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.cli.story import story
from loyaltyloop.journey.codes import matched
from loyaltyloop.store.audits import vouchers
from loyaltyloop.store.database import read, write, write_shop
from loyaltyloop.store.models import Body, Gift, Voucher
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.export import export
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.store.telling.history import load_history
from tests.integration.store.shop import SHOP
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.staging import ENROLMENT, MESSAGE, Taken

body: Table = Body.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up.
    purpose: service
    enter: {{event: Signed Up}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - {{give: treat, voucher: spring{words}}}
      - {{send: first, template: test/gift, at: "12:00", expires_after: 1 day}}
      - wait: 2 days
      - {{send: again, template: test/gift}}
      - {{send: other, template: test/hello}}
"""
SHOWS = """\
{% block subject %}For you{% endblock %}
{% block body %}<p>{{ treat.code }}: {{ treat.value }}{% if treat.expires %}, until
{{ treat.expires | date }}{% endif %}</p><p>{{ shop.sender.postal_address }}</p>
<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>{% endblock %}
"""
POOL = "vouchers: {spring: {value: 5, codes: spring.csv}}\n"


class Shower(Stage):
    """The first and the third message of Ada's journey show the gift; there is one code, BEE-1."""

    def __init__(self, engine: Engine, *codes: str, words: str = ", valid: 14 days") -> None:
        rows = [{"pool": "spring", "code": code, "matched": matched(code), "state": "free"} for code in codes]
        with write(engine) as connection:
            if rows:
                connection.execute(insert(voucher), [one | {"made": False} for one in rows])
        super().__init__(
            engine, JOURNEY.format(words=words), shop=DAYTIME + POOL, templates={"test/gift.html": SHOWS}
        )
        self.knows("ada")
        self.did("ada", "Signed Up", "03-02 09:00")
        self.turn("03-02 09:15")

    def gift(self) -> tuple[object, ...]:
        """Its state, code, and when it ends."""
        with read(self.engine) as connection:
            return tuple(connection.execute(select(gift.c.state, gift.c.code, gift.c.expires_at)).one())

    def shown(self) -> list[str]:
        """The lines that show it."""
        with read(self.engine) as connection:
            found = connection.execute(select(body.c.text).order_by(body.c.message_id)).scalars()
            return [line for text in found for line in text.splitlines() if "£" in line]


def test_the_same_in_every_message_and_committed_by_the_first(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    assert shower.gift() == ("reserved", "BEE-1", None)
    shower.turn("03-02 12:15")
    committed = ("committed", "BEE-1", utc("03-16 12:15"))
    assert shower.gift() == committed
    shower.turn("03-04 12:15")
    assert shower.gift() == committed
    assert shower.sent() == [("ada", "again"), ("ada", "first"), ("ada", "other")]
    assert shower.shown() == ["BEE-1: £5.00, until 16 March 2026"] * 2


def test_messages_that_name_what_was_not_given_are_passed_over(engine: Engine) -> None:
    shower = Shower(engine)
    shower.turn("03-02 12:15")
    shower.turn("03-04 12:15")
    gone = "gift: nothing was given by treat"
    assert shower.messages() == [
        ("ada", "again", "refused", gone),
        ("ada", "first", "refused", gone),
        ("ada", "other", "handed_over", ""),
    ]


def test_what_has_run_out_is_shown_to_nobody(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1", words=", valid: 1 day")
    shower.turn("03-02 12:15")
    shower.turn("03-04 12:15")
    assert shower.messages("again") == [("ada", "again", "refused", "gift: what treat gave has run out")]


def test_the_codes_own_end_comes_first(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    with write(shower.engine) as connection:
        connection.execute(update(voucher).values(ends_at=utc("03-10 00:00")))
    shower.turn("03-02 12:15")
    assert shower.gift() == ("committed", "BEE-1", utc("03-10 00:00"))


class Refuses(Taken):
    """A way out that takes nothing at first: what it says instead; `in doubt`: it may have it.

    `keeps`: what it may have had is to be told again in the same words.
    """

    def __init__(self, *states: str, keeps: bool = False) -> None:
        self.states, self.keeps = list(states), keeps

    def hand_over(self, messages: Iterable[Outgoing]) -> Iterator[Outcome]:
        for message in messages:
            state = self.states.pop(0) if self.states else "handed_over"
            if state == "in doubt":
                yield Outcome(message.key, "try_again", state, doubt=True)
            else:
                yield Outcome(message.key, state)  # type: ignore[arg-type]


def unseen(engine: Engine) -> list[str]:
    """What is said to be somebody's, and to have been shown by nothing."""
    with read(engine) as connection:
        return [one.key for one in vouchers.SHOWN.find(connection, SHOP, utc("03-05 00:00"))]


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("state", ["refused", "try_again"])
def test_what_did_not_leave_has_shown_nothing(engine: Engine, state: str, keeps: bool) -> None:
    shower = Shower(engine, "BEE-1")
    ways: Mapping[str, Taken] = {"email": Refuses(state, keeps=keeps)}
    shower.world = replace(shower.world, ways=ways)
    shower.turn("03-02 12:15")
    assert shower.gift()[:2] == ("reserved", "BEE-1")
    assert unseen(engine) == []
    shower.turn("03-03 08:45")
    shower.turn("03-05 10:45")
    shown, at = ("17", "08:45") if state == "try_again" else ("19", "10:45")
    assert shower.gift() == ("committed", "BEE-1", utc(f"03-{shown} {at}"))
    first = shown if state == "try_again" else "16"  # what is refused stays on record
    assert shower.shown() == [f"BEE-1: £5.00, until {day} March 2026" for day in (first, shown)]


@pytest.mark.parametrize("keeps", [False, True])
def test_what_may_have_left_has_shown_it_whatever_the_next_try_says(engine: Engine, keeps: bool) -> None:
    shower = Shower(engine, "BEE-1")
    shower.world = replace(shower.world, ways={"email": Refuses("in doubt", "try_again", keeps=keeps)})
    for at in ("03-02 12:15", "03-02 12:45", "03-03 08:45"):
        shower.turn(at)
        assert shower.gift() == ("committed", "BEE-1", utc("03-16 12:15"))
        assert unseen(engine) == []
    assert shower.messages("first") == [("ada", "first", "handed_over", "")]
    assert shower.shown() == ["BEE-1: £5.00, until 16 March 2026"]


def test_what_was_to_be_tried_again_and_arrived_has_shown_it(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    shower.world = replace(shower.world, ways={"email": Refuses("try_again")})
    shower.turn("03-02 12:15")
    with read(engine) as connection:
        chosen = select(MESSAGE.c.key).where(MESSAGE.c.step == "first")
        key = connection.execute(chosen).scalar_one()
    shower.did("ada", "Email Delivered", "03-02 12:16", email_id=key)
    shower.turn("03-02 12:17")
    assert shower.gift() == ("committed", "BEE-1", utc("03-16 12:15"))


def test_an_outcome_that_is_not_known_has_shown_it(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    shower.world = replace(shower.world, ways={"email": Refuses("unknown")})
    shower.turn("03-02 12:15")
    shower.did("ada", "Left", "03-02 13:00")
    shower.turn("03-02 13:15")
    assert shower.gift() == ("committed", "BEE-1", utc("03-16 12:15"))


def test_a_message_that_expires_lets_the_journeys_end_give_it_back(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    shower.turn("03-04 12:15")  # too late for the first
    assert shower.messages("first") == [("ada", "first", "refused", "expired")]
    assert shower.gift()[0] == "reserved"
    shower.did("ada", "Left", "03-04 13:00")
    shower.turn("03-04 13:15")
    assert shower.gift() == ("released", None, None)
    with read(engine) as connection:
        assert connection.execute(select(voucher.c.state)).scalars().all() == ["free"]
        assert connection.execute(select(ENROLMENT.c.reason)).scalar() == "gone"


def test_an_export_shows_the_code_and_an_erasure_keeps_it_used(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    shower.turn("03-02 12:15")
    with write_shop(engine) as connection:
        ada = subject_named(connection, "ada")
        [told] = export(connection, ada, utc("03-02 13:00"))["gifts"]
        assert (told["code"], told["state"], told["step"]) == ("BEE-1", "committed", "treat")
        erase(connection, ada, utc("03-02 13:00"))
        assert connection.execute(select(gift)).all() == []
        assert connection.execute(select(voucher.c.state)).scalars().all() == ["taken"]


def told(engine: Engine) -> list[str]:
    """What `loop explain` says of the step."""
    with read(engine) as connection:
        number = connection.execute(select(ENROLMENT.c.customer_id)).scalar_one()
        return [line.strip() for line in story(load_history(connection, number)) if " treat: " in line]


def test_explain_tells_what_became_of_it(engine: Engine) -> None:
    shower = Shower(engine, "BEE-1")
    given = "Mon 2 Mar 2026 09:15   treat: given; voucher spring BEE-1"
    assert told(engine) == [f"{given}, not shown yet"]
    shower.turn("03-02 12:15")
    assert told(engine) == [f"{given}, valid until Mon 16 Mar 2026 12:15"]
    shower.did("bob", "Order Completed", "03-03 10:00", order_id="o1", total=9, coupon="bee-1")
    shower.turn("03-03 10:15")
    assert told(engine) == [f"{given}, redeemed with order o1"]


def test_explain_tells_why_nothing_was_given(engine: Engine) -> None:
    Shower(engine)
    assert told(engine) == ["Mon 2 Mar 2026 09:15   treat: the pool spring is empty"]
