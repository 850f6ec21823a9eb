"""A badge: once for each customer, and told as an event, for other journeys to enter by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loyaltyloop.journey.model import Give
from loyaltyloop.steps.gifts.kind import Given, Kind, Winner
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.loyalty.giving import Gift, give_badge


def grant(stand: Stand, give: Give, winners: Sequence[Winner]) -> Mapping[int, Given]:
    """The badge for each who has not got it yet."""
    badge = next((one for one in stand.shop.badges if one.name == give.badge), None)
    if badge is None:
        return {}
    gifts = [Gift(one.customer_id, one.key) for one in winners]
    new = give_badge(stand.connection, stand.shop, stand.now, gifts, badge.name)
    return {one.enrolment_id: Given(badge.name, badge.about) for one in winners if one.key in new}


def _nothing(give: Give) -> str:
    return f"they have the badge {give.badge} already"


KIND = Kind(grant, _nothing)
