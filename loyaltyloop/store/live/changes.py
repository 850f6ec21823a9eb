"""What `loop plan` shows and `loop apply` does: one list of changes, with the people inside.

`plan` makes the list, `execute` carries out the very same list, the commands print it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import chain
from typing import assert_never

from sqlalchemy import Connection, Engine, and_, or_

from loyaltyloop.errors import ApplyRefused, FilesError, UsageError
from loyaltyloop.journey.model import ByDate, Journey
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.reader import Reading
from loyaltyloop.store.database import lock_journeys, write_shop
from loyaltyloop.store.events.touched import touch_enrolled
from loyaltyloop.store.inside.holding import release_all, release_quiet
from loyaltyloop.store.live import shelf
from loyaltyloop.store.live.change import Change
from loyaltyloop.store.live.content_changes import content_changes, texts
from loyaltyloop.store.live.journey_changes import Wishes, journey_changes
from loyaltyloop.store.live.standing import enrolment, renew_messages
from loyaltyloop.store.live.standing import move as move_people
from loyaltyloop.store.live.versions import live_journeys, load_newest, load_shop, shop_text
from loyaltyloop.store.people import phones
from loyaltyloop.store.people.zones import follow_shop

__all__ = ["Change", "apply", "execute", "plan", "refusals"]


def plan(
    connection: Connection, reading: Reading, *, move: Collection[str] = (), finish_old: Collection[str] = ()
) -> list[Change]:
    """What would change against what is live; empty if nothing would.

    `move`: journeys whose people all go on in the new version. `finish_old`: journeys whose people
    finish on their version where the new one has no place for them. A change that cannot be made says
    so in its `refusal`. FilesError if the files are at fault.
    """
    if errors := [problem for problem in reading.problems if problem.severity == "error"]:
        raise FilesError(errors)
    rows = {row.name: row for row in live_journeys(connection)}
    _known([*move, *finish_old], {*rows, *reading.journeys})
    wishes = Wishes(frozenset(move), frozenset(finish_old))
    journeys = sorted({*rows, *reading.journeys})
    parts = [journey_changes(connection, reading, rows.get(name), name, wishes) for name in journeys]
    return [*content_changes(connection, reading), *chain.from_iterable(parts)]


def _known(named: Collection[str], journeys: Collection[str]) -> None:
    for name in named:
        if name not in journeys:
            raise UsageError(
                f"There is no journey {name!r}. {did_you_mean(name, journeys, 'The journeys are')}"
            )


def refusals(changes: list[Change]) -> list[str]:
    """Why these changes cannot be made as they stand, each reason with its remedy."""
    return [reason for change in changes for reason in change.refusal.splitlines()]


def execute(connection: Connection, reading: Reading, changes: list[Change], now: datetime) -> None:
    """Make these changes, in this order. ApplyRefused, with all reasons, if one of them cannot be made."""
    if reasons := refusals(changes):
        raise ApplyRefused("\n".join(["Nothing was changed.", *(f"  - {reason}" for reason in reasons)]))
    files, elsewhere, before = texts(reading), False, _newest(connection)
    held, quiet = _held_while(connection), _quiet_hours(connection)
    for change in changes:
        _execute(connection, reading.journeys, files, change, now)
        if change.change in ("shop added", "shop changed"):
            shop = load_shop(connection)
            elsewhere = follow_shop(connection, shop.timezone) > 0
            phones.follow_shop(connection, shop.country)
    if held not in (None, _held_while(connection)) or any(one.change == "purpose changed" for one in changes):
        release_all(connection, now)
    if quiet not in (None, _quiet_hours(connection)):
        release_quiet(connection, now)
    for name in sorted({change.journey for change in changes if change.change in _OF_MESSAGES}):
        renew_messages(connection, name)
    # Where zones or a yearly journey's hour are others now, the time may be past that was still to come.
    dated = {name for name, journey in reading.journeys.items() if isinstance(journey.enter.by, ByDate)}
    otherwise = {change.journey for change in changes if change.change == "entering changed"}
    shelf.look_again(connection, dated if elsewhere else dated & otherwise)
    for name, journey in _newest(connection).items():
        if name in before:
            _ask_anew(connection, before[name], journey)


def _newest(connection: Connection) -> dict[str, Journey]:
    """The newest version of every journey, with the segments as they are now."""
    return {row.name: load_newest(connection, row.name).journey for row in live_journeys(connection)}


def _held_while(connection: Connection) -> object:
    """What messages are held by, with the segments as they are now; None where there is no shop yet."""
    if shop_text(connection) is None:
        return None
    shop = load_shop(connection)
    return shop.hold_while, shop.caps


def _quiet_hours(connection: Connection) -> object:
    """When nothing leaves; None where there is no shop yet."""
    if shop_text(connection) is None:
        return None
    shop = load_shop(connection)
    return shop.quiet_hours, shop.country, shop.timezone


def _ask_anew(connection: Connection, before: Journey, after: Journey) -> None:
    """A turn looks at those to whom something happened: another `leave_when` or `goal` happens to everybody.

    A goal may be reached behind the end, too.
    """
    concerned = []
    if after.leave_when != before.leave_when:
        concerned.append(enrolment.c.ended_at.is_(None))
    if after.goal and (after.goal, after.goal_within) != (before.goal, before.goal_within):
        concerned.append(enrolment.c.goal_at.is_(None))
    if concerned:
        touch_enrolled(connection, and_(enrolment.c.journey == after.name, or_(*concerned)), "applied")


# What these change, is changed of messages that were planned before, too.
_OF_MESSAGES = ("people moved", "purpose changed", "priority changed")


def _execute(
    connection: Connection,
    journeys: Mapping[str, Journey],
    files: Mapping[str, str],
    change: Change,
    now: datetime,
) -> None:
    match change.change:
        case "journey added" | "journey returned":
            journey = journeys[change.journey]
            shelf.open_journey(connection, journey, files[change.path], change.version, now)
        case "journey changed":
            shelf.add_version(connection, change.journey, change.version, files[change.path], now)
        case "journey removed":
            shelf.retire(connection, change.journey)
        case "about changed":
            if change.path:  # else the version that says so is stored by "journey changed"
                shelf.replace_text(connection, change.journey, change.version, files[change.path])
        case "shop added" | "shop changed":
            shelf.put_file(connection, change.path, files[change.path])
        case "template added" | "template changed":
            shelf.put_file(connection, change.path, files[change.path])
        case "template removed":
            shelf.drop_file(connection, change.path)
        case "people moved":
            assert change.move is not None
            move_people(connection, change.journey, change.move)
        case (
            "step added" | "step removed" | "step renamed" | "step changed" | "step moved"
            | "path added" | "path removed" | "path changed" | "entering changed" | "leaving changed"
            | "goal changed" | "holdout changed" | "purpose changed" | "priority changed" | "end changed"
        ):  # fmt: skip
            pass  # said for people; the version that holds it is stored by "journey changed"
        case _:
            assert_never(change.change)


def apply(
    engine: Engine,
    reading: Reading,
    now: datetime,
    *,
    move: Collection[str] = (),
    finish_old: Collection[str] = (),
    shown: list[Change] | None = None,
) -> list[Change]:
    """Plan and execute in one transaction; the changes made.

    `shown`: what somebody has agreed to. ApplyRefused if it is no longer what would happen, TurnRefused
    while a turn of a journey whose people move is at work.
    """
    with write_shop(engine) as connection:
        changes = plan(connection, reading, move=move, finish_old=finish_old)
        if shown is not None and _kinds(shown) != _kinds(changes):
            raise ApplyRefused("What is live changed while you looked at the plan: run `loop apply` again.")
        moving = sorted({change.journey for change in changes if change.move})
        with lock_journeys(connection, moving):
            execute(connection, reading, changes, now)
    return changes


def _kinds(changes: list[Change]) -> list[tuple[str, str, str | None, str]]:
    """What was agreed to, without who stands where: people go on moving."""
    agreed = (change for change in changes if change.change != "people moved")
    return [(change.journey, change.change, change.step, change.path) for change in agreed]
