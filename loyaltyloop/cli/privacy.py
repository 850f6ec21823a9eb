"""`loop privacy`: everything about one customer, its erasure, consent, and what was asked for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option, wide_console
from loyaltyloop.cli.suppression import of_address
from loyaltyloop.errors import UsageError, UserError
from loyaltyloop.journey.numbers import counted

if TYPE_CHECKING:
    from loyaltyloop.store.privacy.requests import Request

_WITHDRAWN = [
    f"{channel}:{purpose}" for channel in ("email", "sms", "push") for purpose in ("marketing", "service")
]
_BEYOND = (
    "Not reached from here: files that you imported and .rejected files beside them, backups, and mailboxes. "
    "Delete the customer there, too; see docs/privacy.md."
)


@click.group()
def command() -> None:
    """People's data: show all of it, erase it for good, read the ledger of consent.

    CUSTOMER is a user id, an anonymous id, or an e-mail address.

    \b
    Example:
      loop privacy export ada@example.com > ada.json
      loop privacy erase ada@example.com
    """


@command.command()
@click.argument("customer")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there."
)
@now_option("The moment that the document names.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, which it does anyway.")
@pass_project
def export(project: Project, customer: str, out: Path | None, now: datetime, as_json: bool) -> None:  # noqa: ARG001
    """Print everything about a customer as one JSON document.

    Example: loop privacy export ada@example.com --out ada.json
    """
    from loyaltyloop.channels.people_data import as_bytes
    from loyaltyloop.store.database import read
    from loyaltyloop.store.privacy.export import export as export_person
    from loyaltyloop.store.privacy.subject import subject_named

    with read(project.reading()) as connection:
        document = export_person(connection, subject_named(connection, customer), now)
    if out is None:
        click.echo(as_bytes(document).decode())
        return
    try:
        out.touch(mode=0o600)
        out.write_bytes(as_bytes(document) + b"\n")
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from None
    click.echo(f"Written to {out}, for your eyes alone: it holds a person's data.")


@command.command()
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@now_option("The moment of the erasure; what happened before never comes back.")
@json_option
@pass_project
def erase(project: Project, customer: str, yes: bool, now: datetime, as_json: bool) -> None:
    """Erase a customer for good: all ids, the events, the messages and the files of mails.

    Journeys end at once. What remains are counts without a person, and hashes by which importing or
    replaying what was known brings nobody back. There is no undoing it.

    Example: loop privacy erase ada@example.com --yes
    """
    from loyaltyloop.channels.people_data import Files, clean, erase_person
    from loyaltyloop.store.database import read
    from loyaltyloop.store.messages.deliveries import all_done
    from loyaltyloop.store.privacy.subject import subject_named

    engine = project.engine()
    with read(engine) as connection:
        subject = subject_named(connection, customer)
    if not yes:
        if as_json:
            raise UsageError("--json prints nothing else and asks nothing: say --yes, too.")
        ids = counted(len(subject.ids), "id")
        click.confirm(f"Erase {customer}, known by {ids}, for good? There is no undoing it.", abort=True)
    files = Files.of(project.settings())
    erased = erase_person(engine, files, subject, now)
    with all_done(engine):  # whatever was being handed over is written by now
        clean(engine, files, erased.keys)
    if as_json:
        told = {name: value for name, value in asdict(erased).items() if name != "keys"}
        print_json({"erased": told | {"ids": len(subject.ids)}, "not_reached": _BEYOND})
        return
    parts = (
        counted(len(subject.ids), "id"),
        counted(erased.events, "event"),
        counted(erased.messages, "message"),
        counted(erased.orders, "order"),
        counted(erased.enrolments, "running enrolment"),
    )
    click.echo(f"Erased: {', '.join(parts)}.\n{_BEYOND}")


@command.command()
@click.argument("customer")
@click.option(
    "--withdraw",
    type=click.Choice(_WITHDRAWN),
    metavar="CHANNEL:PURPOSE",
    help="Withdraw it for them, as email:marketing.",
)
@now_option("The moment of the withdrawal.")
@json_option
@pass_project
def consent(project: Project, customer: str, withdraw: str | None, now: datetime, as_json: bool) -> None:
    """Show what a customer has consented to: what holds, and who said what when, how, and to which words.

    \b
    Example:
      loop privacy consent ada@example.com
      loop privacy consent ada@example.com --withdraw email:marketing
    """
    from loyaltyloop.store.database import read, write_shop
    from loyaltyloop.store.privacy import ledger
    from loyaltyloop.store.privacy.subject import subject_named

    engine = project.reading() if withdraw is None else project.engine()
    if withdraw is not None:
        with write_shop(engine) as connection:
            channel, _, purpose = withdraw.partition(":")
            ledger.withdraw(connection, subject_named(connection, customer), channel, purpose, now)
    with read(engine) as connection:
        subject = subject_named(connection, customer)
        present, lines = ledger.present(connection, subject), ledger.lines(connection, subject)
    if as_json:
        print_json({"present": [_plain(one) for one in present], "ledger": [_plain(one) for one in lines]})
        return
    if withdraw is not None:
        click.echo("Recorded: it counts from now on.")
    _show_consent(present, lines)


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(row).items()
    }


def _show_consent(present: list[Any], lines: list[Any]) -> None:
    from rich.table import Table

    console = wide_console()
    for one in present:
        since = "the next turn writes it down" if one.waiting else f"since {one.at:%Y-%m-%d %H:%M} UTC"
        console.print(f"{one.channel}, {one.purpose}: {'yes' if one.given else 'no'}, {since}")
    if not lines:
        console.print("Nobody has asked them yet: that is no consent to marketing.")
        return
    table = Table("when (UTC)", "about", "said", "how", "wording")
    for line in lines:
        about = f"{line.channel} {line.purpose}".strip()
        said = "yes" if line.given else "no"
        table.add_row(f"{line.at:%Y-%m-%d %H:%M:%S}", about, said, line.how, line.wording or "")
    console.print(table)


@command.command()
@click.option(
    "--carry-out", metavar="KEY", help="Do what waits for a person: erase all customers that a shop told of."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@now_option("The moment of the erasure.")
@json_option
@pass_project
def requests(project: Project, carry_out: str | None, yes: bool, now: datetime, as_json: bool) -> None:
    """List what customers and shops have asked for about people's data, and what became of it.

    \b
    Example: loop privacy requests --json
    """
    from loyaltyloop.channels.people_data import Files
    from loyaltyloop.store.database import read
    from loyaltyloop.store.privacy.requests import listed

    engine = project.reading() if carry_out is None else project.engine()
    files = Files.of(project.settings())
    if carry_out is not None:
        _carry_out(project, carry_out, yes or as_json, now)
    with read(engine) as connection:
        found = listed(connection)
    if as_json:
        print_json([_request(one, files.exports) for one in found])
        return
    if not found:
        click.echo("Nobody has asked for anything.")
    else:
        _show_requests([_request(one, files.exports) for one in found])


_WANTED = {"export": "their data", "erase": "to be erased", "erase_shop": "all customers erased"}


def _show_requests(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table("asked (UTC)", "wanted", "by", "state", "what became of it", "key")
    for row in rows:
        asked = datetime.fromisoformat(row["asked_at"])
        by = f"{row['origin']}, {row['shop']}" if row["shop"] else row["origin"]
        became = "; ".join(str(told) for told in (row["reason"], row["file"]) if told)
        wanted = _WANTED.get(row["kind"], row["kind"])
        table.add_row(f"{asked:%Y-%m-%d %H:%M}", wanted, by, row["state"], became, row["key"])
    wide_console().print(table)


def _request(one: Request, exports: Path) -> dict[str, Any]:
    path = exports / f"{one.key}.json"
    row = _plain(one)
    row["file"] = str(path) if path.exists() else None
    return {
        name: value for name, value in row.items() if name not in ("user_id", "anonymous_id", "customer_id")
    }


def _carry_out(project: Project, key: str, yes: bool, now: datetime) -> None:
    from loyaltyloop.channels.people_data import Files, carry_out_one, erase_all
    from loyaltyloop.store.database import read
    from loyaltyloop.store.privacy.requests import find

    engine, files = project.engine(), Files.of(project.settings())
    with read(engine) as connection:
        asked = find(connection, key)
    if asked is None or asked.state != "due":
        raise UserError(f"No request {key!r} waits: `loop privacy requests` shows which do.")
    if asked.kind != "erase_shop":
        carry_out_one(engine, files, asked, now)
        return
    if not yes:
        click.confirm(f"Erase everybody whom the shop {asked.shop} has told of, for good?", abort=True)
    count = erase_all(engine, files, asked, now)
    click.echo(f"Erased: {counted(count, 'customer')}.", err=True)


command.add_command(of_address)
