"""Schedules that can be read, that come at all, and how often they bring somebody."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.journey.clock.schedules import first_instants, unreadable
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen


def _bad(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        rule = seen.file.enter.schedule
        if rule is not None and (wrong := unreadable(rule)):
            yield seen.found(
                ("enter", "schedule"),
                f"the schedule cannot be read: {wrong}",
                "Write five cron fields, such as '0 9 * * mon', or an RRULE, such as "
                "'DTSTART:20260105T090000 RRULE:FREQ=WEEKLY;BYDAY=MO'.",
                "value",
            )


def _readable(context: Context) -> Iterator[tuple[Seen, int]]:
    """Journeys that a schedule enters, and whether it comes never (0), once (1) or again (2)."""
    for seen in context.journeys:
        rule = seen.file.enter.schedule
        if rule is not None and unreadable(rule) is None:
            yield seen, len(first_instants(rule, 2))


def _never(context: Context) -> Iterator[Found]:
    for seen, times in _readable(context):
        if times == 0:
            yield seen.found(
                ("enter", "schedule"),
                "this schedule never comes: in eight years there is no such time",
                "Look at its days, months and end together: no February has a 31st.",
                "value",
            )


def _once(context: Context) -> Iterator[Found]:
    for seen, times in _readable(context):
        if times > 1 and "again" not in seen.file.enter.model_fields_set:
            yield seen.found(
                ("enter", "schedule"),
                "this comes again and again, and each customer enters only the first time",
                "Write 'again: always' for everybody each time; 'again: never', if once is meant.",
            )


RULES = (
    Rule("bad-schedule", "error", "A schedule that is neither cron nor RRULE.", _bad, alone=True),
    Rule("schedule-never", "warning", "A schedule that no time fits.", _never, alone=True),
    Rule("schedule-once", "warning", "A recurring schedule without a word on entering again.", _once),
)
