"""The shop as templates see it: its name, its sender, and its looks with good defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loyaltyloop.channels.values.colours import contrast, readable
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Shop

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
PAPER, NIGHT = "#ffffff", "#171c22"  # what text stands on, by day and by night, in layout/base.css
SEEN = 3.0  # WCAG 1.4.11: how much a button must stand out from its ground
LIT = 6.5  # more than WCAG's 4.5: a link in a dark colour on dark paper looks dimmer than its number
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
    logo = {"logo": extra["logo"]} if extra.get("logo") else {}
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
        "brand": _brand({**logo, **(brand if isinstance(brand, Mapping) else {})}),
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
    by_night = readable(colour, NIGHT, SEEN)
    return {
        "on_colour": _over(colour),
        "button_dark": by_night,
        "on_button_dark": _over(by_night),
        "link": readable(colour, PAPER),
        "link_dark": readable(colour, NIGHT, LIT),
        **brand,
    }


def _over(colour: str) -> str:
    """Black or white, whichever is read better on this colour."""
    return max("#ffffff", "#000000", key=lambda ink: contrast(ink, colour))
