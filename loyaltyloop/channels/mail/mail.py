"""E-mail as a channel: to .eml files, to a mail server, or to a provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.channels.channel import Channel, Letter
from loyaltyloop.channels.claiming.candidates import Group
from loyaltyloop.channels.http.mailgun import Mailgun
from loyaltyloop.channels.http.postmark import Postmark
from loyaltyloop.channels.http.resend import Resend
from loyaltyloop.channels.http.sendgrid import SendGrid
from loyaltyloop.channels.http.ses import Ses
from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.channels.mail.mime import assemble, sender_of
from loyaltyloop.channels.mail.smtp import Smtp
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.context import Names
from loyaltyloop.channels.ways import Ways, choose
from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings

WAYS: Ways = {
    "eml": lambda settings: EmlFiles(settings.outbox),
    Smtp.name: Smtp.of,
    Postmark.name: Postmark.of,
    SendGrid.name: SendGrid.of,
    Mailgun.name: Mailgun.of,
    Resend.name: Resend.of,
    Ses.name: Ses.of,
}


class Mail(Channel):
    """One message by e-mail: an HTML page, its text part, and links that can be told from any other's."""

    name = "email"

    def choose(self, settings: Settings) -> WayOut:
        return choose(WAYS, "LOOP_EMAIL", settings.email, settings)

    def uses(self, renderer: Renderer, template: str) -> frozenset[str]:
        return renderer.uses_of(template)

    def know(self, connection: Connection, rows: Sequence[Any], names: Mapping[str, Names]) -> None:
        """Nothing beside what all channels have."""

    def write(self, renderer: Renderer, shop: Shop, group: Group, row: Any, names: Names) -> Letter:
        if row.stored is not None:  # a provider knows this key by these words
            return Letter(row.stored, row.email, row.stored_subject, stored=True)
        mail = renderer.render(row.template, row.key, names, group.people.locale(row))
        sender = sender_of(shop)
        return Letter(sender, row.email, mail.subject, mail.html, mail.text, mail.links, mail.unsubscribe)

    def assemble(self, message: Any, now: datetime) -> Outgoing:  # noqa: ARG002
        return assemble(message)
