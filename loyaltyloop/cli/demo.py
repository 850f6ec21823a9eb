"""`loop demo`: the main job on a real shop's data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, pass_project

if TYPE_CHECKING:
    from rich.console import Console

    from loyaltyloop.demo.run import Tell


@click.command()
@pass_project
def command(project: Project) -> None:
    """The project's journeys on a real shop's orders: 50 virtual days, sending nothing.

    Works in var/demo and starts anew each time; it takes some minutes. Messages become .eml files there.

    \b
    Example: loop demo
    """
    from rich.console import Console

    from loyaltyloop.demo.run import Demo, run_demo

    console = Console()
    run_demo(Demo(project.folder, console), lambda: _walking(console))


def _walking(console: Console) -> Tell:
    """A bar where there is a terminal, a line every five days where there is none."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    if not console.is_terminal:
        return _Lines(console).tell
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console)
    task = bar.add_task("", total=1)
    bar.start()

    def tell(share: float, now: datetime) -> None:
        bar.update(task, completed=share, description=f"{now:%d %b %Y %H:%M}")
        if share >= 1:
            bar.stop()

    return tell


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console, self._told = console, 0

    def tell(self, share: float, now: datetime) -> None:
        if int(share * 10) > self._told:
            self._told = int(share * 10)
            self._console.print(f"{now:%d %b %Y}: {share:.0%}")
