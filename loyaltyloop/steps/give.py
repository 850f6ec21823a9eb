"""`give`: a voucher, points or a badge, by the customer's own luck and within the step's budget.

Who is given nothing, for whatever reason, goes on or leaves as `if_empty` says; why is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from loyaltyloop.journey.clock.periods import period_start
from loyaltyloop.journey.codes import matched
from loyaltyloop.journey.dice import give_salt, message_key, throw
from loyaltyloop.journey.model import Give
from loyaltyloop.steps.gifts import badge, points, voucher
from loyaltyloop.steps.gifts.kind import Given, Kind, Winner
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.inside.cohorts import cohort, customer, decide_each, enrolment
from loyaltyloop.store.models import Kept
from loyaltyloop.store.vouchers import gifts

kept: Table = Kept.__table__  # type: ignore[attr-defined]
KINDS: Mapping[str, Kind] = {"voucher": voucher.KIND, "points": points.KIND, "badge": badge.KIND}
NOTHING = "nothing to give"  # the reason of whoever leaves for it


def look(stand: Stand) -> None:
    """Everybody who has arrived gets something or nothing, those who entered first before the others."""
    give = stand.step.action
    assert isinstance(give, Give)
    arrived = _arrived(stand)
    has = gifts.have_one(stand.connection, stand.step.name, [one.enrolment_id for one in arrived])
    nothing: dict[int, str] = {}
    drawn = list(_drawn(stand, give, (one for one in arrived if one.enrolment_id not in has), nothing))
    room = _room(stand, give)
    if room is not None:
        nothing |= {one.enrolment_id: _used_up(give) for one in drawn[room:]}
        drawn = drawn[:room]
    kind = KINDS[give.kind]
    got = kind.grant(stand, give, drawn)
    nothing |= {one.enrolment_id: kind.nothing(give) for one in drawn if one.enrolment_id not in got}
    gifts.write(stand.connection, _rows(stand, give, drawn, got))
    none = [(one, stand.step.name, {"nothing": why}) for one, why in nothing.items()]
    insert_rows(stand.connection, kept, ("enrolment_id", "step", "value"), none)
    _decide(stand, give, arrived, nothing)


def _arrived(stand: Stand) -> list[Winner]:
    """Those who stand here, in the order in which they are served: by `entered_at`, then by key."""
    people = stand.people(
        cohort.c.id,
        enrolment.c.customer_id,
        enrolment.c.customer_key,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        enrolment.c.entered_at,
        customer.c.zone,
    )
    name, first = stand.journey.name, stand.step.first_name or stand.step.name
    found = []
    for one in people:
        key = message_key(name, one.customer_key, one.one_per, one.occurrence, first)
        found.append(Winner(one.id, one.customer_id, one.customer_key, key, one.entered_at, one.zone))
    return sorted(found, key=lambda one: (one.entered_at, one.key))


def _drawn(stand: Stand, give: Give, people: Iterable[Winner], nothing: dict[int, str]) -> Iterator[Winner]:
    """Those whose own dice say so; why the others get nothing goes into `nothing`."""
    salt = give_salt(stand.journey.name, stand.step.first_name or stand.step.name)
    for one in people:
        if give.chance is None or (drew := throw(salt, one.customer_key)) < give.chance:
            yield one
        else:
            nothing[one.enrolment_id] = f"drew {drew:.4f}: no luck"


def _room(stand: Stand, give: Give) -> int | None:
    """How many gifts of this step the budget has left in the shop's present day, week or month; None: any."""
    if give.budget is None:
        return None
    since = give.budget_per and period_start(stand.now, give.budget_per, stand.shop.timezone)
    steps = (stand.step.name, *stand.step.was)
    return max(0, give.budget - gifts.given(stand.connection, stand.journey.name, steps, since or None))


def _used_up(give: Give) -> str:
    per = f" a {give.budget_per}" if give.budget_per else ""
    return f"the budget of {give.budget:,}{per} is used up"


def _rows(
    stand: Stand, give: Give, winners: Sequence[Winner], got: Mapping[int, Given]
) -> Iterator[tuple[Any, ...]]:
    names = (stand.journey.name, stand.step.name, give.kind)
    for one in winners:
        gift = got.get(one.enrolment_id)
        if gift is not None:
            own = (gift.value, gift.amount, gift.code, gift.code and matched(gift.code), gift.expires_at)
            yield one.enrolment_id, one.customer_id, *names, gift.what, gift.state, stand.now, *own


def _decide(stand: Stand, give: Give, arrived: Sequence[Winner], nothing: Mapping[int, str]) -> None:
    going, leaving = [], []
    for one in arrived:
        why = nothing.get(one.enrolment_id)
        if why is not None and give.if_empty == "leave":
            leaving.append({"id": one.enrolment_id, "left": NOTHING, "why": why})
        else:
            going.append({"id": one.enrolment_id, "path": "", "why": why or "given"})
    decide_each(stand.connection, going)
    decide_each(stand.connection, leaving)
