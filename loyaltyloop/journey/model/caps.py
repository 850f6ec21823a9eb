"""Caps: how many messages may leave for one customer, or for one address, in a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from loyaltyloop.journey.clock.times import Duration, add_months, load_zone, to_instant, to_local
from loyaltyloop.journey.model.words import Purpose

_CALENDAR = re.compile(r"([0-9]{1,4}) an? (hour|day|week|month)")
_ROLLING = re.compile(r"([0-9]{1,4}) in ([0-9]{1,3} (?:hour|day|week|month)s?)")
LONGEST = Duration.of("366 days")  # a claim looks no further back


@dataclass(frozen=True)
class Cap:
    """At most `number` messages of these channels and purposes in one `span`.

    `unit`: hour, day, week (from Monday) or month of the calendar, in the recipient's zone. None: rolling;
    then it is any `span`, by the same calendar as a wait of that length.
    """

    number: int
    span: Duration
    unit: str | None = None
    channels: tuple[str, ...] = ("email", "sms", "push")
    purposes: tuple[Purpose, ...] = ("marketing",)

    @classmethod
    def of(
        cls,
        text: str,
        channels: tuple[str, ...] = ("email", "sms", "push"),
        purposes: tuple[Purpose, ...] = ("marketing",),
    ) -> Cap:
        """`3 a week` or `3 in 7 days`. ValueError says what is wrong."""
        if found := _CALENDAR.fullmatch(text):
            span, unit = Duration.of(f"1 {found[2]}"), found[2]
        elif found := _ROLLING.fullmatch(text):
            span, unit = Duration.of(found[2]), None
        else:
            raise ValueError(f"{text!r} is no cap")
        if span.at_most_days() > LONGEST.at_most_days():
            raise ValueError(f"{text!r} looks back longer than a year")
        if int(found[1]) < 1:
            raise ValueError(f"{text!r} lets nothing leave")
        return cls(int(found[1]), span, unit, channels, purposes)

    def __str__(self) -> str:
        """As a person writes it."""
        if self.unit is None:
            return f"{self.number} in {self.span}"
        return f"{self.number} {'an' if self.unit == 'hour' else 'a'} {self.unit}"

    def counts(self, channel: str, purpose: str) -> bool:
        """Is it about such messages? What is transactional is never counted."""
        return purpose != "transactional" and channel in self.channels and purpose in self.purposes

    def free_at(self, left_at: datetime, zone: str) -> datetime:
        """From when on (UTC) a message that left then takes no room any more."""
        if self.unit is None:
            return self.span.after(left_at, zone)
        return _next_start(left_at, zone, self.unit)

    def looks_back_to(self, now: datetime) -> datetime:
        """What left by then takes no room now, wherever its reader lives."""
        return now - timedelta(days=self.span.at_most_days() + 1)


def _next_start(instant: datetime, zone: str, unit: str) -> datetime:
    local = to_local(instant, zone)
    start = (
        local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if unit == "hour"
        else datetime.combine(_next_day(local.date(), unit), time(0))
    )
    first = to_instant(start, zone)
    # Where clocks were set back, it may have begun once already: it begins again.
    return first if first > instant else start.replace(tzinfo=load_zone(zone), fold=1).astimezone(UTC)


def _next_day(day: date, unit: str) -> date:
    """The first day of the next day, week or month."""
    match unit:
        case "week":
            return day + timedelta(days=7 - day.weekday())
        case "month":
            return add_months(day.replace(day=1), 1)
        case _:
            return day + timedelta(days=1)
