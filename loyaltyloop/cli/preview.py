"""`loop preview`: one message as one customer would get it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, files_of, json_option, pass_project, print_json

if TYPE_CHECKING:
    from loyaltyloop.channels.rendering.preview import Preview


@click.command("preview")
@click.argument("template")
@click.option(
    "--customer", "who", required=True, metavar="ID", help="As whom to see it: a user id or an address."
)
@click.option("--open", "open_it", is_flag=True, help="Show the HTML in a browser.")
@json_option
@pass_project
def command(project: Project, template: str, who: str, open_it: bool, as_json: bool) -> None:
    """Show one message as this customer would get it: subject and text here, the HTML in var/preview/.

    Of a call's body (a template that ends in .json) the JSON is shown; of one that ends in .sms.txt or
    .push.txt the text message, with how many parts it has, or the push.

    Nothing is taken and nothing sent: the links of a preview lead nowhere. What the journey would bring (what
    is entered by, an order, chosen products) is made up where there is none, and said.

    \b
    Example:
      loop preview welcome/hello --customer 12347 --open
    """
    made = _preview(project, template, who)
    path = _write(project, template, made)
    if as_json:
        print_json(_as_json(made, path))
    else:
        _show(made, path)
    if open_it and made.rendered.html:
        click.launch(path.resolve().as_uri())


def _preview(project: Project, template: str, who: str) -> Preview:
    from loyaltyloop.channels.rendering.preview import must_be_there, named, preview
    from loyaltyloop.channels.rendering.render import Renderer
    from loyaltyloop.errors import FilesError
    from loyaltyloop.journey.model import CALLS
    from loyaltyloop.journey.reading.reader import read_project
    from loyaltyloop.store.database import read

    reading = read_project(files_of(project))
    if reading.shop is None:
        raise FilesError([problem for problem in reading.problems if problem.severity == "error"])
    settings = project.settings()
    renderer = Renderer(reading.templates, reading.shop, settings.public_url, settings.secret())
    name, channel = named(reading.templates, template)
    must_be_there(reading.templates, name, channel)
    # A broken template is shown with its place.
    (renderer.bodies if channel == CALLS else renderer.texts.get(channel, renderer)).compile(name)
    with read(project.reading()) as connection:
        return preview(connection, reading, renderer, template, who)


def _write(project: Project, template: str, made: Preview) -> Path:
    name = template.removeprefix("templates/").replace("/", "-")
    for ending in (".html", ".json", ".sms.txt", ".push.txt", ".sms", ".push"):
        name = name.removesuffix(ending)
    whole = made.rendered
    path = project.folder / "var" / "preview" / f"{name}{made.ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(whole.html or whole.text, encoding="utf-8")
    return path


def _as_json(made: Preview, path: Path) -> dict[str, object]:
    whole = made.rendered
    return {
        "subject": whole.subject,
        "text": whole.text,
        "html": str(path),
        "links": whole.links,
        "made_up": made.notes,
    }


def _show(made: Preview, path: Path) -> None:
    what = "Subject" if made.rendered.html else "Title"
    subject = f"{what}: {made.rendered.subject}\n\n" if made.rendered.subject else ""
    click.echo(f"{subject}{made.rendered.text}")
    for note in made.notes:
        click.echo(f"Note: {note}", err=True)
    kind = {".html": "HTML", ".json": "JSON"}.get(made.ending, "Text")
    click.echo(f"{kind}: {path}", err=True)
