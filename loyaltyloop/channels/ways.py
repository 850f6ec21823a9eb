"""A channel's ways out by their names, of which the settings name one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loyaltyloop.channels.out import WayOut
from loyaltyloop.errors import UserError
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.settings import Settings

Ways = Mapping[str, Callable[[Settings], WayOut]]


def choose(ways: Ways, setting: str, said: str, settings: Settings) -> WayOut:
    """The way out of this name, as the settings want it. `setting`: what says the name, such as LOOP_EMAIL.

    UserError for a name that is none, and for what the way out needs and the settings do not say.
    """
    if said not in ways:
        hint = did_you_mean(said, list(ways), "The ways out are")
        raise UserError(f"{setting} cannot be {said!r}.\n    {hint}")
    return ways[said](settings)
