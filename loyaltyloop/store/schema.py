"""The schema of a database: made and brought up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from loyaltyloop.errors import UserError
from loyaltyloop.store.database import open_engine, read, write_shop

HEAD = "0002"  # the newest of migrations/versions; a test holds it equal
_CURRENT = text("SELECT version_num FROM alembic_version")


def create_schema(engine: Engine) -> None:
    """Bring the database to the newest schema; on one that has it, nothing happens."""
    with read(engine) as connection:
        if schema_version(connection) == HEAD:
            return
    # Two processes that open a new database at once: the second finds the work done.
    with write_shop(engine) as connection:
        current = schema_version(connection)
        if current != HEAD:
            _upgrade(connection, current)


def open_store(url: str) -> Engine:
    """The database of this URL, made or brought to the newest schema. UserError if it cannot be used."""
    try:
        engine = open_engine(url)
        create_schema(engine)
    except (DBAPIError, OSError) as error:
        raise UserError(_unusable(make_url(url), error)) from error
    return engine


def _unusable(url: URL, error: Exception) -> str:
    why = str(getattr(error, "orig", error)).strip().partition("\n")[0].removesuffix(".")
    if url.password:
        why = why.replace(str(url.password), "***")
    if url.get_backend_name() == "sqlite":
        where, remedy = (
            f" {url.database}",
            "Put a good copy of the file there, or name another in LOOP_DATABASE_URL.",
        )
    else:
        where = f" at {url.host}:{url.port or 5432}" if url.host else ""
        remedy = (
            "Is the server at work, and does LOOP_DATABASE_URL say its right host, port, user, password and "
            "database?"
        )
    return f"The database{where} cannot be used: {why}.\n    {remedy}"


def schema_version(connection: Connection) -> str | None:
    """The number of the last migration that was run here; None on an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_CURRENT).scalar()


def _upgrade(connection: Connection, current: str | None) -> None:
    from alembic import command
    from alembic.config import Config

    if current is not None and current > HEAD:
        raise UserError(
            f"The database has schema {current}, this version of Loyalty Loop knows {HEAD}: "
            "it was used by a newer version. Install that version again."
        )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
