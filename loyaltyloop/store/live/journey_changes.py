"""One journey's file against its live versions: the differences, and what becomes of those inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from loyaltyloop.journey.model import Ask, ByEvent, Call, Journey, Send, Step
from loyaltyloop.journey.numbers import counted, people
from loyaltyloop.journey.reading.deferred import refusals
from loyaltyloop.journey.reading.reader import SHOP_FILE, Reading
from loyaltyloop.journey.showing import plan as journey_plan
from loyaltyloop.journey.showing.plan import Difference
from loyaltyloop.store.live.change import Change
from loyaltyloop.store.live.content_changes import texts, told
from loyaltyloop.store.live.fates import Fate, becomes_of, new_wait, reasons, renames, summary
from loyaltyloop.store.live.standing import Move, Standing, standing, would_meet_again
from loyaltyloop.store.live.versions import Live, LiveRow, as_newest, load_versions


@dataclass(frozen=True)
class Wishes:
    """What the person who applies said: whose people all move, and whose may finish as they began."""

    move: frozenset[str] = frozenset()
    finish_old: frozenset[str] = frozenset()


def journey_changes(
    connection: Connection, reading: Reading, row: LiveRow | None, name: str, wishes: Wishes
) -> list[Change]:
    """The changes of one journey: of the whole first, then step by step, then who moves."""
    new = reading.journeys.get(name)
    if row is None:
        assert new is not None
        return [_added(new, _path(reading, name))]
    if new is None:
        return list(_removed(connection, row, wishes))
    live = load_versions(connection, name, texts(reading)[SHOP_FILE])
    path = _path(reading, name)
    edit = Edit(connection, live, new, row, wishes, path, _lateness(reading))
    found = journey_plan.differences(live[-1].journey, new)
    if [difference.kind for difference in found] == ["about changed"] and row.state != "retired":
        return [Change(name, "about changed", version=row.version, path=path)]
    return edit.changes(found)


def _path(reading: Reading, journey: str) -> str:
    return next(one.source.file for one in reading.read if one.journey.name == journey)


def _lateness(reading: Reading) -> timedelta:
    assert reading.shop is not None  # without one there are problems, and no plan
    return timedelta(seconds=reading.shop.lateness.seconds)


def _deferred(journey: Journey) -> str:
    return told(refusals(journey, None))


def _added(journey: Journey, path: str) -> Change:
    by = journey.enter.by
    age = f", by events not older than {by.max_age}" if isinstance(by, ByEvent) else ""
    return Change(
        journey.name,
        "journey added",
        becomes=f"customers enter from the next turn on{age}",
        refusal=_deferred(journey),
        version=1,
        path=path,
    )


def _removed(connection: Connection, row: LiveRow, wishes: Wishes) -> Iterator[Change]:
    if row.state == "retired":
        return
    inside = sum(place.people for place in standing(connection, row.name))
    refusal = ""
    if inside and row.state == "paused":
        refusal = (
            f"{row.name}: its file is gone, it is paused, and {_stand(inside)} in it: "
            f"resume it first (`loop resume {row.name} --overdue catch_up`), or put "
            f"journeys/{row.name}.yaml back"
        )
    elif inside and row.name not in wishes.finish_old:
        refusal = (
            f"{row.name}: its file is gone, and {_stand(inside)} in it: put "
            f"journeys/{row.name}.yaml back, or let them finish with `--finish-old {row.name}`"
        )
    yield Change(
        row.name,
        "journey removed",
        people=inside,
        becomes="nobody enters any more" + ("; those inside finish" if inside else ""),
        refusal=refusal,
    )


def _stand(number: int) -> str:
    return counted(number, "person stands", "people stand")


@dataclass(frozen=True)
class Edit:
    """A journey that is live, its file as it is now, and the people inside."""

    connection: Connection
    live: list[Live]
    new: Journey
    row: LiveRow
    wishes: Wishes
    path: str
    lateness: timedelta

    def changes(self, found: list[Difference]) -> list[Change]:
        """Empty if nothing differs and nobody moves."""
        returned = self.row.state == "retired"
        stored = bool(found)
        number = self.row.version + stored
        fates = [self._fate(place, number) for place in standing(self.connection, self.new.name)]
        moved = [change for fate in fates for change in self._moved(fate)]
        if not (stored or returned or moved):
            return []
        head = self._head(fates, number, returned) if stored or returned else []
        return [*head, *(self._told(difference, fates, number) for difference in found), *moved]

    def _head(self, fates: list[Fate], number: int, returned: bool) -> list[Change]:
        return [
            Change(
                self.new.name,
                "journey returned" if returned else "journey changed",
                people=sum(fate.at.people for fate in fates),
                becomes=summary(fates, number) or "nobody is inside",
                detail=f"version {number}",
                version=number,
                refusal=_deferred(self.new),
                path=self.path,
            )
        ]

    def _told(self, difference: Difference, fates: list[Fate], number: int) -> Change:
        here = [fate for fate in fates if difference.step is not None and fate.at.step == difference.step]
        if difference.kind == "step added":
            here = []
        lost = self._first_name_lost(difference)
        return Change(
            self.new.name,
            difference.kind,
            step=difference.step,
            people=sum(fate.at.people for fate in here),
            becomes=becomes_of(difference, here, number),
            detail=difference.detail,
            refusal="\n".join(dict.fromkeys([*filter(None, [lost]), *reasons(here)])),
        )

    def _first_name_lost(self, difference: Difference) -> str:
        """Dice and keys hang on a step's oldest name: a second renaming must name that one too."""
        if difference.kind != "step renamed" or difference.step is None or difference.target is None:
            return ""
        old, new = self.live[-1].journey.step(difference.step), self.new.step(difference.target)
        if old.first_name == new.first_name or "." in old.name:
            return ""
        chain = ", ".join([old.name, *old.was])
        return f"{self.new.name}: {new.name!r} was renamed before: write `was: [{chain}]` there"

    def _moved(self, fate: Fate) -> Iterator[Change]:
        if fate.move is None or fate.move.to == fate.at.version:
            return
        target = fate.move.target or fate.at.step
        how = "anew, counted from their arrival" if fate.move.anew else "as they stand"
        yield Change(
            self.new.name,
            "people moved",
            step=fate.at.step,
            people=fate.at.people,
            becomes=f"go on at {target!r} of version {fate.move.to}, {how}",
            detail=f"version {fate.at.version}",
            refusal=fate.refusal,
            move=fate.move,
        )

    def _fate(self, place: Standing, number: int) -> Fate:
        """What becomes of those who stand at this place, once version `number` is the newest."""
        if place.version == number:
            return Fate(place)
        old = next(live.journey for live in self.live if live.number == place.version)
        if journey_plan.same_steps(as_newest(old, self.new), self.new):
            return Fate(place, Move(place.version, number, place.step))
        target = journey_plan.counterpart(place.step, self.new)
        if target is None:
            return Fate(place, refusal=self._no_place(place))
        if target.name == place.step and self.new.name not in self.wishes.move:
            return Fate(place)
        return self._carried(place, old, target, number)

    def _no_place(self, place: Standing) -> str:
        """Why those who stand at a step that is gone cannot stay; empty if they may finish."""
        name = self.new.name
        newest = self.live[-1].journey
        decided = journey_plan.counterpart(place.step, newest) is None and name not in self.wishes.move
        if decided or name in self.wishes.finish_old:
            return ""
        moving = name in self.wishes.move
        moves = "`--move` lets people go on at the step of the same name; " if moving else ""
        return (
            f"{name}: {_stand(place.people)} at {place.step!r}, which is gone: {moves}write "
            f"`was: {place.step}` on the step that takes its place, or let them finish on version "
            f"{place.version} with `--finish-old {name}`{' as well' if moving else ''}"
        )

    def _carried(self, place: Standing, old: Journey, target: Step, number: int) -> Fate:
        names, twice = renames(old, self.new)
        step = old.step(place.step)
        anew = not journey_plan.same_action(step, target)
        fresh = Move(
            place.version,
            number,
            place.step,
            target.name,
            anew=anew,
            names=tuple(sorted(names.items())),
            wait=new_wait(target, self.lateness) if anew else None,
        )
        reason = twice or self._hindrance(step, target, fresh, names)
        if reason and (self.new.name in self.wishes.finish_old or self._finishing(place, target)):
            return Fate(place)
        if reason:
            reason = (
                f"{self.new.name}: {people(place.people)} at {place.step!r} of version {place.version} "
                f"cannot move: {reason}; let them finish with `--finish-old {self.new.name}`"
            )
        return Fate(place, fresh, reason)

    def _finishing(self, place: Standing, target: Step) -> bool:
        """Did the newest version have this step for them, too? Then it was decided that they finish."""
        newest = self.live[-1]
        if place.version == newest.number or self.new.name in self.wishes.move:
            return False
        there = journey_plan.counterpart(place.step, newest.journey)
        return there is not None and there.name == target.name

    def _hindrance(self, step: Step, target: Step, fresh: Move, names: dict[str, str]) -> str:
        if _sends(step) != _sends(target) and _sends(step):
            what, verb = ("message", "sends") if _sends(step) == "message" else ("call", "makes")
            return f"their {what} is on its way, and {target.name!r} no longer {verb} one"
        before = {new: old for old, new in names.items()}
        ahead = {before.get(name, name) for name in journey_plan.downstream(self.new, target.name)}
        again = would_meet_again(self.connection, self.new.name, fresh, ahead)
        return f"they would come to {', '.join(map(repr, again))} a second time" if again else ""


def _sends(step: Step) -> str:
    """What a step lets leave, if anything: a message to the customer, or a call."""
    match step.action:
        case Send() | Ask():
            return "message"
        case Call():
            return "call"
        case _:
            return ""
