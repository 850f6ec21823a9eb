"""Instants as people read them, by the clock of a customer."""

from __future__ import annotations

import re
from datetime import datetime

from loyaltyloop.journey.clock.times import to_local

_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?::\d\d)? UTC")


def when(instant: datetime, zone: str) -> str:
    """`Mon 2 Mar 2026 09:00`, in that zone."""
    local = to_local(instant, zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def in_zone(text: str, zone: str) -> str:
    """What was written down with a time of its own, told by the customer's clock."""
    return _UTC.sub(lambda found: when(datetime.fromisoformat(f"{found[1]}+00:00"), zone), text)
