"""`loop map`: a journey as a picture."""

from __future__ import annotations

import click

from loyaltyloop.cli.base import Project, files_of, pass_project
from loyaltyloop.errors import FilesError, UserError
from loyaltyloop.journey.model import Journey
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.journey.showing.mermaid import mermaid


@click.command("map")
@click.argument("journey")
@click.option("--counts", is_flag=True, help="Write on each step how many people stand there now.")
@pass_project
def command(project: Project, journey: str, counts: bool) -> None:
    """Print a journey as Mermaid text: paste it into a page that draws Mermaid, or into mermaid.live.

    \b
    Example:
      loop map welcome
      loop map welcome --counts > welcome.mmd
    """
    read = _read(project, journey)
    click.echo(mermaid(read, _counts(project, journey) if counts else None), nl=False)


def _read(project: Project, name: str) -> Journey:
    reading = read_project(files_of(project))
    if name in reading.journeys:
        return reading.journeys[name]
    if name in reading.names:
        raise FilesError([one for one in reading.problems if one.severity == "error"])
    raise UserError(f"There is no journey '{name}'. {did_you_mean(name, reading.names, 'The journeys are')}")


def _counts(project: Project, journey: str) -> dict[str, int]:
    from loyaltyloop.store.database import read
    from loyaltyloop.store.live.standing import standing

    counts: dict[str, int] = {}
    with read(project.reading()) as connection:
        for row in standing(connection, journey):
            counts[row.step] = counts.get(row.step, 0) + row.people
    return counts
