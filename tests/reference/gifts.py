"""Gifts in the reference: one pool of a few codes, one that makes them, and who has which."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loyaltyloop.journey.clock.times import Duration, to_instant, to_local
from loyaltyloop.journey.model import Ask, Give, Journey, Send, Shop, Step
from tests.reference.hashing import dice, message_key
from tests.reference.state import Enrolment, Gift, Happening
from tests.reference.steps import behind_next

CODES = ("FEW-1", "FEW-2", "FEW-3")
POOLS = "vouchers: {few: {value: 5, codes: few.csv, valid: 1 day}, made: {value: 10%, pattern: MADE}}\n"
LIFE = Duration.of("1 day")  # of the codes of `few`, where the step does not say


@dataclass
class Pools:
    """The codes of `few` that nobody has, in their order."""

    free: list[str] = field(default_factory=lambda: list(CODES))
    erased: list[tuple[str, str, datetime]] = field(default_factory=list)  # journey, step, when it was given

    def give(
        self, step: Step, enrolment: Enrolment, others: list[Enrolment], shop: Shop, now: datetime
    ) -> bool:
        """Let the customer have it, if there is luck, room and a code left. False: there is nothing."""
        give = step.action
        assert isinstance(give, Give)
        gift = enrolment.gifts[step.name] = Gift("none", now)
        first = step.first_name or step.name
        if (
            give.chance is not None
            and dice(f"give:{enrolment.journey}/{first}", enrolment.customer_key) >= give.chance
        ):
            return False
        if give.budget is not None and self._given(step, others, _since(give, shop, now)) >= give.budget:
            return False
        if give.voucher == "few":
            if not self.free:
                return False
            gift.code = self.free.pop(0)
        gift.state = "reserved"
        return True

    def _given(self, step: Step, others: list[Enrolment], since: datetime | None) -> int:
        gifts = [gift for each in others if (gift := each.gifts.get(step.name))]
        given = [gift.at for gift in gifts if gift.state in ("reserved", "shown")]
        given += [at for name, of, at in self.erased if (name, of) == (others[0].journey, step.name)]
        return sum(since is None or at >= since for at in given)

    def forget(self, enrolment: Enrolment) -> None:
        """Its customer is erased: what was given counts, and is nobody's."""
        for step, gift in enrolment.gifts.items():
            if gift.state in ("reserved", "shown"):
                self.erased.append((enrolment.journey, step, gift.at))
        enrolment.gifts.clear()

    def blocked(self, journey: Journey, step: Step, enrolment: Enrolment) -> None:
        """Where the message here was refused, and none to come shows it, it goes back at once."""
        message = enrolment.messages.get(step.name)
        if message is None or message.state != "refused":
            return
        if not any(_shown_by(journey.step(name)) for name in _behind(journey, step)):
            self.release(enrolment)

    def release(self, enrolment: Enrolment) -> None:
        """What nobody was shown goes back to its place."""
        for gift in enrolment.gifts.values():
            if gift.state == "reserved":
                gift.state = "released"
                if gift.code:
                    self.free = sorted([*self.free, gift.code])

    def used(self, event: Happening, enrolments: list[Enrolment]) -> None:
        """An order names a code."""
        code = event.properties.get("coupon")
        if event.name != "Order Completed" or code is None or event.properties.get("order_id") is None:
            return
        self.free = [one for one in self.free if one != code]
        for enrolment in enrolments:
            for gift in enrolment.gifts.values():
                if gift.code == code and gift.state in ("reserved", "shown"):
                    gift.redeemed = True


def _since(give: Give, shop: Shop, now: datetime) -> datetime | None:
    """The beginning of the shop's day or week."""
    if give.budget_per is None:
        return None
    local = to_local(now, shop.timezone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return to_instant(
        local - timedelta(days=local.weekday() if give.budget_per == "week" else 0), shop.timezone
    )


def _shown_by(step: Step) -> bool:
    send = step.action.send if isinstance(step.action, Ask) else step.action
    return isinstance(send, Send) and send.template == "test/treat"


def _behind(journey: Journey, step: Step) -> set[str]:
    """All that one may come to from there, however long it takes."""
    found: set[str] = set()
    due = [step]
    while due:
        one = due.pop()
        ways = {target for _, target in one.edges}
        ways |= {one.after} if one.condition else set()
        ways |= {behind_next(journey, one)} if one.may_skip else set()
        fresh = {name for name in ways if name is not None} - found
        found |= fresh
        due += [journey.step(name) for name in sorted(fresh)]
    return found


def served(step: Step, who: list[Enrolment]) -> list[Enrolment]:
    """In which order: who entered first, then by the key of the gift."""
    first = step.first_name or step.name

    def place(one: Enrolment) -> tuple[datetime, str]:
        return one.entered_at, message_key(one.journey, one.customer_key, one.one_per, one.occurrence, first)

    return sorted(who, key=place)


def shows(template: str, enrolment: Enrolment, journey: Journey, zone: str, now: datetime) -> bool:
    """May a message by this template leave? If so, what it shows first has been seen from now on."""
    gift = enrolment.gifts.get("treat") if template == "test/treat" else None
    if gift is None:
        return True  # it does without, for whoever never came to the step
    give = journey.step("treat").action
    assert isinstance(give, Give)
    if gift.state == "reserved" and not gift.redeemed:
        valid = give.valid or (LIFE if give.voucher == "few" else None)
        gift.state, gift.expires_at = "shown", valid.after(now, zone) if valid else None
        return True
    return gift.redeemed or (gift.state == "shown" and (gift.expires_at is None or gift.expires_at > now))
