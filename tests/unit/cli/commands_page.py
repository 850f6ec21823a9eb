"""docs/commands.md, written from the commands' own help: `python -m tests.unit.cli.commands_page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from loyaltyloop.cli.base import NOT_YET, group

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
_HEAD = """# Commands

Made from the commands' own help. `loop` works on the project in the current folder, or on the one that
`--project DIR` names. It leaves with 0 when done, 1 when the files or data are at fault (and says how to mend
them), 2 for wrong usage or for what is not there yet.
"""


def page() -> str:
    """The page as it should be."""
    commands = click.Context(group, info_name="loop", **group.context_settings)
    parts = [_HEAD]
    for name in group.list_commands(commands):
        command = group.get_command(commands, name)
        assert command is not None
        if name not in NOT_YET:
            parts.append("\n".join(_section(commands, name, command)))
    absent = "\n".join(f"- `loop {name}`: {what}" for name, what in sorted(NOT_YET.items()))
    parts.append(f"## Not there yet\n\n{absent}\n")
    return "\n".join(parts)


def _section(parent: click.Context, name: str, command: click.Command) -> Iterator[str]:
    with click.Context(
        command, info_name=name, parent=parent, terminal_width=88, max_content_width=88
    ) as context:
        yield f"## {context.command_path}\n"
        yield f"```text\n{command.get_help(context)}\n```\n"
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                yield from _section(context, below, command.commands[below])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
