"""What only PostgreSQL needs of a migration: a function that SQLite gets from Python, and compression."""

from __future__ import annotations

from sqlalchemy import Connection, text

# The same texts, and the same instants, as `journey.times.read_instant`; NULL for all else.
LOOP_INSTANT = r"""
CREATE OR REPLACE FUNCTION loop_instant(given text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    moment text[];
    shift interval := interval '0';
BEGIN
    IF given ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
        RETURN make_timestamptz(substr(given, 1, 4)::int, substr(given, 6, 2)::int,
                                substr(given, 9, 2)::int, 0, 0, 0, 'UTC');
    END IF;
    moment := regexp_match(given, '^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]'
        || '((?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)'
        || '(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))$');
    IF moment IS NULL THEN
        RETURN NULL;
    END IF;
    IF moment[3] IS NOT NULL THEN
        shift := make_interval(hours => moment[4]::int, mins => moment[5]::int);
        IF moment[3] = '-' THEN
            shift := -shift;
        END IF;
    END IF;
    RETURN ((moment[1] || ' ' || moment[2])::timestamp - shift) AT TIME ZONE 'UTC';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$
"""

_METHODS = text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")


def compress(connection: Connection, table: str, column: str) -> None:
    """Store a large text with lz4, much cheaper than the built-in method, where the server has it."""
    if "lz4" in (connection.execute(_METHODS).scalar() or ()):
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET COMPRESSION lz4')
