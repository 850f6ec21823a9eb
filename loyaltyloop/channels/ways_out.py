"""The ways out by their names; the settings choose one."""

from __future__ import annotations

from collections.abc import Callable

from loyaltyloop.channels.eml import EmlFiles
from loyaltyloop.channels.out import WayOut
from loyaltyloop.channels.smtp import Smtp
from loyaltyloop.settings import Settings

WAYS_OUT: dict[str, Callable[[Settings], WayOut]] = {
    "eml": lambda settings: EmlFiles(settings.outbox),
    "smtp": Smtp.of,
}


def choose_out(settings: Settings) -> WayOut:
    """The way out that `LOOP_EMAIL` names."""
    return WAYS_OUT[settings.email](settings)
