"""`recommend`: products for this customer, kept on the enrolment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Table

from loyaltyloop.journey.model import Recommend
from loyaltyloop.journey.numbers import counted
from loyaltyloop.scores.recommending.recommend import Dice, Wanted, as_value, recommend
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.inside.cohorts import cohort, customer, decide, decide_each, enrolment
from loyaltyloop.store.models import Kept

kept: Table = Kept.__table__  # type: ignore[attr-defined]


def look(stand: Stand) -> None:
    """Everybody gets what can be found; who gets too little does as `if_short` says.

    Kept are the picks; too few are kept as none. Whether messages then go without the block (`collapse`) or
    not at all (`skip`) is seen when they leave, as products may have sold out by then.
    """
    action = stand.step.action
    assert isinstance(action, Recommend)
    people = stand.people(
        *(cohort.c.id, enrolment.c.customer_id, customer.c.country, enrolment.c.trigger),
        *(enrolment.c.customer_key, enrolment.c.one_per, enrolment.c.occurrence),
    )
    wanted = [_wanted(stand, row) for row in people]
    picks = recommend(stand.connection, wanted, action, stand.shop, stand.now)
    rows, leaving = [], []
    for person in people:
        found = picks.get(person.id, [])
        enough = len(found) >= action.at_least
        if not enough and action.if_short == "leave":
            leaving.append(
                {
                    "id": person.id,
                    "left": "too few products",
                    "why": f"{counted(len(found), 'product')} found",
                }
            )
            continue
        rows.append((person.id, stand.step.name, as_value(found if enough else [])))
    insert_rows(stand.connection, kept, ("enrolment_id", "step", "value"), rows)
    decide_each(stand.connection, leaving)
    decide(stand.connection, "", "")


def _wanted(stand: Stand, row: Row[Any]) -> Wanted:
    step = stand.step.first_name or stand.step.name
    dice = Dice(row.customer_key, stand.journey.name, step, row.one_per, row.occurrence)
    return Wanted(row.customer_id, row.id, row.country, row.trigger or {}, dice)
