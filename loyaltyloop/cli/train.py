"""`loop train`: fit the scores, and use what was fitted where it is not worse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json, progress
from loyaltyloop.cli.options import now_option, wide_console
from loyaltyloop.errors import UsageError
from loyaltyloop.journey.reading.mistakes import did_you_mean

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from loyaltyloop.scores.training.training import Outcome
    from loyaltyloop.store.predictions.fitted import Version


@click.command()
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@now_option("Nothing is looked at that came from then on; not in the future.", ahead=False)
@click.option("--back", is_flag=True, help="Take back what is live, and return to the former version.")
@json_option
@pass_project
def command(project: Project, models: tuple[str, ...], now: datetime, back: bool, as_json: bool) -> None:
    """Fit the scores on what customers did, judge them on the newest period, use what is not worse.

    What was imported or sent, and no turn has read yet, is read first. Where there is too little to learn
    from it says so, and what holds instead. What each score is, and how it is judged: docs/training.md.

    \b
    Example:
      loop train
      loop train --model lapse --now 2026-11-01
      loop train --back --model recommend
    """
    names = _names(models)
    engine = project.engine()
    if back:
        return _go_back(engine, names, now, as_json)
    found = list(_trained(engine, names, now))
    if as_json:
        return print_json([_data(one) for one in found])
    return _show(found)


def _names(wanted: tuple[str, ...]) -> list[str]:
    from loyaltyloop.scores.models.learners import LEARNERS

    for name in wanted:
        if name not in LEARNERS:
            meant = did_you_mean(name, sorted(LEARNERS), "The models are")
            raise UsageError(f"There is no model {name!r}. {meant}")
    return [name for name in LEARNERS if not wanted or name in wanted]


def _trained(engine: Engine, names: list[str], now: datetime) -> Iterator[Outcome]:
    from loyaltyloop.scores.training.training import train

    with progress() as bar:
        for name in names:
            task = bar.add_task(name, total=1.0)

            def tell(what: str, share: float, name: str = name, task: Any = task) -> None:
                bar.update(task, description=f"{name}: {what}", completed=share)

            yield train(engine, name, now, tell)
            bar.update(task, description=name, completed=1.0)


def _data(outcome: Outcome) -> dict[str, Any]:
    from loyaltyloop.scores.training.cards import as_data

    return {
        "model": outcome.model,
        "decision": outcome.decision,
        "why": outcome.why,
        "version": outcome.version,
        "fallback": outcome.fallback,
        "card": as_data(outcome.card) if outcome.card else None,
    }


def _show(found: list[Outcome]) -> None:
    console = wide_console()
    for outcome in found:
        _show_one(console, outcome)
        console.print()


def _show_one(console: Console, outcome: Outcome) -> None:
    from rich.table import Table

    from loyaltyloop.scores.training.card_words import facts, headline, reasons, table

    console.print(headline(outcome), style="bold")
    for sentence in reasons(outcome):
        console.print(f"  {sentence}")
    if outcome.card is None:
        return
    for name, words in facts(outcome.card):
        console.print(f"  {name}: {words}")
    head, rows = table(outcome.card.judgement)
    shown = Table(head[0])
    for column in head[1:]:
        shown.add_column(column, justify="right")
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def _go_back(engine: Engine, names: list[str], now: datetime, as_json: bool) -> None:
    from loyaltyloop.store.database import write
    from loyaltyloop.store.predictions.fitted import take_back

    with write(engine) as connection:
        found = [(name, *take_back(connection, name, now)) for name in names]
    if as_json:
        print_json([_numbers(*one) for one in found])
        return
    for one in found:
        click.echo(_told(*one))


def _numbers(name: str, withdrawn: Version | None, live: Version | None) -> dict[str, Any]:
    return {
        "model": name,
        "withdrawn": withdrawn.version if withdrawn else None,
        "version": live.version if live else None,
    }


def _told(name: str, withdrawn: Version | None, live: Version | None) -> str:
    from loyaltyloop.scores.models.learners import learner

    if withdrawn is None:
        return f"{name}: no version was live, so nothing was taken back."
    if live:
        until = f"{live.as_of:%-d %B %Y, %H:%M} UTC"
        then = f"version {live.version}, fitted on what was known before {until}, is live again"
    else:
        then = f"there is no former one: {learner(name).fallback}"
    return f"{name}: version {withdrawn.version} is taken back; {then}."
