"""The group of all commands, what they share, and how errors reach people.

A command is a module beside this one that exposes `command`, a `click.Command`; its name is the module's
(`_` for `-`). It is imported when it is named, or when `loop --help` lists all.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.errors import LoopError, UsageError, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress
    from sqlalchemy import Engine

    from loyaltyloop.settings import Settings

# Named in the documents, not there yet: what each will do.
NOT_YET = {
    "simulate": "forecasts on a copy, sending nothing",
}
BEGINS = "`loop new NAME` begins a project here, with a journey of that name."
LONGEST_SENTENCE = 400  # letters; longer ones end in "..."
_NO_COMMANDS = {"__init__", "__main__", "base"}


@dataclass(frozen=True)
class Project:
    """Where a command works: the project's folder. Settings and engine are loaded when asked for."""

    folder: Path
    debug: bool = False

    def settings(self) -> Settings:
        """What the environment and `.env` say."""
        from loyaltyloop.settings import load_settings

        found = load_settings(self.folder)
        self._warn()
        return found

    def _warn(self) -> None:
        """Of settings that nobody reads, once in a command."""
        from loyaltyloop.setting_names import unread

        context = click.get_current_context(silent=True)
        if context is not None and not context.meta.setdefault("settings were looked at", False):
            context.meta["settings were looked at"] = True
            for told in unread(self.folder / ".env", os.environ):
                click.echo(f"Warning: {told}", err=True)

    def engine(self) -> Engine:
        """The project's database, with its schema brought up to date. UserError if it cannot be used."""
        from loyaltyloop.store.schema import open_store

        return open_store(self.settings().database)

    def reading(self) -> Engine:
        """The same for who only reads: where there is no var/loop.db yet, none is made to be read."""
        from loyaltyloop.store.schema import open_store

        settings = self.settings()
        if settings.database_url or (settings.var / "loop.db").exists():
            return self.engine()
        empty = click.get_current_context().with_resource(TemporaryDirectory())
        return open_store(f"sqlite:///{empty}/loop.db")


pass_project = click.make_pass_decorator(Project)


def json_option(function: Any) -> Any:
    """`--json`: one JSON document on stdout, and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(function)


def print_json(value: Any) -> None:
    """Print one JSON document; instants as ISO 8601."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def progress() -> Progress:
    """A progress bar on stderr, and only where that is a terminal. What it says is printed as it stands."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    said = TextColumn("{task.description}", markup=False)
    columns = (said, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


class Commands(click.Group):
    """Commands found by name among the modules beside this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All names, those that are not there yet too."""
        modules = {path.stem for path in Path(__file__).parent.glob("*.py")} - _NO_COMMANDS
        names = {name.rstrip("_") for name in modules}  # a word of Python's own, as in import_.py
        return sorted({name.replace("_", "-") for name in names if _command(name)} | set(NOT_YET))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        return _command(cmd_name.replace("-", "_")) or _not_yet(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each with its whole first sentence, over as many lines as it takes."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(LONGEST_SENTENCE)) for name, command in commands if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """An unknown name: what was probably meant."""
        import difflib

        if args and self.get_command(ctx, args[0]) is None:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"There is no command '{args[0]}'.{meant}", ctx)
        return super().resolve_command(ctx, args)


def _command(name: str) -> click.Command | None:
    if not name.isidentifier() or name in _NO_COMMANDS:
        return None
    name = f"{name}_" if iskeyword(name) else name
    if not (Path(__file__).parent / f"{name}.py").is_file():
        return None
    module = import_module(f"loyaltyloop.cli.{name}")
    found = getattr(module, "command", None) or getattr(module, name, None)
    return found if isinstance(found, click.Command) else None


def _not_yet(name: str) -> click.Command | None:
    if name not in NOT_YET:
        return None

    def refuse() -> None:
        raise UsageError(f"'loop {name}' is not there yet: it will be {NOT_YET[name]}.")

    return click.Command(
        name,
        callback=refuse,
        help=f"Not there yet: {NOT_YET[name]}.\n\nExample: loop {name}",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The project's folder. [default: the current one]",
)
@click.option("--debug", is_flag=True, help="Show where in the program an unexpected error arose.")
@click.version_option(package_name="loyaltyloop", message="Loyalty Loop %(version)s")
@click.pass_context
def group(context: click.Context, project: Path, debug: bool) -> None:
    """Customer journeys for an online shop: written as YAML, checked, planned, run.

    Example: loop check
    """
    context.obj = Project(project.resolve(), debug)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `loop`; leaves with 0 done, 1 the user's files or data are at fault, 2 wrong usage."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Without standalone mode, click returns the exit code that a command has left with.
        if code := group.main(arguments, prog_name="loop", standalone_mode=False):
            sys.exit(code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except LoopError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if "--debug" in arguments:
            raise
        click.echo(_unexpected(error), err=True)
        sys.exit(1)


def _unexpected(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return f"Unexpected: {type(error).__name__}: {first}\nRun it again with 'loop --debug ...' to see where."


def files_of(project: Project) -> dict[str, bytes]:
    """The project's journeys and templates. UserError where there are none."""
    from loyaltyloop.journey.reading.project import collect_files

    files = collect_files(project.folder)
    if not any(path.startswith("journeys/") for path in files):
        raise UserError(
            f"There are no journeys in {project.folder}: expected journeys/*.yaml. "
            f"Go to the project's folder, or name it: loop --project DIR ...; {BEGINS}"
        )
    return files
