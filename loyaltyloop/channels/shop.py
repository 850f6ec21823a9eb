"""The shop as templates see it: its name, its sender, and its looks with good defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loyaltyloop.channels.colours import contrast, readable
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Shop

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
PAPER, INK = "#ffffff", "#1d2733"
NIGHT = "#171c22"
DEFAULTS = {
    "colour": "#1f5c4d",
    "logo": "",
    "logo_width": "140",
    "font": "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
}


def shop_names(shop: Shop) -> dict[str, object]:
    """What `shop` holds in a template. UserError for a colour that is none."""
    extra = dict(shop.extra)
    brand = extra.get("brand")
    return {
        "name": shop.name,
        "url": shop.url,
        "country": shop.country,
        "currency": shop.currency,
        "timezone": shop.timezone,
        "language": _language(shop, extra),
        "sender": {
            "name": shop.sender.name,
            "email": shop.sender.email,
            "postal_address": shop.sender.postal_address,
        },
        "brand": _brand(brand if isinstance(brand, Mapping) else {}),
    }


def _language(shop: Shop, extra: Mapping[str, object]) -> str:
    markets = (market.language for _, market in shop.markets if shop.country in market.countries)
    return str(extra.get("language") or next((one for one in markets if one), None) or "en").lower()


def _brand(given: Mapping[str, object]) -> dict[str, object]:
    brand: dict[str, object] = {**DEFAULTS, **{str(name): value for name, value in given.items() if value}}
    colour = str(brand["colour"])
    if not _COLOUR.fullmatch(colour):
        raise UserError(
            f'brand: colour: {colour!r} is no colour: write it as "#1f5c4d" in journeys/shop.yaml'
        )
    white = contrast(PAPER, colour) >= contrast(INK, colour)
    return {
        "on_colour": PAPER if white else INK,
        "link": readable(colour, PAPER),
        "link_dark": readable(colour, NIGHT),
        **brand,
    }
