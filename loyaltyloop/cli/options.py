"""Options and words that several commands share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.errors import FilesError, UsageError, UserError
from loyaltyloop.journey.clock.times import Duration, read_instant
from loyaltyloop.journey.reading.mistakes import did_you_mean, perhaps

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Connection

    from loyaltyloop.cli.base import Project
    from loyaltyloop.journey.reading.reader import Reading
    from loyaltyloop.settings import Settings


OF_ALL = "of all journeys"  # whichever turn delivers, it does so for all of them


def read_moment(_context: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """An instant of the command line, for click; None if it was not given."""
    if text is None:
        return None
    if (found := read_instant(text)) is None:
        wanted = "write for example 2026-03-29T09:00:00Z or 2026-03-29"
        raise UsageError(f"{option.opts[0]}: {text!r} is no instant; {wanted}.")
    return found


def read_duration(_context: click.Context, option: click.Parameter, text: str) -> Duration:
    """A duration of the command line, for click: `1h`, `90m`, `2d` too."""
    number, unit = text[:-1], {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}.get(text[-1:])
    try:
        return Duration.of(f"{number} {unit}" if unit and number.isdigit() else text)
    except ValueError as error:
        raise UsageError(f"{option.opts[0]}: {error}.") from None


def now_option(meaning: str, *, ahead: bool = True) -> Callable[[Any], Any]:
    """`--now T`: the only clock is here, in the outermost caller. `ahead`: it may lie in the future."""
    read = _read_now if ahead else _read_past
    return click.option("--now", callback=read, metavar="T", help=f"{meaning} [default: now]")


def _read_now(context: click.Context, option: click.Parameter, text: str | None) -> datetime:
    return read_moment(context, option, text) or datetime.now(UTC)


def _read_past(context: click.Context, option: click.Parameter, text: str | None) -> datetime:
    moment = _read_now(context, option, text)
    if moment > datetime.now(UTC):
        raise UsageError(f"{option.opts[0]}: {text!r} is still to come. Leave it out for the present.")
    return moment


def checked(project: Project) -> Reading:
    """The project's files, checked as `loop check` does. FilesError with every mistake."""
    from loyaltyloop.channels.rendering.check import check_project
    from loyaltyloop.cli.base import files_of
    from loyaltyloop.journey.reading.reader import read_project

    files = files_of(project)
    if errors := [problem for problem in check_project(files) if problem.severity == "error"]:
        raise FilesError(errors)
    return read_project(files)


def known_journey(connection: Connection, name: str | None) -> str | None:
    """The name, if it is none or that of a journey that was applied. UsageError says which there are."""
    from loyaltyloop.store.live.versions import live_journeys

    names = sorted(row.name for row in live_journeys(connection))
    if name is None or name in names:
        return name
    raise UsageError(f"No journey {name!r} was ever applied. {did_you_mean(name, names, 'The journeys are')}")


def there_is(project: Project, connection: Connection, journey: str) -> None:
    """UserError where no journey of that name was ever applied, and none lies in journeys/."""
    from loyaltyloop.store.live.versions import live_journeys

    files = {path.stem for path in (project.folder / "journeys").glob("*.yaml")} - {"shop"}
    names = {row.name for row in live_journeys(connection)} | files
    if journey not in names:
        raise UserError(
            f"There is no journey {journey!r}: nothing of that name was applied, nor is it in journeys/."
            f"{perhaps(journey, names)}"
        )


def warn_of_lost_links(settings: Settings) -> None:
    """A word, on stderr, where messages leave for other machines and their links do not lead there."""
    from loyaltyloop.channels.reach import REMEDY, lost_links

    if settings.email != "eml" and (lost := lost_links(settings.public_url)):
        name = settings.email.upper() if len(settings.email) < 5 else settings.email.capitalize()
        click.echo(f"Warning: messages leave by {name}, and {lost}. {REMEDY}", err=True)


def ways_told(settings: Settings) -> str:
    """By which way the messages of each channel leave. UserError for what a way out lacks."""
    from loyaltyloop.channels.ways_out import choose_ways

    return ", ".join(f"{channel} by {out.name}" for channel, out in choose_ways(settings).items())


def way(stage: str, path: str) -> str:
    """What people did at a stage of a turn, as people say it; a path has the name that it has in the file."""
    from loyaltyloop.store.telling.reports import ENTERING
    from loyaltyloop.turn.stages import DELIVERING

    if stage == DELIVERING:
        return f"{path.replace('_', ' ')}, {OF_ALL}"
    return path or ("entered" if stage == ENTERING else "moved on")


def wide_console() -> Console:
    """Where tables go: as wide as the terminal; where there is none, wide enough to break no line.

    It prints text as it stands, what people wrote in brackets too: style it by `style=` or with a `Text`.
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 240
    return console


def print_json_list(rows: Iterable[Any]) -> None:
    """One JSON list on stdout, a row at a time: a long one needs no memory."""
    before = "["
    for row in rows:
        text = json.dumps(row, indent=2, ensure_ascii=False, default=str)
        click.echo(f"{before}\n{indent(text, '  ')}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")
