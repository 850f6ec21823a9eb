"""By which channel a message goes, and what comes next where it cannot."""

from __future__ import annotations

from datetime import timedelta

from loyaltyloop.journey.model import Send
from tests.reference.conditions import Asked, address_of

CHEAP_FIRST = ("email", "push", "sms")
# Why a message is refused for its channel's sake.
OF_CHANNEL = ("consent", "suppressed", "address")


def channels(send: Send, asked: Asked) -> list[str]:
    """All that it may take, in order: every template of these stories is written for each."""
    best = sorted(CHEAP_FIRST, key=lambda one: _place(one, send, asked))
    if send.channel != "best":
        best = [send.channel, *(one for one in best if one != send.channel)]
    return best if send.if_blocked == "other_channel" else best[:1]


def may(send: Send, channel: str, asked: Asked) -> bool:
    """Have they agreed to such messages by this channel?"""
    match send.purpose:
        case "transactional":
            return True
        case "service":
            return asked.person.consents.get((channel, "service"), (None, True))[1]
        case "marketing":
            return asked.person.consents.get((channel, "marketing"), (None, False))[1]


def _place(channel: str, send: Send, asked: Asked) -> tuple[bool, bool, int, int]:
    closed = not may(send, channel, asked) or address_of(asked.person, channel) is None
    preferred = asked.person.attribute("preferred_channel") == channel
    return closed, not preferred, -_clicks(channel, asked), CHEAP_FIRST.index(channel)


def _clicks(channel: str, asked: Asked) -> int:
    sent = [each for enrolment in asked.enrolments for each in enrolment.messages.values()]
    keys = {each.key for each in sent if each.channel == channel}
    return sum(
        event.name == "Email Link Clicked"
        and event.properties.get("email_id") in keys
        and not event.properties.get("machine")
        and asked.now - timedelta(days=180) <= event.at <= asked.now
        for event in asked.person.events
    )
