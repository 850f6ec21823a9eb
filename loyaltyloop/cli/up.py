"""`loop up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime

import click

from loyaltyloop.cli.base import Project, pass_project
from loyaltyloop.cli.calls import warn_of_calls
from loyaltyloop.cli.deploy import bring_flows
from loyaltyloop.cli.options import warn_of_lost_links, ways_told
from loyaltyloop.deployments import deployment_names
from loyaltyloop.journey.model import Journey
from loyaltyloop.up.deploying import deploy, kept_names, read_files, write_file
from loyaltyloop.up.running import Running, forget_running, note_running, read_running
from loyaltyloop.up.stack import WEB_PORT, Stack, UpFailed, choose_port
from loyaltyloop.up.stops import Stopped, Stops


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Of Prefect's UI; default 4200, or a free one.")
@click.option(
    "--web-port", type=click.IntRange(1, 65535), help="Of the web service; default 8300, or a free one."
)
@pass_project
def command(project: Project, port: int | None, web_port: int | None) -> None:
    """Bring up everything on this machine: Prefect's server and UI, all journeys, a worker, the web service.

    Ctrl-C lets the turn that is at work end, then stops all of it; Ctrl-C again does not wait.

    \b
    Example: loop up --port 4300
    """
    if (other := read_running(project.folder)).api:
        raise UpFailed(f"`loop up` is at work on this project already (process {other.pid}): {other.ui}")
    _warn(project)
    ways = ways_told(project.settings())
    journeys, shop = read_files(project.folder)
    warn_of_calls(project.settings(), journeys, shop)
    bring_flows(project.folder)
    if write_file(project.folder, journeys, shop):
        click.echo("prefect.yaml brought up to date with journeys/")
    web = choose_port(web_port, WEB_PORT, "--web-port")
    stack = Stack(project.folder, choose_port(port), web, os.environ)
    with Stops() as stops:
        try:
            with suppress(Stopped):  # somebody asked to: that is how it ends
                _start(
                    stack,
                    journeys,
                    {*deployment_names(journeys), *kept_names(project.settings())},
                    ways,
                    stops,
                )
                stack.watch(stops)
        finally:
            _stop(stack, stops)


def _warn(project: Project) -> None:
    """Of what the turns to come will do that somebody may not want."""
    from loyaltyloop.store.database import read
    from loyaltyloop.turn.permits import leap

    warn_of_lost_links(project.settings())
    names = kept_names(project.settings())  # none where there is no database yet
    if not names:
        return
    engine = project.engine()
    with read(engine) as connection:
        far = [told for name in names if (told := leap(connection, name, datetime.now(UTC)))]
    engine.dispose()
    for told in far:
        click.echo(f"Warning: {told}.", err=True)


def _start(stack: Stack, journeys: list[Journey], keep: set[str], ways: str, stops: Stops) -> None:
    click.echo(f"Starting the Prefect server on {stack.ui} ...")
    stack.start_server(stops)
    note_running(stack.project, Running(f"{stack.ui}/api", stack.ui, os.getpid()))
    click.echo("Deploying ...")
    deploy(stack.project, stack.environment, keep, stack.worker)
    stack.start_worker()
    stack.start_web(stops)
    click.echo(
        f"""
Loyalty Loop is up.

  Prefect's pages   {stack.ui}/deployments
  Web service       {stack.web}
  Journeys          {", ".join(journey.name for journey in journeys) or "none yet: `loop new` makes one"}
  Messages leave    {ways}
  Logs              {stack.project / "var" / "log"}

Ctrl-C stops all of it."""
    )


def _stop(stack: Stack, stops: Stops) -> None:
    click.echo("Stopping; a turn that is at work may end (Ctrl-C again: do not wait) ...")
    stack.stop(hurry=lambda: stops.count > 1)
    forget_running(stack.project)
    click.echo("All stopped.")
