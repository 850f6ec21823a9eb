"""Shopify's customers: who they are, what they consent to, and their requests about their data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.consents.consent import CHANNELS
from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.delivery import Delivery, Whose, by_thing, content, whose
from loyaltyloop.web.shops.payload import Payload, block, email, given, identifier, instant, needed, text

# Shopify's states of consent. `pending` (asked, not confirmed) and `invalid` are no answer.
_ANSWERS = {
    "subscribed": "Consent Granted",
    "unsubscribed": "Consent Withdrawn",
    "not_subscribed": "Consent Withdrawn",
    "redacted": "Consent Withdrawn",
}
_CONSENTS = {"email": "email_marketing_consent", "sms": "sms_marketing_consent"}
_REQUESTS = {
    "customers/data_request": "Personal Data Requested",
    "customers/redact": "Erasure Requested",
    "shop/redact": "Shop Erasure Requested",
}


def customer(said: Delivery) -> Iterator[Call]:
    """`customers/create` and `customers/update`: the customer as it is now."""
    number = needed(said.payload, "id")
    who = whose(said.source, number, email(said.payload.get("email")), f"customer:{number}")
    yield from introduced(said, who, said.payload, {})
    if said.topic == "customers/create":
        began = instant(said.payload.get("created_at"))
        yield said.track(who, "Signed Up", ("customer", number, "created"), began, {})


def introduced(said: Delivery, who: Whose, known: Payload, order: Payload) -> Iterator[Call]:
    """What a customer's record says, and where it is silent, the order that it stands in."""
    at = instant(known.get("updated_at")) or instant(order.get("updated_at"))
    traits = _traits(known, order)
    if traits or who.user is not None:
        name = who.user or who.device or ""
        yield said.identify(who, ("customer", name, content(at, traits)), at, traits)
    for channel, place in _CONSENTS.items():
        yield from _answered(said, who, channel, block(known.get(place)), at)


def _traits(known: Payload, order: Payload) -> dict[str, Any]:
    """No street: a city and a country are enough for zones and segments."""
    places = (known.get("default_address"), order.get("billing_address"), order.get("shipping_address"))
    place = next((found for each in places if (found := block(each))), {})
    tags = text(known.get("tags"))
    return given(
        email=email(known.get("email")) or email(order.get("email")) or email(order.get("contact_email")),
        phone=text(known.get("phone")) or text(order.get("phone")),
        first_name=text(known.get("first_name")) or text(place.get("first_name")),
        last_name=text(known.get("last_name")) or text(place.get("last_name")),
        city=text(place.get("city")),
        country=text(place.get("country_code")),
        locale=text(order.get("customer_locale")),
        created_at=text(known.get("created_at")),
        # Not `tags`: journeys set those, and a shop's list would wipe theirs out.
        shop_tags=None if tags is None else sorted({part.strip() for part in tags.split(",")} - {""}),
    )


def consent(said: Delivery) -> Iterator[Call]:
    """`customers_marketing_consent/update` (SMS) and `customers_email_marketing_consent/update`."""
    number = identifier(said.payload.get("customer_id")) or identifier(said.payload.get("id"))
    address = email(said.payload.get("email_address")) or email(said.payload.get("email"))
    if number is None and address is None:
        raise Refused("neither customer nor address")
    who = whose(said.source, number, address, "")
    for channel, place in _CONSENTS.items():
        yield from _answered(said, who, channel, block(said.payload.get(place)), None)


def _answered(
    said: Delivery, who: Whose, channel: str, told: Payload, otherwise: datetime | None
) -> Iterator[Call]:
    """An answer about consent; told again, also by another topic, it is the same one.

    `otherwise`: when it was given, where the answer does not say. Without any time nobody has answered.
    """
    state = text(told.get("state"))
    dated = instant(told.get("consent_updated_at"))
    name = _ANSWERS.get(state or "")
    if name is None or (dated is None and state == "not_subscribed"):
        return
    at = dated or otherwise
    about = given(
        channel=channel,
        purpose="marketing",
        state=state,
        opt_in_level=text(told.get("opt_in_level")),
        collected_from=text(told.get("consent_collected_from")),
    )
    key = ("consent", who.user or who.device or "", channel, content(at, {"state": state}))
    yield said.track(who, name, key, at, about)


def deleted(said: Delivery) -> Iterator[Call]:
    """`customers/delete`: the account is gone, and with it what was consented to."""
    number = needed(said.payload, "id")
    yield said.track(Whose(number), "Account Deleted", ("customer", number, "deleted", said.key), None, {})
    yield from _withdrawn(said, Whose(number), f"customer {number} deleted")


def _withdrawn(said: Delivery, who: Whose, why: str) -> Iterator[Call]:
    for channel in CHANNELS:
        about = {"channel": channel, "purpose": "marketing", "reason": said.topic}
        yield said.track(who, "Consent Withdrawn", (why, channel, said.key), None, about)


def request(said: Delivery) -> Iterator[Call]:
    """The three privacy topics: recorded as requests of people's data, without the address they name."""
    known = block(said.payload.get("customer"))
    orders = said.payload.get("orders_requested", said.payload.get("orders_to_redact"))
    shop = text(said.payload.get("shop_domain")) or said.domain
    whole = said.topic == "shop/redact"
    who = _requester(said, known, shop, whole)
    listed = [found for each in orders if (found := identifier(each))] if isinstance(orders, list) else None
    about = given(
        topic=said.topic,
        shop_domain=shop or None,
        orders=listed,
        request_id=identifier(block(said.payload.get("data_request")).get("id")),
    )
    yield said.track(who, _REQUESTS[said.topic], (said.topic, said.key), None, about)
    if said.topic == "customers/redact":
        yield from _withdrawn(said, who, "redact")


def _requester(said: Delivery, known: Payload, shop: str, whole: bool) -> Whose:
    if whole:
        return Whose(None, by_thing(said.source, f"shop:{shop}"))
    number, address = identifier(known.get("id")), email(known.get("email"))
    if number is None and address is None:
        raise Refused("neither customer nor address")
    return whose(said.source, number, address, "")
