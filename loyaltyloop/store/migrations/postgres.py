"""What only PostgreSQL needs of a migration: a function that SQLite gets from Python, and compression."""

from __future__ import annotations

from sqlalchemy import Connection, text

# The same texts, and the same instants, as `journey.times.read_instant`; NULL for all else.
LOOP_INSTANT = r"""
CREATE OR REPLACE FUNCTION loop_instant(given text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    part text[] := regexp_match(given, '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
        || '(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?'
        || '(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9])))?$');
    month date;
    away interval;
    found timestamp;
BEGIN
    IF part IS NULL OR part[1] = '0000' THEN
        RETURN NULL;
    END IF;
    month := make_date(part[1]::int, part[2]::int, 1);
    IF (month + interval '1 month')::date - month < part[3]::int THEN
        RETURN NULL;
    END IF;
    away := make_interval(hours => coalesce(part[9], '0')::int, mins => coalesce(part[10], '0')::int);
    found := month + make_interval(days => part[3]::int - 1, hours => coalesce(part[4], '0')::int,
            mins => coalesce(part[5], '0')::int, secs => coalesce(part[6], '0')::int)
        + rpad(coalesce(part[7], '0'), 6, '0')::int * interval '1 microsecond'
        + CASE part[8] WHEN '-' THEN away ELSE -away END;
    IF found < '0001-01-01'::timestamp OR found >= '10000-01-01'::timestamp THEN
        RETURN NULL;
    END IF;
    RETURN found AT TIME ZONE 'UTC';
END
$$
"""

_METHODS = text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")


def compress(connection: Connection, table: str, column: str) -> None:
    """Store a large text with lz4, much cheaper than the built-in method, where the server has it."""
    if "lz4" in (connection.execute(_METHODS).scalar() or ()):
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET COMPRESSION lz4')
