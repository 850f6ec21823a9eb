"""`start`: let the customer enter another journey, at that journey's next turn."""

from __future__ import annotations

from sqlalchemy import Table

from loyaltyloop.journey.admission import lacks
from loyaltyloop.journey.dice import message_key
from loyaltyloop.journey.model import Start
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.events.wordless import entered_by_anybody, wordless
from loyaltyloop.store.inside.cohorts import cohort, decide, enrolment
from loyaltyloop.store.inside.entries import one_per
from loyaltyloop.store.live.versions import load_newest
from loyaltyloop.store.models import Entry
from loyaltyloop.store.orders.basket_lines import host_of

entry: Table = Entry.__table__  # type: ignore[attr-defined]
_QUEUED = ("journey", "customer_id", "at", "one_per", "occurrence", "trigger", "cause", "state", "reason")


def look(stand: Stand) -> None:
    """Everybody is queued for the other journey, with what they entered this one by, and goes on.

    Who lacks the property that there is one enrolment for is refused there, on record.
    """
    action = stand.step.action
    assert isinstance(action, Start)
    people = stand.people(
        cohort.c.id,
        enrolment.c.customer_id,
        enrolment.c.customer_key,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        enrolment.c.trigger,
    )
    enter = load_newest(stand.connection, action.journey).journey.enter
    first = stand.step.first_name or stand.step.name
    anybody = entered_by_anybody(stand.connection, [person.id for person in people])
    host = host_of(stand.shop.url)
    rows = []
    for person in people:
        key = message_key(stand.journey.name, person.customer_key, person.one_per, person.occurrence, first)
        per = one_per(enter, person.trigger)
        judged = ("queued", "") if per is not None else ("refused", lacks(person.trigger, enter.one_per))
        trigger = wordless(person.trigger, host) if person.id in anybody else person.trigger
        rows.append(
            (action.journey, person.customer_id, stand.now, per or "", key, trigger, "start", *judged)
        )
    insert_rows(stand.connection, entry, _QUEUED, rows)
    decide(stand.connection, "", f"started {action.journey}")
