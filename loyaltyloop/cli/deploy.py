"""`loop deploy`: prefect.yaml brought up to date with the journeys, and deployed."""

from __future__ import annotations

import os
from pathlib import Path

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.deployments import deployment_names
from loyaltyloop.errors import UserError
from loyaltyloop.journey.numbers import counted
from loyaltyloop.up.deploying import deploy, kept_names, outdated, read_files, write_file
from loyaltyloop.up.environment import prefect_environment
from loyaltyloop.up.project_files import WRITTEN, other_flows, write_flows


@click.command()
@click.option("--file-only", is_flag=True, help="Write the files; deploy nothing.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if prefect.yaml is out of date.")
@json_option
@pass_project
def command(project: Project, file_only: bool, check: bool, as_json: bool) -> None:
    """Bring prefect.yaml up to date with journeys/, and deploy all of it.

    A new journey file needs this command and no Python: flows/ and tasks/, what Prefect runs, are written
    into a project that has none. Deployments of journeys whose file is gone, and in which nobody is any
    more, are taken away.

    \b
    Example: loop deploy
    """
    journeys, shop = read_files(project.folder)
    if check:
        return _check(outdated(project.folder, journeys, shop))
    bring_flows(project.folder)
    changed = write_file(project.folder, journeys, shop)
    if not as_json:
        number = counted(len(journeys), "journey")
        click.echo(f"prefect.yaml {'brought' if changed else 'is'} up to date with {number}.")
    if file_only:
        return None
    environment = prefect_environment(project.folder, os.environ)
    names = deployment_names(journeys)
    deploy(project.folder, environment, {*names, *kept_names(project.settings())})
    if as_json:
        return print_json([{"deployment": f"{name}/{name}"} for name in names])
    return _say(names, environment.get("PREFECT_API_URL"))


def bring_flows(project: Path) -> None:
    """What Prefect runs, for a project that has none; where it has others than these, a word. On stderr."""
    if write_flows(project):
        click.echo(f"wrote {WRITTEN}", err=True)
    elif word := other_flows(project):
        click.echo(word, err=True)


def _check(old: bool) -> None:
    if old:
        raise UserError("prefect.yaml is out of date: run `loop deploy`, or `loop deploy --file-only`.")
    click.echo("prefect.yaml is up to date.")


def _say(names: list[str], api: str | None) -> None:
    for name in names:
        click.echo(f"  {name}")
    if api:
        click.echo(f"Deployed to {api.removesuffix('/api')}/deployments")
    else:
        click.echo("Deployed, but no Prefect server is running: `loop up` starts one, with a worker.")
