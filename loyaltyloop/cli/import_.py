"""`loop import`: files of customers, products, events and codes of vouchers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import BEGINS, Project, json_option, pass_project, print_json, progress
from loyaltyloop.cli.options import now_option
from loyaltyloop.errors import UserError
from loyaltyloop.journey.numbers import counted

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from loyaltyloop.journey.model import Shop
    from loyaltyloop.store.importing.imports import FileReport


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@now_option("The moment of the import; what lies after it is refused as future.")
@json_option
@pass_project
def command(project: Project, paths: tuple[Path, ...], now: datetime, as_json: bool) -> None:
    """Import customers.csv, products.csv, codes.csv and events (*.jsonl), also packed with gzip, or folders
    of them.

    A file is known by its header. Rows that cannot be taken are written beside it, to
    NAME.rejected.csv or .jsonl, with the reason. Importing again adds nothing that is there.

    \b
    Example: loop import customers.csv events.jsonl.gz
    """
    from loyaltyloop.store.importing.imports import import_paths

    engine = project.engine()
    shop = shop_of(project, engine)
    with progress() as bar:
        tasks: dict[Path, Any] = {}

        def tell(path: Path, done: int) -> None:
            if path not in tasks:
                tasks[path] = bar.add_task(path.name, total=None)
            bar.update(tasks[path], completed=done, description=f"{path.name}: {counted(done, 'row')}")

        reports = import_paths(engine, paths, now, shop, tell)
    if as_json:
        print_json({"files": [_as_json(report) for report in reports]})
    else:
        for report in reports:
            _print(report)


def shop_of(project: Project, engine: Engine) -> Shop:
    """The shop as it is live, or, before anything was applied, as journeys/shop.yaml says."""
    from loyaltyloop.journey.reading.reader import read_shop
    from loyaltyloop.store.database import read
    from loyaltyloop.store.live.versions import load_shop, shop_text

    with read(engine) as connection:
        if shop_text(connection) is not None:
            return load_shop(connection)
    path = project.folder / "journeys" / "shop.yaml"
    if not path.is_file():
        raise UserError(
            f"There is no journeys/shop.yaml in {project.folder}: its currency and time zone are needed. "
            f"Go to the project's folder, or name it: loop --project DIR import ...; {BEGINS}"
        )
    return read_shop(path.read_bytes())


def _as_json(report: FileReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "kind": report.kind,
        "read": report.read,
        "taken": report.taken,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "erased": report.erased,
        "attributes": list(report.attributes),
        "notes": list(report.notes),
    }


def _print(report: FileReport) -> None:
    read = counted(report.read, report.kind.removesuffix("s"), report.kind)
    parts = [f"{read} read", f"{report.taken:,} taken"]
    if report.duplicates:
        parts.append(f"{report.duplicates:,} there already")
    if report.rejected:
        parts.append(f"{report.rejected:,} rejected, see {_rejected(report)}")
    if report.erased:
        parts.append(f"{report.erased:,} passed over, of people who were erased")
    click.echo(f"{report.path}: {', '.join(parts)}.")
    if report.attributes:
        click.echo(f"  attributes of your own: {', '.join(report.attributes)}.")
    for note in report.notes:
        click.echo(f"  {note}.")


def _rejected(report: FileReport) -> Path:
    from loyaltyloop.store.importing.rejects import rejected_path

    return rejected_path(report.path, "jsonl" if report.kind == "events" else "csv")
