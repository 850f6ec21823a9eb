"""How the pages look: the shop's colours and logo in our styles, and what a browser may load for them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from loyaltyloop.channels.values.links import allowed
from loyaltyloop.channels.values.shop import DEFAULTS, shop_names
from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Sender, Shop

_COLOURS = ("colour", "on_colour", "button_dark", "on_button_dark", "link", "link_dark")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FONT = re.compile(r"[A-Za-z0-9 ,'\"_-]{1,300}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_LARGEST_LOGO = 400  # CSS pixels
_PLAIN = Shop("", "UTC", "EUR", "", Sender("", "", ""))


@dataclass(frozen=True)
class Looks:
    """A shop's styles and logo. `policy`: the Content-Security-Policy that lets just these in."""

    style: str
    policy: str
    logo: str = ""
    logo_dark: str = ""
    logo_width: int = int(DEFAULTS["logo_width"])


def looks_of(shop: Shop | None) -> Looks:
    """The looks of this shop; ours, where nothing is applied yet.

    What shop.yaml says goes into a style sheet: a value that is none of its kind is left out.
    """
    brand = _brand(shop)
    plain = _brand(None)
    colours = {name: _fitting(_COLOUR, brand[name]) or str(plain[name]) for name in _COLOURS}
    font = _fitting(_FONT, brand["font"]) or DEFAULTS["font"]
    style = _style(tuple(colours.items()), font)
    logo, logo_dark = _picture(brand.get("logo")), _picture(brand.get("logo_dark"))
    width = str(brand.get("logo_width"))
    fits = width.isascii() and width.isdigit() and 0 < int(width[:4]) <= _LARGEST_LOGO
    return Looks(
        style,
        _policy(style, [one for one in (logo, logo_dark) if one]),
        logo,
        logo_dark,
        int(width) if fits else int(DEFAULTS["logo_width"]),
    )


def _brand(shop: Shop | None) -> Mapping[str, object]:
    try:
        brand = None if shop is None else shop_names(shop)["brand"]
    except UserError:  # a colour that is none: `loop check` tells the shop, not its customers
        brand = None
    if isinstance(brand, Mapping):
        return brand
    plain = shop_names(_PLAIN)["brand"]
    assert isinstance(plain, Mapping)
    return plain


def _fitting(kind: re.Pattern[str], value: object) -> str:
    text = str(value)
    return text if kind.fullmatch(text) else ""


def _picture(url: object) -> str:
    """Its address, where a browser may load it."""
    text = str(url or "")
    return text if allowed(text) and _origin(text) else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return _fitting(_ORIGIN, f"{parts.scheme}://{parts.netloc}")


@lru_cache(maxsize=16)
def _style(colours: tuple[tuple[str, str], ...], font: str) -> str:
    text = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    return Template(text).substitute(dict(colours), font=font)


def _policy(style: str, pictures: list[str]) -> str:
    """No script, no frame, no foreign thing but the logo; forms lead back here."""
    ours = base64.b64encode(sha256(style.encode()).digest()).decode()
    origins = " ".join(sorted({_origin(url) for url in pictures})) or "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{ours}'; img-src {origins}; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
