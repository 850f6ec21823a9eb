"""E-mail as a channel: to .eml files or to a mail server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.channels.candidates import Group
from loyaltyloop.channels.channel import Channel, Letter
from loyaltyloop.channels.context import Names
from loyaltyloop.channels.eml import EmlFiles
from loyaltyloop.channels.mime import assemble, sender_of
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.render import Renderer
from loyaltyloop.channels.smtp import Smtp
from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings


class Mail(Channel):
    """One message by e-mail: an HTML page, its text part, and links that can be told from any other's."""

    name = "email"

    def choose(self, settings: Settings) -> WayOut:
        return Smtp.of(settings) if settings.email == "smtp" else EmlFiles(settings.outbox)

    def uses(self, renderer: Renderer, template: str) -> frozenset[str]:
        return renderer.uses_of(template)

    def know(self, connection: Connection, rows: Sequence[Any], names: Mapping[str, Names]) -> None:
        """Nothing beside what all channels have."""

    def write(self, renderer: Renderer, shop: Shop, group: Group, row: Any, names: Names) -> Letter:
        mail = renderer.render(row.template, row.key, names, group.people.locale(row))
        sender = sender_of(shop)
        return Letter(sender, row.email, mail.subject, mail.html, mail.text, mail.links, mail.unsubscribe)

    def assemble(self, message: Any, now: datetime) -> Outgoing:  # noqa: ARG002
        return assemble(message)
