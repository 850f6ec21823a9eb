"""The channels by their names, and the way out of each; the settings choose it."""

from __future__ import annotations

from loyaltyloop.channels.calls.hook import Hook
from loyaltyloop.channels.channel import Channel
from loyaltyloop.channels.mail.mail import Mail
from loyaltyloop.channels.out import WayOut
from loyaltyloop.channels.phone.push import Push
from loyaltyloop.channels.phone.sms import Sms
from loyaltyloop.settings import Settings

# In the order in which they are delivered: what waits for other people's servers comes last.
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in (Mail(), Sms(), Push(), Hook())}


def choose_ways(settings: Settings) -> dict[str, WayOut]:
    """The way out of each channel, as the settings name it."""
    return {name: channel.choose(settings) for name, channel in CHANNELS.items()}
