"""The schema that migrations make is the one that the models speak of, on both databases."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

from loyaltyloop.errors import UserError
from loyaltyloop.store import migrations
from loyaltyloop.store import models as models
from loyaltyloop.store.database import read, write
from loyaltyloop.store.schema import HEAD, create_schema, schema_version


def test_the_migrated_schema_is_the_models(engine: Engine) -> None:
    with read(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_partial_indexes_are_partial(engine: Engine) -> None:
    """What alembic does not compare."""
    for table in SQLModel.metadata.sorted_tables:
        found = {index["name"]: index for index in inspect(engine).get_indexes(table.name)}
        for index in table.indexes:
            wanted = index.dialect_options[engine.dialect.name].get("where")
            there = found[index.name].get("dialect_options", {}).get(f"{engine.dialect.name}_where")
            assert _plain(wanted) == _plain(there), index.name


def _plain(condition: object) -> str:
    """PostgreSQL writes conditions in its own way."""
    words = (
        re.sub(r"::(character varying|text)(\[\])?|[()]", "", str(condition))
        .replace("= ANY ARRAY[", "IN ")
        .replace("]", "")
    )
    return " ".join(words.split())


def test_the_newest_migration_is_the_one_that_is_looked_for() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [HEAD]


def test_making_the_schema_again_does_nothing(engine: Engine) -> None:
    create_schema(engine)
    with read(engine) as connection:
        assert schema_version(connection) == HEAD


def _wipe(engine: Engine) -> None:
    with write(engine) as connection:
        SQLModel.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))


def test_two_processes_make_one_schema(engine: Engine) -> None:
    _wipe(engine)
    failures: list[Exception] = []

    def make() -> None:
        try:
            create_schema(engine)
        except Exception as error:
            failures.append(error)

    makers = [Thread(target=make) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert failures == []
    with read(engine) as connection:
        assert schema_version(connection) == HEAD


def test_a_migration_that_fails_leaves_nothing_half_done(engine: Engine) -> None:
    _wipe(engine)
    with write(engine) as connection:
        connection.execute(text("CREATE TABLE visit (wrong INTEGER)"))
    with pytest.raises(Exception, match="visit"):
        create_schema(engine)
    assert set(inspect(engine).get_table_names()) == {"visit"}


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    with write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="used by a newer version"):
        create_schema(engine)


def test_bodies_are_compressed_cheaply_where_the_server_can(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite compresses nothing")
    method = "SELECT attcompression FROM pg_attribute WHERE attrelid = 'body'::regclass AND attname = 'html'"
    with read(engine) as connection:
        offered = connection.execute(
            text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
        ).scalar_one()
        assert connection.execute(text(method)).scalar_one() == ("l" if "lz4" in offered else "")
