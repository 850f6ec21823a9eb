"""Whatever becomes of messages, people and deliverers: no code is lost, and none is anybody's twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, func, insert, select

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.errors import UserError
from loyaltyloop.journey.codes import matched
from loyaltyloop.store.audits import vouchers
from loyaltyloop.store.database import read, write, write_shop
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.models import Gift, Voucher
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.turn.runner import tick
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.staging import Taken, empty

gift: Table = Gift.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up, shown twice.
    purpose: service
    enter: {event: Signed Up, again: always, while_inside: alongside}
    leave_when: {gone: {did: Left}}
    steps:
      - {give: treat, voucher: spring, valid: 2 days}
      - {send: first, template: test/gift, at: "12:00", expires_after: 20 hours}
      - wait: 12 hours
      - {send: again, template: test/gift, if_blocked: leave}
      - {give: more, voucher: made, chance: 50%}
      - {send: third, template: test/more}
"""
SHOWS = """\
{{% block subject %}}For you{{% endblock %}}
{{% block body %}}<p>{{{{ {0}.code }}}}</p><p>{{{{ shop.sender.postal_address }}}}</p>
<p><a href="{{{{ links.unsubscribe }}}}">Unsubscribe</a></p>{{% endblock %}}
"""
POOLS = "vouchers: {spring: {value: 5, codes: spring.csv}, made: {value: 1, pattern: MADE}}\n"
CODES = [f"CODE-{number}" for number in range(6)]
PEOPLE = ("ada", "bob", "cyd", "dan", "eve")


class Whims(Taken):
    """A way out that takes, refuses, puts off or loses messages, or dies, as it is told."""

    def __init__(self) -> None:
        self.will: list[str] = []

    def hand_over(self, messages: Iterable[Outgoing]) -> Iterator[Outcome]:
        for message in messages:
            will = self.will.pop(0) if self.will else "handed_over"
            if will == "dies":
                raise ConnectionError("the deliverer died")
            yield Outcome(message.key, will)  # type: ignore[arg-type]


WILLS = st.lists(st.sampled_from(["handed_over", "refused", "try_again", "unknown", "dies"]), max_size=4)
DEEDS = st.sampled_from(["Signed Up", "Signed Up", "Left", "order", "erase", "merge"])
ROUNDS = st.lists(
    st.tuples(st.lists(st.tuples(DEEDS, st.sampled_from(PEOPLE)), max_size=5), WILLS, st.integers(1, 30)),
    min_size=3,
    max_size=7,
)


class Bank:
    """The stage, and how many codes were somebody's who was erased, or were used by a stranger."""

    def __init__(self, engine: Engine) -> None:
        empty(engine)
        self.engine, self.way, self.gone, self.at = engine, Whims(), 0, utc("03-02 08:00")
        rows = [{"pool": "spring", "code": code, "matched": matched(code)} for code in CODES]
        with write(engine) as connection:
            connection.execute(insert(voucher), [one | {"state": "free", "made": False} for one in rows])
        shows = {"test/gift.html": SHOWS.format("treat"), "test/more.html": SHOWS.format("more")}
        self.stage = Stage(engine, JOURNEY, shop=DAYTIME + POOLS, templates=shows)
        self.stage.world = replace(self.stage.world, ways={"email": self.way})
        self.stage.knows(*PEOPLE)
        self.erased: set[str] = set()

    def does(self, what: str, who: str) -> None:
        """Something happens to this customer."""
        at = self.at.strftime("%Y-%m-%d %H:%M")
        match what:
            case "order":
                code = self.one(select(gift.c.code).where(gift.c.code.is_not(None)).order_by(gift.c.id))
                self.stage.did(who, "Order Completed", at, order_id=at, total=9, coupon=code or "none")
            case "merge":
                self.stage.also(who, PEOPLE[0], at)
            case "erase" if who not in self.erased:
                self.erase(who)
            case "erase":
                pass
            case _:
                self.stage.did(who, what, at)

    def erase(self, who: str) -> None:
        with write_shop(self.engine) as connection:
            try:
                subject = subject_named(connection, who)
            except UserError:  # merged into one who was erased
                return
            self.erased.add(who)
            before = connection.execute(select(func.count()).where(gift.c.code.is_not(None))).scalar_one()
            reserved = self.count(connection, "reserved")
            erase(connection, subject, self.at)
            after = connection.execute(select(func.count()).where(gift.c.code.is_not(None))).scalar_one()
            self.gone += before - after - (reserved - self.count(connection, "reserved"))

    def turn(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        try:
            tick(self.stage.world, self.at)
        except ConnectionError:
            self.way.will.clear()

    def one(self, statement: Any) -> Any:
        with read(self.engine) as connection:
            return connection.execute(statement).scalars().first()

    @staticmethod
    def count(connection: Any, state: str) -> int:
        return int(connection.execute(select(func.count()).where(gift.c.state == state)).scalar_one())

    def adds_up(self) -> None:
        with read(self.engine) as connection:
            shop = load_shop(connection)
            for audit in (vouchers.CODES, vouchers.SHOWN, vouchers.KEPT):
                assert audit.find(connection, shop, self.at) == [], audit.name
            states = Counter(connection.execute(select(voucher.c.state)).scalars())
            mine = connection.execute(select(func.count()).where(gift.c.code.is_not(None))).scalar_one()
            imported = connection.execute(select(func.count()).where(~voucher.c.made)).scalar_one()
        assert imported == len(CODES)
        assert states["taken"] == mine + self.gone


@settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rounds=ROUNDS)
def test_codes_add_up(engine: Engine, rounds: list[Any]) -> None:
    bank = Bank(engine)
    for deeds, wills, hours in rounds:
        for what, who in deeds:
            bank.does(what, who)
            bank.adds_up()
        bank.way.will = list(wills)
        bank.turn(hours)
        bank.adds_up()
