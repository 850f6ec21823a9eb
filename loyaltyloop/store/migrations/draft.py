"""Drafts the migration that leads from the newest one to the models, to be read before it is committed.

    python -m loyaltyloop.store.migrations.draft "What changes"

`--first` writes the first migration anew instead: only until the first release.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.util.pyfiles import template_to_file
from sqlalchemy import Connection
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel, create_engine

from loyaltyloop.store import models as models
from loyaltyloop.store.schema import HEAD, create_schema

FOLDER = Path(__file__).parent
FIRST = "0001"
# As alembic writes a type → as the template of migrations calls it.
NAMES = {
    "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')": "BIG",
    "sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), "
    "'postgresql')": "JSON",
    "sqlmodel.sql.sqltypes.": "",
}


def draft(message: str, first: bool = False) -> Path:
    """Write the migration's file; where it is."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    if not first:
        create_schema(engine)
    with engine.connect() as connection:
        upgrades = _steps(connection)
    number = FIRST if first else f"{int(HEAD) + 1:04}"
    path = FOLDER / "versions" / f"{number}_{message.lower().replace(' ', '_')}.py"
    template_to_file(
        str(FOLDER / "script.py.mako"),
        str(path),
        "utf-8",
        message=f"{message}.",
        up_revision=number,
        down_revision=None if first else HEAD,
        upgrades=upgrades,
    )
    subprocess.run([sys.executable, "-m", "ruff", "format", "--no-force-exclude", str(path)], check=True)
    return path


def _steps(connection: Connection) -> str:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    steps = produce_migrations(context, SQLModel.metadata).upgrade_ops
    if steps is None or steps.is_empty():
        raise SystemExit("The models are as the newest migration leaves them: nothing to do.")
    text = render_python_code(steps, render_as_batch=True)
    for written, name in NAMES.items():
        text = text.replace(written, name)
    return "\n".join(line for line in text.splitlines() if "###" not in line).strip()


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--first"]
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    print(draft(arguments[0], first="--first" in sys.argv))
