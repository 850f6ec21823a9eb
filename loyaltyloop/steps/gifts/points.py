"""Points: entries of the ledger, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loyaltyloop.journey.model import Give
from loyaltyloop.steps.gifts.kind import Given, Kind, Winner
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.loyalty.giving import Gift, give_points


def grant(stand: Stand, give: Give, winners: Sequence[Winner]) -> Mapping[int, Given]:
    """As many points for each as the step says; `valid` counts from now, as they can be spent from now on."""
    rule = stand.shop.points
    if rule is None or give.points is None:
        return {}
    gifts = [Gift(one.customer_id, one.key) for one in winners]
    lapses = give_points(stand.connection, stand.shop, stand.now, gifts, give.points, give.valid)
    given = Given(value=f"{give.points:,} {rule.name}", expires_at=lapses)
    return {one.enrolment_id: given for one in winners}


def _nothing(_give: Give) -> str:
    return "shop.yaml has no points"


KIND = Kind(grant, _nothing)
