"""The renderer of the live templates, kept while they stay the same: compiling costs more than a turn."""

from __future__ import annotations

from collections.abc import Mapping

from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.journey.model import Shop


class Renderers:
    """Remembers the last renderer and what it was made of."""

    def __init__(self, public_url: str, secret: bytes) -> None:
        self._public_url = public_url
        self._secret = secret
        self._last: tuple[Mapping[str, str], Shop, Renderer] | None = None

    def of(self, templates: Mapping[str, str], shop: Shop) -> Renderer:
        """A renderer of these templates for this shop."""
        if self._last is None or self._last[0] != templates or self._last[1] != shop:
            self._last = (templates, shop, Renderer(templates, shop, self._public_url, self._secret))
        return self._last[2]
