"""Shopify's three privacy topics: noted before they are answered, and carried out after."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError

from loyaltyloop.channels.people_data import Files, carry_out
from loyaltyloop.store.database import write_shop
from loyaltyloop.store.people.identity import Id
from loyaltyloop.store.privacy import requests
from loyaltyloop.store.privacy.requests import Kind
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.web.service import Service
from loyaltyloop.web.shops.delivery import Delivery
from loyaltyloop.web.shops.payload import block, email, identifier, text

log = logging.getLogger(__name__)
TOPICS: Mapping[str, Kind] = {
    "customers/data_request": "export",
    "customers/redact": "erase",
    "shop/redact": "erase_shop",
}


def note(service: Service, said: Delivery) -> None:
    """Put the request on record; a second time adds nothing."""
    known = block(said.payload.get("customer"))
    shop = text(said.payload.get("shop_domain")) or said.domain
    with write_shop(service.engine) as connection:
        requests.ask_by_shop(connection, TOPICS[said.topic], said.key, _ids(known), shop, said.received)


def _ids(known: Mapping[str, object]) -> list[Id]:
    """The customer's id in the shop, and the address as a guest's id."""
    number, address = identifier(known.get("id")), email(known.get("email"))
    found: list[Id] = [] if number is None else [("user", number)]
    return found if address is None else [*found, ("anonymous", by_email(address))]


def act(service: Service) -> None:
    """Carry out what is due. What fails stays due: housekeeping tries it again."""
    try:
        carry_out(service.engine, Files.of(service.settings), service.clock())
    except (OSError, SQLAlchemyError) as error:
        log.warning("people's data: a request of the shop waits: %s", type(error).__name__)
