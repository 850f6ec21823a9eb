"""`loop recommend`: the products for one customer, with the reason of each, and what was passed over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option, wide_console
from loyaltyloop.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from loyaltyloop.journey.model import Recommend
    from loyaltyloop.scores.recommending.showing import Shown

MOST = 24
_BY_TRIGGER = ("with_trigger", "similar_to_trigger")  # sources that go by what was entered by


@click.command()
@click.argument("customer")
@click.option("--products", type=click.IntRange(1, MOST), metavar="N", help="How many. [default: 4]")
@click.option("--step", metavar="JOURNEY.STEP", help="As this `recommend` step chooses.")
@click.option("--why", is_flag=True, help="Say, too, what was passed over, and why.")
@now_option("As of when: what was told of after T counts only against a product.")
@json_option
@pass_project
def command(
    project: Project,
    customer: str,
    products: int | None,
    step: str | None,
    why: bool,
    now: datetime,
    as_json: bool,
) -> None:
    """Show what CUSTOMER (a user id or an address) would be recommended now, with the reason of each product.

    Nothing is kept, and nothing counts as shown. Without --step it is what `from: best` chooses. What a step
    chooses by what was entered by is not there, and said so.

    \b
    Example:
      loop recommend 17 --products 6 --why
      loop recommend ada@example.com --step welcome.picks --json
    """
    from loyaltyloop.scores.recommending.showing import show
    from loyaltyloop.store.database import read
    from loyaltyloop.store.people.lookup import find_customer

    with read(project.reading()) as connection:
        spec, named = _spec(connection, step, products)
        shown = show(connection, find_customer(connection, customer), spec, named, now)
    notes = _notes(spec, shown) if step else []
    if as_json:
        return print_json(shown.as_document(why) | {"notes": notes})
    return _print(shown, why, notes)


def _spec(connection: Connection, step: str | None, products: int | None) -> tuple[Recommend, str]:
    """What the step says; of so many products, if that is said. And JOURNEY.STEP by its first name."""
    from dataclasses import replace

    from loyaltyloop.journey.model import Recommend

    spec, named = (Recommend(), "") if step is None else _of_step(connection, step)
    return spec if products is None else replace(spec, products=products), named


def _of_step(connection: Connection, named: str) -> tuple[Recommend, str]:
    from loyaltyloop.cli.options import known_journey
    from loyaltyloop.journey.model import Recommend
    from loyaltyloop.journey.reading.mistakes import did_you_mean
    from loyaltyloop.store.live.versions import load_newest

    journey, dot, name = named.partition(".")
    if not dot:
        raise UsageError(f"--step: write the journey and its step, as in 'welcome.picks', not {named!r}.")
    known = known_journey(connection, journey)
    assert known is not None
    steps = load_newest(connection, known).journey
    ours = {one.name: (one.action, one.first_name) for one in steps if isinstance(one.action, Recommend)}
    if name not in ours:
        guess = did_you_mean(name, sorted(ours), "Its steps that do are")
        raise UsageError(f"--step: {name!r} of {journey!r} recommends nothing. {guess}")
    action, first_name = ours[name]
    return action, f"{journey}.{first_name or name}"


def _notes(spec: Recommend, shown: Shown) -> list[str]:
    """What the step would do otherwise, or more, for somebody who comes to it."""
    from loyaltyloop.journey.numbers import counted

    silent = [one for one in (*spec.sources, *spec.fallback) if one in _BY_TRIGGER]
    found = []
    if silent:
        said = "says" if len(silent) == 1 else "say"
        found.append(f"{', '.join(silent)}: {said} nothing here, as nobody has entered by anything.")
    if len(shown.products) < spec.at_least:
        found.append(f"The step wants {counted(spec.at_least, 'product')} at least, and would keep none.")
    return found


def _print(shown: Shown, why: bool, notes: list[str]) -> None:
    from rich.table import Table

    console = wide_console()
    if not shown.products:
        console.print(f"Nothing to recommend to {shown.customer}.")
    else:
        table = Table("", "product", "name", "price", "reason", "from", *_more(shown))
        for number, one in enumerate(shown.products, 1):
            extra = _figures(shown, one)
            table.add_row(str(number), one.product_id, one.name, one.price, one.reason, one.source, *extra)
        console.print(table)
        console.print(f"Chosen by: {shown.model}, as of {shown.now:%Y-%m-%d %H:%M} UTC.")
    if why:
        _print_passed_over(shown)
    for note in notes:
        console.print(f"Note: {note}")


def _more(shown: Shown) -> list[str]:
    return ["score"] * shown.scored + ["tried out"] * shown.explored


def _figures(shown: Shown, one: Any) -> list[str]:
    score = ["" if one.score is None else f"{one.score:.4f}"] * shown.scored
    return score + ["yes" if one.explores else ""] * shown.explored


def _print_passed_over(shown: Shown) -> None:
    from rich.table import Table

    console = wide_console()
    if not shown.passed_over:
        console.print("Nothing was passed over.")
        return
    table = Table("passed over", "name", "from", "why")
    for one in shown.passed_over:
        table.add_row(one.product_id, one.name, one.source, one.why)
    console.print(table)


__all__ = ["command"]
