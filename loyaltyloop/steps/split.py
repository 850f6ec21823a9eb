"""`split`: decide by the customer's own dice, the same each time."""

from __future__ import annotations

from decimal import Decimal

from loyaltyloop.journey.dice import choose, split_salt, throw
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.inside.cohorts import cohort, decide_each, enrolment


def look(stand: Stand) -> None:
    """Everybody takes the path whose interval holds the number drawn for them."""
    salt = split_salt(stand.journey.name, stand.step.first_name or stand.step.name)
    shares = [(path.name, path.share or Decimal(0)) for path in stand.step.paths]
    decided = []
    for person in stand.people(cohort.c.id, enrolment.c.customer_key):
        drawn = throw(salt, person.customer_key)
        decided.append({"id": person.id, "path": choose(shares, drawn), "why": f"drew {drawn:.4f}"})
    decide_each(stand.connection, decided)
