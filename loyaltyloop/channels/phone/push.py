"""Pushes as a channel: to files, by Firebase (FCM), or by OneSignal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.channels.channel import Channel, Letter
from loyaltyloop.channels.claiming.candidates import Group
from loyaltyloop.channels.http.fcm import Fcm
from loyaltyloop.channels.http.onesignal import OneSignal
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.channels.phone.text_files import TextFiles
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.context import Names
from loyaltyloop.channels.ways import Ways, choose
from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings

WAYS: Ways = {
    "files": lambda settings: TextFiles(settings.outbox, ".push.json"),
    Fcm.name: Fcm.of,
    OneSignal.name: OneSignal.of,
}


class Push(Channel):
    """One message as a push, to the device that its reader held last: `hello.push.txt`, first its title."""

    name = "push"

    def choose(self, settings: Settings) -> WayOut:
        return choose(WAYS, "LOOP_PUSH", settings.push, settings)

    def uses(self, renderer: Renderer, template: str) -> frozenset[str]:
        return renderer.texts[self.name].uses_of(template)

    def know(self, connection: Connection, rows: Sequence[Any], names: Mapping[str, Names]) -> None:
        """Nothing beside what all channels have."""

    def write(self, renderer: Renderer, shop: Shop, group: Group, row: Any, names: Names) -> Letter:
        made = renderer.texts[self.name].render(row.template, row.key, names, group.people.locale(row))
        push = PushText.of(made.text)
        return Letter(
            shop.sender.name,
            row.token,
            push.title,
            text=made.text,
            links=made.links,
            unsubscribe=made.unsubscribe,
        )

    def assemble(self, message: Any, now: datetime) -> Outgoing:
        push = PushText.of(message.text, message.key, message.to)
        return Outgoing(message.key, message.sender, message.to, push, now - message.decided_at)
