"""Text messages as a channel: to files, or by Twilio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.channels.channel import Channel, Letter
from loyaltyloop.channels.claiming.candidates import Group
from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.http.twilio import Twilio
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.phone.sms_text import SmsText
from loyaltyloop.channels.phone.text_files import TextFiles
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.context import Names
from loyaltyloop.channels.ways import Ways, choose
from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings

LONGEST = 1600  # letters; Twilio takes no more (error 21617), and ten parts are more than anybody reads
WAYS: Ways = {
    "files": lambda settings: TextFiles(settings.outbox, ".sms.txt"),
    Twilio.name: Twilio.of,
}


class Sms(Channel):
    """One message as a text: `hello.sms.txt`, whose links can be told from any other's."""

    name = "sms"

    def choose(self, settings: Settings) -> WayOut:
        return choose(WAYS, "LOOP_SMS", settings.sms, settings)

    def uses(self, renderer: Renderer, template: str) -> frozenset[str]:
        return renderer.texts[self.name].uses_of(template)

    def know(self, connection: Connection, rows: Sequence[Any], names: Mapping[str, Names]) -> None:
        """Nothing beside what all channels have."""

    def write(self, renderer: Renderer, shop: Shop, group: Group, row: Any, names: Names) -> Letter:
        texts = renderer.texts[self.name]
        made = texts.render(row.template, row.key, names, group.people.locale(row))
        if not made.text:
            raise CannotRender("missing", "a text")
        if len(made.text) > LONGEST:
            raise CannotRender("bound", f"the text is longer than {LONGEST:,} letters")
        links, unsubscribe = made.links, made.unsubscribe
        return Letter(shop.sender.name, row.sms_number, text=made.text, links=links, unsubscribe=unsubscribe)

    def assemble(self, message: Any, now: datetime) -> Outgoing:
        text = SmsText(message.text, message.to)
        return Outgoing(message.key, message.sender, message.to, text, now - message.decided_at)
