"""Whether the calls of journeys can be signed with what the settings hold; no secret is shown."""

from __future__ import annotations

from collections.abc import Iterable

from loyaltyloop.channels.calls.hook import target
from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.journey.model import Call, Journey, Shop
from loyaltyloop.settings import Settings


def unsigned(settings: Settings, journeys: Iterable[Journey], shop: Shop) -> list[str]:
    """For each secret that is missing or none: whose calls it is to sign, and what is wrong. In order."""
    used: dict[str, set[str]] = {}
    for journey in journeys:
        for step in (*journey, *journey.at_end):
            if isinstance(step.action, Call) and (name := _secret(step.action, shop)):
                used.setdefault(name, set()).add(f"{journey.name}.{step.name}")
    wrong = ((name, _wrong(settings, name)) for name in sorted(used))
    return [f"calls of {', '.join(sorted(used[name]))} cannot be made: {why}" for name, why in wrong if why]


def calls_anybody(journeys: Iterable[Journey]) -> bool:
    """Does a step of these journeys call somebody?"""
    return any(isinstance(step.action, Call) for journey in journeys for step in (*journey, *journey.at_end))


def _secret(call: Call, shop: Shop) -> str:
    """The setting that holds it; empty for a hook that shop.yaml does not have, which is told elsewhere."""
    try:
        return target(call, shop)[0]
    except CannotRender:
        return ""


def _wrong(settings: Settings, name: str) -> str:
    try:
        settings.hook_secrets(name)
    except (LookupError, ValueError) as error:
        return str(error)
    return ""
