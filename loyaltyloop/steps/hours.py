"""`at: best`: the good hour of each of a cohort, kept on the enrolment with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from loyaltyloop.journey.clock.openings import Openings
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.hours import aim_of, message_behind
from loyaltyloop.journey.model import At, Send
from loyaltyloop.scores.hours.serving import Chosen, People, choose_alike, choose_each
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import upsert_rows
from loyaltyloop.store.inside.cohorts import cohort, customer
from loyaltyloop.store.models import Kept

kept: Table = Kept.__table__  # type: ignore[attr-defined]


def hours_to_send(stand: Stand, send: Send, channels: Mapping[int, str]) -> dict[int, datetime]:
    """Enrolment → when its message may leave; `channels`: by which each goes.

    Those that come after it expires are chosen only where no other hour is open.
    """
    assert send.at is not None
    after, base = send.expires_after, _openings(stand, stand.now, send.at, send)

    def openings(zone: str, channel: str | None) -> Openings:
        return replace(base, channel=channel, until=after.after(stand.now, zone) if after else None)

    return _alike(stand, channels, openings)


def hours_to_wait(stand: Stand, duration: Duration, at: At) -> dict[int, datetime]:
    """Enrolment → the end of its wait: the good hour that comes next after the duration."""
    base = _openings(stand, stand.now, at, message_behind(stand.journey, stand.step))

    def openings(zone: str, _: str | None) -> Openings:
        return replace(base, start=duration.after(stand.now, zone))

    return _alike(stand, {}, openings)


def hours_from(stand: Stand, at: At, moments: Mapping[int, datetime]) -> dict[int, datetime]:
    """Enrolment → the good hour that comes next after a moment of its own."""
    rows = [row for row in stand.people(*_COLUMNS) if row.member in moments]
    base = _openings(stand, stand.now, at, message_behind(stand.journey, stand.step))
    chosen = choose_each(
        stand.connection,
        _people(rows, [base.channel] * len(rows)),
        aim_of(stand.journey, stand.step),
        stand.now,
        [replace(base, start=moments[row.member]) for row in rows],
        stand.shop.country,
    )
    return _keep(stand, rows, chosen)


def hour_again(stand: Stand, at: At, hour: int, start: datetime, zone: str, country: str | None) -> datetime:
    """When an hour that was chosen before comes next after another moment."""
    base = _openings(stand, start, at, message_behind(stand.journey, stand.step))
    return base.first(iter([hour]), zone, country or stand.shop.country)[1]


_COLUMNS = (cohort.c.id.label("member"), customer.c.id, customer.c.zone, customer.c.country)


def _openings(stand: Stand, start: datetime, at: At, send: Send | None) -> Openings:
    """A wait minds the quiet hours of the message behind it."""
    windows = tuple(stand.shop.quiet_hours)
    if send is None:
        return Openings(start, at.days)
    channel = "email" if send.channel == "best" else send.channel
    return Openings(start, at.days, windows, channel, send.purpose)


def _alike(stand: Stand, channels: Mapping[int, str], openings: Any) -> dict[int, datetime]:
    rows = stand.people(*_COLUMNS)
    behind = openings(stand.shop.timezone, None).channel if not channels else None
    chosen = choose_alike(
        stand.connection,
        _people(rows, [channels.get(row.member, behind) for row in rows]),
        aim_of(stand.journey, stand.step),
        stand.now,
        openings,
        stand.shop.country,
    )
    return _keep(stand, rows, chosen)


def _people(rows: Sequence[Any], channels: Sequence[str | None]) -> People:
    _, ids, zones, countries = zip(*rows, strict=True) if rows else ((), (), (), ())
    return People(ids, zones, countries, channels)


def _keep(stand: Stand, rows: Sequence[Any], chosen: Sequence[Chosen]) -> dict[int, datetime]:
    """Whoever asks later, as `explain` does, is told the same hour and why."""
    told = [
        (row.member, stand.step.name, {"hour": one.hour, "why": one.why})
        for row, one in zip(rows, chosen, strict=True)
    ]
    columns = ("enrolment_id", "step", "value")
    upsert_rows(stand.connection, kept, columns[:2], columns, told)
    return {row.member: one.at for row, one in zip(rows, chosen, strict=True)}
