"""Days, weeks and months of a calendar: when the present one began."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal

from loyaltyloop.journey.clock.times import to_instant, to_local

Period = Literal["day", "week", "month"]


def period_start(now: datetime, per: Period, zone: str) -> datetime:
    """The start (UTC) of the present day, week (from Monday) or month there."""
    day = to_local(now, zone).date()
    match per:
        case "week":
            day -= timedelta(days=day.weekday())
        case "month":
            day = day.replace(day=1)
        case "day":
            pass
    return to_instant(datetime.combine(day, time()), zone)
