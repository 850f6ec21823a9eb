"""What is live: the journeys, shop.yaml and templates that were applied, loaded and compiled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Connection, Table, bindparam, exists, or_, select

from loyaltyloop.errors import TurnRefused, UserError
from loyaltyloop.journey.model import Ask, Call, Journey, Purpose, Send, Shop, Step
from loyaltyloop.journey.reading.mistakes import perhaps
from loyaltyloop.journey.reading.reader import SHOP_FILE, read_journey, read_shop
from loyaltyloop.store.models import Content, Enrolment, JourneyVersion, LiveFile, LiveJourney

journey_table: Table = LiveJourney.__table__  # type: ignore[attr-defined]
version_table: Table = JourneyVersion.__table__  # type: ignore[attr-defined]
file_table: Table = LiveFile.__table__  # type: ignore[attr-defined]
content_table: Table = Content.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]

TEMPLATES = "templates/"


@dataclass(frozen=True)
class Live:
    """One version of a journey, compiled. `number` counts from 1."""

    number: int
    journey: Journey


@dataclass(frozen=True)
class LiveRow:
    """A journey that was applied, and how far its turns have come.

    `state`: `live`; `paused` (nothing moves); `retired` (its file is gone: nobody enters any more, those
    inside finish).
    """

    name: str
    state: str
    version: int
    priority: int
    about: str
    applied_at: datetime
    paused_at: datetime | None
    last_now: datetime | None


def load_shop(connection: Connection) -> Shop:
    """The shop as it was applied. UserError if nothing was."""
    text = shop_text(connection)
    if text is None:
        raise UserError("Nothing is live yet: `loop plan` shows what would be, `loop apply` makes it so.")
    return _shop(text)


def shop_judged_by(connection: Connection, digest: str) -> Shop | None:
    """The shop as messages were judged by it, live or not any more. `digest`: as they bear it."""
    found = select(content_table.c.body).where(content_table.c.hash.startswith(digest, autoescape=True))
    text = connection.execute(found.order_by(content_table.c.hash).limit(1)).scalar_one_or_none()
    return None if text is None else _shop(text)


def load_templates(connection: Connection) -> dict[str, str]:
    """The templates that are live, by their path under templates/; they hold for all versions."""
    return {
        path.removeprefix(TEMPLATES): text for path, text in _files(connection).items() if path != SHOP_FILE
    }


def load_versions(connection: Connection, journey: str, shop: str | None = None) -> list[Live]:
    """Every version in which somebody still runs, and the newest; the oldest first.

    `leave_when`, `goal`, `purpose`, `priority`, `about` and `at_end` are the newest's in all of them.
    TurnRefused if the journey was never applied. `shop`: the text of shop.yaml to compile with, else the
    live one.
    """
    newest = _newest(connection, journey)
    rows = connection.execute(_WANTED, {"journey": journey, "newest": newest}).all()
    text = shop or shop_text(connection) or ""
    found = [Live(number, compiled(file, text)) for number, file in rows]
    return [Live(live.number, as_newest(live.journey, found[-1].journey)) for live in found]


def load_newest(connection: Connection, journey: str) -> Live:
    """The version that customers enter now. TurnRefused if the journey was never applied."""
    return load_version(connection, journey, _newest(connection, journey))


def load_version(connection: Connection, journey: str, number: int) -> Live:
    """One version as it was applied, whether somebody runs in it or not."""
    mine = (version_table.c.journey == journey, version_table.c.number == number)
    file = connection.execute(select(version_table.c.file).where(*mine)).scalar_one()
    return Live(number, compiled(file, shop_text(connection) or ""))


def live_journeys(connection: Connection) -> list[LiveRow]:
    """All journeys that were applied, in the order of their turns: by priority, then name."""
    shop = shop_text(connection) or ""
    columns = [journey_table.c[name] for name in _ROW]
    rows = connection.execute(select(*columns, version_table.c.file).join_from(*_JOIN)).all()
    found = [_row(dict(row._mapping), shop) for row in rows]
    return sorted(found, key=lambda row: (-row.priority, row.name))


def journeys_with_turns(connection: Connection) -> list[str]:
    """The names of journeys in which something may still happen: live, paused, or with somebody inside."""
    inside = or_(enrolment.c.ended_at.is_(None), enrolment.c.state == "ending")
    theirs = exists().where(enrolment.c.journey == journey_table.c.name, inside)
    found = select(journey_table.c.name).where(or_(journey_table.c.state != "retired", theirs))
    return list(connection.execute(found.order_by(journey_table.c.name)).scalars())


# Made once: they are asked several times in each turn, and at each claim.
_NEWEST = select(journey_table.c.version).where(journey_table.c.name == bindparam("journey"))
_SHOP = (
    select(content_table.c.body)
    .join(file_table, file_table.c.hash == content_table.c.hash)
    .where(file_table.c.path == SHOP_FILE)
)
# Asked version by version, so that it costs the same however many wait.
_INSIDE = exists().where(
    enrolment.c.journey == bindparam("journey"),
    enrolment.c.version == version_table.c.number,
    enrolment.c.ended_at.is_(None),
)
_WANTED = (
    select(version_table.c.number, version_table.c.file)
    .where(version_table.c.journey == bindparam("journey"))
    .where(or_(version_table.c.number == bindparam("newest"), _INSIDE))
    .order_by(version_table.c.number)
)
_ROW = ("name", "state", "version", "applied_at", "paused_at", "last_now")
_JOIN = (
    journey_table,
    version_table,
    (version_table.c.journey == journey_table.c.name) & (version_table.c.number == journey_table.c.version),
)


def _row(columns: dict[str, object], shop: str) -> LiveRow:
    journey = compiled(str(columns.pop("file")), shop)
    return LiveRow(**columns, priority=journey.priority, about=journey.about)  # type: ignore[arg-type]


def shop_text(connection: Connection) -> str | None:
    """The text of the shop.yaml that is live."""
    return connection.execute(_SHOP).scalar_one_or_none()


def _files(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        select(file_table.c.path, content_table.c.body)
        .join(content_table, content_table.c.hash == file_table.c.hash)
        .order_by(file_table.c.path)
    )
    return {row.path: row.body for row in rows}


def _newest(connection: Connection, journey: str) -> int:
    number = connection.execute(_NEWEST, {"journey": journey}).scalar_one_or_none()
    if number is None:
        names = list(connection.execute(select(journey_table.c.name)).scalars())
        raise TurnRefused(
            f"The journey {journey!r} was never applied: `loop plan` shows what would become live, "
            f"`loop apply` makes it so.{perhaps(journey, names)}"
        )
    return int(number)


# ── compiling ───────────────────────────────────────────────────────────────


@lru_cache(maxsize=16)
def _shop(text: str) -> Shop:
    return replace(read_shop(text), digest=sha256(text.encode()).hexdigest()[:12])


@lru_cache(maxsize=512)
def compiled(file: str, shop: str) -> Journey:
    """A journey's text, compiled with this text of shop.yaml; once in a process for the same texts."""
    return read_journey(file, _shop(shop))


def as_newest(journey: Journey, newest: Journey) -> Journey:
    """An older version with what is the newest's for everybody (`semantics`: editing what runs)."""
    if journey is newest:
        return journey
    return replace(
        journey,
        about=newest.about,
        purpose=newest.purpose,
        priority=newest.priority,
        leave_when=newest.leave_when,
        goal=newest.goal,
        goal_within=newest.goal_within,
        at_end=newest.at_end,
        steps=tuple(_for_purpose(step, journey.purpose, newest.purpose) for step in journey),
    )


def _for_purpose(step: Step, old: Purpose, new: Purpose) -> Step:
    """The step, its message with the journey's new purpose where it had the journey's old one."""
    match step.action:
        case Send(purpose=purpose) if purpose == old:
            return replace(step, action=replace(step.action, purpose=new))
        case Call(purpose=purpose):
            return replace(step, action=replace(step.action, purpose=new))
        case Ask(send=Send(purpose=purpose)) if purpose == old:
            send = replace(step.action.send, purpose=new)
            return replace(step, action=replace(step.action, send=send))
        case _:
            return step
