"""Stories of loyalty: early access for the best, friends who are brought, and small surprises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Customer, PointsEntry
from tests.integration.turn.own import Own, body
from tests.integration.turn.stage import utc
from tests.reference.staging import MESSAGE

customer = Customer.__table__  # type: ignore[attr-defined]
entry = PointsEntry.__table__  # type: ignore[attr-defined]


class Loyal(Own):
    """The sample shop, with what is on record of its customers' loyalty."""

    def bought(self, who: str, at: str, total: float, number: str = "", **more: str) -> None:
        words: dict[str, Any] = {
            "order_id": number or f"{who} {at}",
            "total": total,
            "currency": "GBP",
            **more,
        }
        self.did(who, "Order Completed", at, **words)

    def fact(self, who: str, name: str) -> object:
        with read(self.engine) as connection:
            return connection.execute(select(customer.c[name]).where(customer.c.key == who)).scalar_one()

    def links(self, step: str, who: str) -> list[str]:
        """Where the links of this customer's message lead."""
        joined = body.join(MESSAGE, MESSAGE.c.id == body.c.message_id)
        chosen = select(body.c.links).select_from(joined).where(MESSAGE.c.key == self.key(step, who))
        with read(self.engine) as connection:
            return list(connection.execute(chosen).scalar_one())

    def days(self, first: str, number: int, hour: str) -> None:
        """A turn each day at that hour."""
        for day in range(number):
            self.turn(f"{utc(f'{first} {hour}') + timedelta(days=day):%m-%d} {hour}")


def test_the_best_come_in_a_day_before_the_others(engine: Engine) -> None:
    shop = Loyal(engine, "vip_early_access", who=("gold", "silver", "blue"))
    shop.turn("02-01 10:00")
    for who, total in (("gold", 600), ("silver", 200), ("blue", 600)):
        shop.bought(who, "02-10 10:00", total, who)
    shop.turn("02-10 10:15")
    assert [shop.fact(who, "tier") for who in ("gold", "silver", "blue")] == ["gold", "silver", "gold"]
    shop.did("blue", "Order Refunded", "02-11 10:00", order_id="blue", total=150, currency="GBP")
    shop.turn("02-11 10:15")
    assert shop.fact("blue", "tier") == "gold"  # 450 are enough to keep it
    for at in ("03-05 10:00", "03-05 10:15", "03-06 10:00", "03-06 10:15"):
        shop.turn(at)
    letters = shop.letters()
    assert {who: [step for _, step in got] for who, got in letters.items()} == {
        "gold": ["come_in_early"],
        "silver": ["doors_open"],
        "blue": ["come_in_early"],
    }
    assert (letters["gold"][0][0][:5], letters["silver"][0][0][:5]) == ("03-05", "03-06")
    assert "Come in early" in shop.text("come_in_early", "gold")


def test_only_the_happy_are_asked_for_a_friend_and_hear_of_the_one_who_came(engine: Engine) -> None:
    shop = Loyal(engine, "review_request", "referral_ask", who=("happy", "cross", "fay"))
    shop.turn("02-01 10:00")
    for who in ("happy", "cross"):
        shop.ordered("02-27 10:00", who, who)
        shop.told("Delivered", "03-02 10:00", who, who)
    shop.turn("03-02 10:15")
    shop.turn("03-09 16:15")
    shop.answered("rating", 5, "03-10 10:00", "happy")
    shop.answered("rating", 1, "03-10 10:00", "cross")
    shop.days("03-10", 6, "11:15")
    asked = [step for _, step in shop.letters()["happy"]]
    assert asked == ["rating", "thank_you", "bring_a_friend"]
    assert "bring_a_friend" not in [step for _, step in shop.letters()["cross"]]
    code = str(shop.fact("happy", "referral_code"))
    assert any(f"/?ref={code}&" in link for link in shop.links("bring_a_friend", "happy"))
    assert code in shop.text("bring_a_friend", "happy")
    shop.bought("fay", "03-20 10:00", 40, "fay", referral_code=code)
    shop.told("Delivered", "03-22 10:00", "fay", "fay")
    shop.turn("03-22 11:15")
    shop.turn("04-05 08:45")
    assert shop.fact("happy", "points") == 12  # two weeks end at nine: clocks were put forward meanwhile
    shop.turn("04-05 11:15")
    shop.turn("04-05 11:30")
    assert shop.fact("happy", "points") == 212
    assert [step for _, step in shop.letters()["happy"]][-1] == "friend_came"
    assert "you have 212 now" in " ".join(shop.text("friend_came", "happy").split())


def test_who_rises_is_told_and_some_are_surprised(engine: Engine) -> None:
    """Twenty rise; by their own dice some of them get points, which are in the ledger, and are told so."""
    who = [f"c{number}" for number in range(20)]
    shop = Loyal(engine, "loyalty_milestone", who=who)
    shop.turn("03-01 08:00")
    for name in who:
        shop.bought(name, "03-02 08:00", 160)
    for at in ("03-02 08:15", "03-02 10:15", "03-05 10:30", "03-06 10:30"):
        shop.turn(at)
    told = {name: [step for _, step in got] for name, got in shop.letters().items()}
    assert {steps[0] for steps in told.values()} == {"new_tier"} and len(told) > 15  # some are held out
    lucky = {name for name, steps in told.items() if steps == ["new_tier", "for_you"]}
    assert 0 < len(lucky) < 12
    assert {name for name in who if shop.fact(name, "points") == 210} == lucky
    assert "50 points" in shop.text("for_you", min(lucky))
    assert "You are silver now" in shop.text("new_tier", min(lucky))
    with read(engine) as connection:
        kinds = connection.execute(select(entry.c.kind).order_by(entry.c.id)).scalars().all()
    assert kinds.count("give") == len(lucky)


def test_a_badge_is_told_and_who_falls_is_left_in_peace(engine: Engine) -> None:
    shop = Loyal(engine, "loyalty_milestone", who=("ada", "ben"))
    shop.turn("03-01 08:00")
    for number in range(3):
        shop.bought("ada", f"03-0{2 + number} 08:00", 10)
    shop.bought("ben", "03-02 08:00", 160, "b1")
    shop.days("03-02", 3, "08:15")
    shop.turn("03-04 10:15")
    assert [step for _, step in shop.letters()["ada"]] == ["new_badge"]
    assert "Three orders in sixty days" in shop.text("new_badge", "ada")
    shop.did("ben", "Order Cancelled", "03-05 10:00", order_id="b1")
    shop.turn("04-20 10:15")
    shop.turn("07-06 10:15")
    assert shop.fact("ben", "tier") is None
    assert [step for _, step in shop.letters()["ben"]] == ["new_tier"]
