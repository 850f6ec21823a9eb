"""`loop new`: a journey to begin with."""

from __future__ import annotations

import re
from pathlib import Path

import click

from loyaltyloop.cli.base import Project, pass_project
from loyaltyloop.errors import FilesError, UsageError, UserError
from loyaltyloop.journey.numbers import counted

JOURNEY = """\
journey: {name}
about: Say in a sentence whom this journey is for, and what it is to bring about.
purpose: marketing          # or service, or transactional

enter:
  manual: true              # for a start by hand alone; then for example  event: Signed Up

leave_when:                 # acts at once, wherever the customer stands
  bought: {{did: Order Completed}}

goal: {{did: Order Completed, within: 14 days}}

steps:
  - send: hello
    template: {name}/hello

  - wait: 3 days

  - send: reminder
    template: {name}/reminder
"""
BLOCKS = """\
{% block subject %}A word from {{ shop.name }}{% endblock %}
{% block preheader %}One sentence that makes people open this{% endblock %}
{% block body %}
<h1>Hello {{ customer.first_name | default("there") }}</h1>
<p>Write what you have to say here.</p>
{% if shop.url %}<p><a href="{{ shop.url }}">Have a look at the shop</a></p>{% endif %}
{% endblock %}
"""
IN_LAYOUT = '{% extends "layout/email.html" %}\n\n' + BLOCKS
SHOP = """\
shop: My Shop
url: https://shop.example
timezone: Europe/London
currency: GBP
country: GB
sender:
  name: My Shop
  email: hello@shop.example
  postal_address: 1 Sample Street, Sample Town
"""


@click.command()
@click.argument("journey")
@pass_project
def command(project: Project, journey: str) -> None:
    """Write a journey to begin with, its templates and its deployment; nothing of it is live yet.

    It passes `loop check` and can be applied as it stands: nobody enters until you say who does.

    \b
    Example: loop new winback
    """
    _check_name(journey)
    files = _files(project.folder, journey)
    for path, text in files.items():
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_text(text, encoding="utf-8")
        click.echo(f"  wrote {path}")
    _deployment(project.folder)
    click.echo(f"Edit journeys/{journey}.yaml, then: loop check, loop plan, loop apply.")
    if "journeys/shop.yaml" in files:
        click.echo("journeys/shop.yaml is made up: say there who you are before anything is sent.")


def _check_name(name: str) -> None:
    if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) and name != "shop":
        return
    better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    hint = f" For example '{better}'." if re.fullmatch(r"[a-z][a-z0-9_]{0,59}", better) else ""
    taken = " (journeys/shop.yaml is what all journeys share)" if name == "shop" else ""
    raise UsageError(
        f"A journey cannot be called {name!r}{taken}: use small letters, digits and _, with a letter "
        f"first.{'' if name == 'shop' else hint}"
    )


def _files(folder: Path, name: str) -> dict[str, str]:
    """What to write. UserError, and nothing is written, if the journey is there already."""
    own = {
        f"journeys/{name}.yaml": JOURNEY.format(name=name),
        f"templates/{name}/hello.html": IN_LAYOUT,
        f"templates/{name}/reminder.html": IN_LAYOUT,
    }
    if taken := [path for path in own if (folder / path).exists()]:
        raise UserError(f"{taken[0]} is there already: choose another name, or edit that file.")
    shared = {} if (folder / "journeys/shop.yaml").exists() else {"journeys/shop.yaml": SHOP}
    return shared | _layout(folder) | own


def _layout(folder: Path) -> dict[str, str]:
    """Layout, styles and building blocks, for a project that has no layout: see docs/templates.md."""
    from loyaltyloop.up.project_files import layout

    return {} if (folder / "templates/layout/email.html").exists() else layout()


def _deployment(folder: Path) -> None:
    """The new journey's entry in prefect.yaml, unless another file is in the way; and what Prefect runs."""
    from loyaltyloop.up.deploying import FILE, read_files, write_file
    from loyaltyloop.up.project_files import WRITTEN, write_flows

    try:
        journeys, shop = read_files(folder)
    except FilesError as error:
        mistakes = counted(len(error.problems), "mistake")
        click.echo(f"  {FILE} stays as it is: {mistakes} in other files, see loop check.")
        return
    if write_file(folder, journeys, shop):
        click.echo(f"  wrote {FILE}")
    try:
        if write_flows(folder):
            click.echo(f"  wrote {WRITTEN}")
    except UserError as error:  # the journey is there, and can be walked without Prefect
        click.echo(f"  {error}")
