"""Where a message goes, by its channel; or why it cannot go there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.inside.cohorts import customer
from loyaltyloop.store.people.devices import newest_token
from loyaltyloop.store.people.phones import phone_of

NO_DEVICE = "no device that takes pushes"


def columns_for(channel: str) -> list[ColumnElement[Any]]:
    """What must be known of a message's reader to send it there; e-mail's address is always read."""
    match channel:
        case "sms":
            phone, country = customer.c.phone, customer.c.country
            return [customer.c.sms_number, phone.label("phone"), country.label("phone_country")]
        case "push":
            return [newest_token(customer).label("token")]
        case _:
            return []


def unreachable(message: Any, shop: Shop) -> str:
    """Why its reader cannot be reached by text or push; empty if they can. `message`: a row of candidates."""
    if message.channel == "push":
        return "" if message.token else NO_DEVICE
    if message.sms_number:
        return ""
    return phone_of(message.phone, message.phone_country, shop.country).why or "the phone number is not valid"
