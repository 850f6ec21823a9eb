"""`loop check`: all mistakes of all files at once."""

from __future__ import annotations

import atexit
import gc
import json
from collections import Counter
from pathlib import Path

import click

from loyaltyloop.cli.base import Project, files_of, pass_project
from loyaltyloop.errors import Problem
from loyaltyloop.journey.numbers import counted


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to print: for people, for programs, or as annotations of a pull request.",
)
@click.option("--json", "style", flag_value="json", help="The same as --format json.")
@pass_project
def command(project: Project, paths: tuple[str, ...], style: str) -> None:
    """Read journeys/ and templates/ and show every mistake, with its place and what to write instead.

    PATH limits what is shown to these files and folders; all files are read nevertheless, since they name
    each other. Leaves with 1 if there is an error; warnings alone do not count.

    \b
    Example:
      loop check
      loop check journeys/welcome.yaml --format github
    """
    wanted = [_there(project.folder, path) for path in paths]
    _keep_everything()
    from loyaltyloop.channels.rendering.check import check_project

    problems = check_project(files_of(project))
    shown = [problem for problem in problems if _wanted(project.folder.resolve() / problem.file, wanted)]
    _PRINT[style](shown)
    if any(problem.severity == "error" for problem in shown):
        raise click.exceptions.Exit(1)


def _keep_everything() -> None:
    """Look for garbage seldom, and not once more at the end: this process is short, and keeps what it reads.

    As often as Python looks by itself, it takes a quarter of the time of `loop check`.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)


def _wanted(place: Path, wanted: list[Path]) -> bool:
    return not wanted or any(place == path or path in place.parents for path in wanted)


def _there(folder: Path, path: str) -> Path:
    """The file or folder of the project that is meant, by where one stands or else from the project."""
    own = folder.resolve()
    there = [(base / path).resolve() for base in (Path.cwd(), own) if (base / path).exists()]
    inside = [place for place in there if place == own or own in place.parents]
    if inside:
        return inside[0]
    if there:
        raise click.UsageError(f"'{path}' lies outside the project {folder}, whose files are checked.")
    raise click.UsageError(f"There is no file or folder '{path}'.")


def _text(problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(problem.text() + "\n")
    counts = Counter(problem.severity for problem in problems)
    said = [_counted(counts["error"], "error"), _counted(counts["warning"], "warning")]
    click.echo(", ".join(word for word in said if word) or "No mistakes found.")


def _counted(number: int, word: str) -> str:
    return counted(number, word) if number else ""


def _json(problems: list[Problem]) -> None:
    keys = ("file", "line", "column", "rule", "severity", "message", "remedy")
    rows = [{key: getattr(problem, key) for key in keys} for problem in problems]
    click.echo(json.dumps(rows, indent=2, ensure_ascii=False))


def _github(problems: list[Problem]) -> None:
    for one in problems:
        place = f"file={_escaped(one.file)},line={one.line},col={one.column},title={_escaped(one.rule)}"
        click.echo(f"::{one.severity} {place}::{_escaped(f'{one.message}. {one.remedy}')}")


def _escaped(text: str) -> str:
    for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(sign, code)
    return text


_PRINT = {"text": _text, "json": _json, "github": _github}
