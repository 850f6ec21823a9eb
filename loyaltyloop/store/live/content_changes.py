"""shop.yaml and templates against those that are live: they hold for everybody as soon as applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from sqlalchemy import Connection

from loyaltyloop.errors import Problem
from loyaltyloop.journey.conditions.condition import Segment
from loyaltyloop.journey.model import Ask, Call, Give, Journey, Send
from loyaltyloop.journey.reading.deferred import refusals
from loyaltyloop.journey.reading.reader import SHOP_FILE, Reading
from loyaltyloop.journey.reading.source import read_source
from loyaltyloop.journey.showing.wording import changed_keys
from loyaltyloop.store.live.change import Change
from loyaltyloop.store.live.standing import standing, unsent
from loyaltyloop.store.live.versions import (
    TEMPLATES,
    live_journeys,
    load_shop,
    load_templates,
    load_versions,
    shop_text,
)
from loyaltyloop.store.vouchers.left_behind import gone_pools, left_behind


def content_changes(connection: Connection, reading: Reading) -> list[Change]:
    """What changes in shop.yaml, then in the templates by path."""
    return [*_shop(connection, reading), *_templates(connection, reading)]


def _shop(connection: Connection, reading: Reading) -> Iterator[Change]:
    live = shop_text(connection)
    refusal = told(refusals(None, reading.shop))
    if live is None:
        becomes = "holds for all journeys"
        yield Change("", "shop added", becomes=becomes, path=SHOP_FILE, refusal=refusal)
    elif live != texts(reading)[SHOP_FILE]:
        refusal = refusal or _segments_gone(connection, reading) or _pools_gone(connection, reading)
        yield Change(
            "",
            "shop changed",
            becomes="; ".join(
                filter(None, ("holds for everybody at once", _left_behind(connection, reading)))
            ),
            detail=_differs(live, texts(reading)[SHOP_FILE]),
            path=SHOP_FILE,
            refusal=refusal,
        )


def _differs(old: str, new: str) -> str:
    """What another shop.yaml says otherwise."""
    (before, _), (after, _) = read_source(SHOP_FILE, old), read_source(SHOP_FILE, new)
    if before is None or after is None:
        return ""
    return ", ".join(changed_keys(before.plain(), after.plain())) or "comments or spaces"


def texts(reading: Reading) -> dict[str, str]:
    """The text of every file that can be stored, by its path in the project."""
    sources = [one.source for one in reading.read]
    sources += [reading.read_shop.source] if reading.read_shop else []
    files = {source.file: "\n".join(source.lines) for source in sources}
    return files | {TEMPLATES + name: text for name, text in reading.templates.items()}


def told(problems: list[Problem]) -> str:
    """Problems as reasons, one a line."""
    return "\n".join(f"{one.file}:{one.line}: {one.message}. {one.remedy}" for one in problems)


def _segments_gone(connection: Connection, reading: Reading) -> str:
    """Segments that somebody's version still asks for, and that shop.yaml no longer has."""
    kept = dict(reading.shop.segments) if reading.shop else {}
    for journey in _running(connection):
        if gone := sorted(_segments(journey) - kept.keys()):
            return (
                f"{SHOP_FILE}: the segment {gone[0]!r} is gone, and a version of {journey.name} in which "
                "people still are asks for it: keep it until they have finished"
            )
    return ""


def _pools_gone(connection: Connection, reading: Reading) -> str:
    """Pools that somebody's version still gives of, and that shop.yaml no longer has."""
    gone = gone_pools(load_shop(connection), reading.shop) if reading.shop else set()
    for journey in _running(connection) if gone else ():
        given = {step.action.voucher for step in journey if isinstance(step.action, Give)} & gone
        if given:
            return (
                f"{SHOP_FILE}: the pool {min(map(str, given))!r} is gone, and a version of {journey.name} "
                "in which people still are gives its codes: keep it until they have finished"
            )
    return ""


def _left_behind(connection: Connection, reading: Reading) -> str:
    return left_behind(connection, load_shop(connection), reading.shop) if reading.shop else ""


def _segments(value: object) -> set[str]:
    """The names of the segments that a journey, or any part of one, asks for."""
    match value:
        case Segment(name):
            return {name}
        case tuple():
            return {name for part in value for name in _segments(part)}
        case _ if is_dataclass(value):
            return {name for field in fields(value) for name in _segments(getattr(value, field.name))}
        case _:
            return set()


def _templates(connection: Connection, reading: Reading) -> Iterator[Change]:
    live = load_templates(connection)
    waiting = unsent(connection) if live else {}
    for name in sorted(reading.templates):
        if name not in live:
            yield _change("added", name, reading, 0)
        elif live[name] != reading.templates[name]:
            yield _change("changed", name, reading, waiting.get(_template(name), 0))
    gone = sorted(live.keys() - reading.templates.keys())
    if gone and not _needed(connection, gone):
        yield from (_change("removed", name, reading, 0) for name in gone)


def _change(what: str, name: str, reading: Reading, people: int) -> Change:
    folder = name.partition("/")[0]
    becomes = {
        "added": "live at once",
        "changed": "those whose message has not left get the new text" if people else "live at once",
        "removed": "nothing uses it any more",
    }
    return Change(
        folder if folder in reading.journeys else "",
        f"template {what}",  # type: ignore[arg-type]  # one of three words
        people=people,
        becomes=becomes[what],
        detail=name,
        path=TEMPLATES + name,
    )


def _needed(connection: Connection, gone: list[str]) -> bool:
    """Does somebody still run in a version with one of these? Then none goes, layouts included."""
    names = {_template(name) for name in gone}
    return any(names & templates_of(journey) for journey in _running(connection))


def _running(connection: Connection) -> Iterator[Journey]:
    """The versions in which somebody still runs."""
    for row in live_journeys(connection):
        inside = {place.version for place in standing(connection, row.name)}
        yield from (live.journey for live in load_versions(connection, row.name) if live.number in inside)


def templates_of(journey: Journey) -> set[str]:
    """The names of the templates that a journey's steps name."""
    found = set()
    for step in (*journey, *journey.at_end):
        match step.action:
            case Send(template=template) | Ask(send=Send(template=template)):
                found.add(template)
            case Call(body=str(body)):
                found.add(body)
            case _:
                pass
    return found


def _template(path: str) -> str:
    """The name that steps use: `welcome/hello` for `welcome/hello.de.html`."""
    folder, slash, file = path.rpartition("/")
    return folder + slash + file.partition(".")[0]
