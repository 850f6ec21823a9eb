"""`set`: change the customer, by events like any other, applied at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from loyaltyloop.journey.dice import message_key
from loyaltyloop.journey.model import Set
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.events.apply import apply_on
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import cohort, customer, decide, enrolment
from loyaltyloop.store.models import Identity
from loyaltyloop.store.people.customers import PREFERRED
from loyaltyloop.store.segment import Call

identity: Table = Identity.__table__  # type: ignore[attr-defined]
SOURCE = "journey"


def look(stand: Stand) -> None:
    """Everybody is changed and goes on."""
    action = stand.step.action
    assert isinstance(action, Set)
    if action.tags_add or action.tags_remove:
        # A list of tags is written whole: from the tags as they are, with what has arrived meanwhile.
        apply_on(stand.connection, stand.now, stand.shop)
    people = stand.people(
        cohort.c.id,
        enrolment.c.customer_id,
        enrolment.c.customer_key,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        customer.c.tags,
        customer.c.zone,
    )
    ids = _ids(stand.connection, sorted({person.customer_id for person in people}))
    calls = [call for person in people for call in _calls(stand, action, person, ids[person.customer_id])]
    if calls:
        record(stand.connection, calls)
        apply_on(stand.connection, stand.now, stand.shop)
    decide(stand.connection, "", "set")


def _ids(connection: Connection, customers: list[int]) -> dict[int, tuple[str, str]]:
    """Customer → an id (kind, value) that events about them can bear: a user id, if there is one."""
    found: dict[int, tuple[str, str]] = {}
    chosen = select(identity.c.customer_id, identity.c.kind, identity.c.value)
    for ids in batches(customers):
        known = connection.execute(chosen.where(identity.c.customer_id.in_(ids)))
        for customer_id, kind, value in sorted(tuple(row) for row in known):
            if found.get(customer_id, ("anonymous", ""))[0] == "anonymous":
                found[customer_id] = (kind, value)
    return found


def _calls(stand: Stand, action: Set, person: Row[Any], known_by: tuple[str, str]) -> Iterator[Call]:
    kind, value = known_by
    first = stand.step.first_name or stand.step.name
    key = message_key(stand.journey.name, person.customer_key, person.one_per, person.occurrence, first)
    at = stand.now + _place(stand)

    def call(number: int, type_: str, name: str, properties: dict[str, Any]) -> Call:
        return Call(
            source=SOURCE, message_id=f"{key}/{number}", type=type_, name=name, previous_id=None,
            at=at, arrived_at=stand.now, properties=properties,
            user_id=value if kind == "user" else None, anonymous_id=value if kind == "anonymous" else None,
        )  # fmt: skip

    traits: dict[str, Any] = dict(action.attributes)
    if action.tags_add or action.tags_remove:
        tags = [tag for tag in (person.tags or []) if tag not in action.tags_remove]
        traits["tags"] = list(dict.fromkeys([*tags, *action.tags_add]))
    if traits:
        yield call(0, "identify", "", traits)
    for number, channel in enumerate(action.withdraw, start=1):
        yield call(number, "track", "Consent Withdrawn", {"channel": channel, "purpose": "marketing"})
    if action.often is not None:
        yield call(len(action.withdraw) + 1, "track", PREFERRED, _rhythm(stand, action, person.zone))


def _place(stand: Stand) -> timedelta:
    """Microseconds by the step's place: of two changes in one turn the later step's is the later one."""
    steps = [step.name for step in (*stand.journey.steps, *stand.journey.at_end)]
    return timedelta(microseconds=steps.index(stand.step.name))


def _rhythm(stand: Stand, action: Set, zone: str) -> dict[str, Any]:
    """How often they want to hear; a pause counts by their own calendar."""
    until = action.pause.after(stand.now, zone) if action.pause else None
    return {"often": action.often, "paused_until": until and until.isoformat()}
