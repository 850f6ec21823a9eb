"""Whether the links in messages can be opened where the messages go."""

from __future__ import annotations

from urllib.parse import urlsplit

from loyaltyloop.journey.addresses import is_local

REMEDY = (
    "Set LOOP_PUBLIC_URL to where customers' browsers find the web service, for example "
    "LOOP_PUBLIC_URL=https://mail.shop.example."
)


def lost_links(public_url: str) -> str:
    """What is wrong with links that begin so, as soon as they are elsewhere; empty if nothing is."""
    if not is_local(urlsplit(public_url).hostname or ""):
        return ""
    return f"their links, those to unsubscribe too, lead to {public_url}, which opens on this machine alone"
