"""Quiet hours: that are none, that never end, and messages that are to leave inside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from loyaltyloop.journey.clock.times import WEEKDAYS
from loyaltyloop.journey.model import QuietHours
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found
from loyaltyloop.journey.schema.steps import MessageFile

_MONDAY = date(2024, 1, 1)


def _covered(windows: Sequence[QuietHours], day: str, moment: time) -> QuietHours | None:
    """The window that covers this hour on each such day of the week, also when it is no holiday."""
    local = datetime.combine(_MONDAY + timedelta(days=WEEKDAYS.index(day)), moment)
    return next((window for window in windows if window.covers(local, lambda _: False)), None)


def _quiet_at(context: Context) -> Iterator[Found]:
    """What is said of some countries alone moves messages there, and makes no hour impossible."""
    quiet = (
        [window for window in context.shop.shop.quiet_hours if not window.countries] if context.shop else []
    )
    for seen in context.journeys:
        for one in seen.placed:
            file = one.file
            if not isinstance(file, MessageFile) or not isinstance(file.at, time):
                continue
            purpose = file.purpose or seen.file.purpose
            for channel in ("email", "sms", "push") if file.channel == "best" else (file.channel,):
                mine = [window for window in quiet if window.concerns(channel, purpose, "")]
                hits = [_covered(mine, day, file.at) for day in file.on or WEEKDAYS]
                if hits and (window := hits[0]) is not None and all(hits):
                    when = "the quiet hours," if window.start else "quiet hours:"
                    end = f", for example {window.end:%H:%M}" if window.end else ""
                    yield seen.found(
                        (*one.path, "at"),
                        f"{file.at:%H:%M} is in {when} {window}",
                        f"Choose an hour outside{end}." if window.start else "Choose another day.",
                    )
                    break


def _nothing(context: Context) -> Iterator[Found]:
    if (shop := context.shop) is None:
        return
    for at, quiet in enumerate(shop.file.quiet_hours):
        place: tuple[str | int, ...] = ("quiet_hours", at)
        if (quiet.from_ is None) != (quiet.to is None):
            said = "from" if quiet.to is None else "to"
            missing = "to" if quiet.to is None else "from"
            message = f"quiet hours with '{said}' need '{missing}', too"
            yield found(
                shop.source, (*place, said), message, f"Add '{missing}', or leave both out: whole days."
            )
        elif quiet.from_ is None and quiet.days is None:
            message = "quiet hours without hours and days are always"
            remedy = "Write 'from' and 'to', or which 'days'."
            yield found(shop.source, place, message, remedy)
        elif quiet.from_ is not None and quiet.from_ == quiet.to:
            message = "quiet hours that end when they begin cover nothing"
            remedy = "Write another hour; for whole days leave 'from' and 'to' out, and name 'days'."
            yield found(shop.source, (*place, "to"), message, remedy)


def _always(context: Context) -> Iterator[Found]:
    """Together they leave no minute of the week: such messages never leave."""
    if (shop := context.shop) is None:
        return
    windows = shop.shop.quiet_hours
    told: set[tuple[str, str]] = set()
    for country in ("", *sorted({one for window in windows for one in window.countries})):
        for channel in ("email", "sms", "push"):
            for purpose in ("marketing", "service"):
                mine = [window for window in windows if window.concerns(channel, purpose, country)]
                if _never_ends(mine) and (channel, purpose) not in told:
                    told.add((channel, purpose))
                    where = f" in {country}" if country else ""
                    message = f"the quiet hours of {purpose} by {channel} never end{where}"
                    remedy = "Leave some hours of some day between them."
                    yield found(shop.source, ("quiet_hours",), message, remedy)


def _never_ends(windows: Sequence[QuietHours]) -> bool:
    whole = [one for one in windows if one.start != one.end or (one.start is None and one.days)]
    marks = {time(0)} | {window.end for window in whole if window.end is not None}
    return all(_covered(whole, day, mark) for day in WEEKDAYS for mark in marks)


RULES = (
    Rule("quiet-at", "error", "An hour of sending inside the quiet hours.", _quiet_at),
    Rule("quiet-nothing", "error", "Quiet hours that cover nothing, or are not said whole.", _nothing),
    Rule("quiet-always", "error", "Quiet hours that together never end.", _always),
)
