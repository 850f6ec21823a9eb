"""Calls as a channel: signed web hooks (Standard Webhooks) to other systems, as files or really posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.channels.calls.hook_files import HookFiles
from loyaltyloop.channels.calls.post import Posts
from loyaltyloop.channels.channel import Channel, Letter
from loyaltyloop.channels.claiming.candidates import Group
from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.out import Outgoing, WayOut
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.context import Names
from loyaltyloop.journey.model import CALLS, Call, Shop
from loyaltyloop.settings import Settings
from loyaltyloop.store.messages.addressees import user_ids

# What signs calls to a `url` of a journey; those of shop.yaml's hooks have a secret each.
URL_SECRET = "LOOP_HOOK_SECRET"
_OF_ENROLMENT = ("journey", "step", "one_per", "entered_at", "decided_at")


class Hook(Channel):
    """One call: a JSON body, posted to a hook of shop.yaml or to an address on the internet.

    The body is made at the first claim and stays: who has noted a `webhook-id` sees no other body under it.
    """

    name = CALLS

    def choose(self, settings: Settings) -> WayOut:
        if settings.hooks == "files":
            return HookFiles(settings.outbox)
        # The present is told to the other side with each try; it decides nothing here.
        return Posts(settings.hook_secrets, lambda: datetime.now(UTC), near=URL_SECRET.__ne__)

    def uses(self, renderer: Renderer, template: str) -> frozenset[str]:
        return renderer.bodies.uses_of(template)

    def know(self, connection: Connection, rows: Sequence[Any], names: Mapping[str, Names]) -> None:
        """The customer's id in the shop, else the first id of all (`key`), which may be a browser's."""
        ids = user_ids(connection, {row.customer_id for row in rows})
        for row in rows:
            own = names[row.key]
            customer = own["customer"]
            assert isinstance(customer, dict)
            own["customer"] = {**customer, "user_id": ids.get(row.customer_id) or row.first_id}
            own["enrolment"] = {name: getattr(row, name) for name in _OF_ENROLMENT}

    def write(self, renderer: Renderer, shop: Shop, group: Group, row: Any, names: Names) -> Letter:
        action = group.step.action if group.step else None
        if not isinstance(action, Call):
            raise CannotRender("link", f"{row.step} calls nobody any more")
        secret, url = target(action, shop)
        if row.stored is not None:
            return Letter(secret, url, stored=True)
        return Letter(secret, url, text=renderer.bodies.render(row.template, names))

    def assemble(self, message: Any, now: datetime) -> Outgoing:
        age = now - message.decided_at
        return Outgoing(message.key, message.sender, message.to, message.text.encode(), age)


def target(call: Call, shop: Shop) -> tuple[str, str]:
    """The name of the secret that signs a call, and where it goes."""
    if call.url is not None:
        return URL_SECRET, call.url
    for hook in shop.hooks:
        if hook.name == call.hook:
            return hook.secret, hook.url
    raise CannotRender("link", f"shop.yaml has no hook {call.hook!r}")
