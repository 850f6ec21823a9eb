"""Files of customers, products, events and codes come in, in chunks, each a transaction; twice is as once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from loyaltyloop.errors import DataError
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.database import write
from loyaltyloop.store.events.doubts import Doubts
from loyaltyloop.store.events.ingest import Recorded, record
from loyaltyloop.store.importing import customer_rows, product_rows
from loyaltyloop.store.importing.csv_files import LONGEST_LINE, Kind, inspect, open_bytes, open_rows
from loyaltyloop.store.importing.customer_rows import CustomerRows, own_columns
from loyaltyloop.store.importing.product_rows import ProductRows
from loyaltyloop.store.importing.rejects import REASON, Rejects, is_rejected
from loyaltyloop.store.segment import Call, Rejected, read_call
from loyaltyloop.store.vouchers import code_rows
from loyaltyloop.store.vouchers.code_rows import CodeRows

CHUNK = 2000
SUFFIXES = (".csv", ".jsonl", ".ndjson", ".csv.gz", ".jsonl.gz", ".ndjson.gz")
_CHECKS = {
    "customers": customer_rows.check_header,
    "products": product_rows.check_header,
    "codes": code_rows.check_header,
}
_ORDER: Sequence[Kind] = ("customers", "products", "events", "codes")
# Told after each chunk: which file, and how many of its rows were read.
Progress = Callable[[Path, int], None]


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one file. `attributes`: its columns that are the shop's own.

    `erased`: rows of people who were erased; they are passed over, and written nowhere.
    """

    path: Path
    kind: Kind
    read: int
    taken: int
    duplicates: int
    rejected: int
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    erased: int = 0


def import_paths(
    engine: Engine, paths: Iterable[Path], now: datetime, shop: Shop, progress: Progress | None = None
) -> list[FileReport]:
    """Import files, and all files of folders. Nothing is later than `now`, the instant of the import.

    Every file is looked at before the first is imported: DataError if one is not what it says it is.
    Rows that cannot be taken are written to `<name>.rejected.csv|jsonl` beside the file, with the reason.
    """
    found = list(_files(paths))
    return [_import_file(engine, path, kind, now, shop, progress or _silent) for path, kind in found]


def _silent(_path: Path, _read: int) -> None:
    pass


def _look_at(path: Path) -> Kind:
    kind = inspect(path)
    if check := _CHECKS.get(kind):
        with open_rows(path) as (header, _):
            check(path, header)
    return kind


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, Kind]]:
    for path in paths:
        if path.is_dir():
            yield from _of_folder(path)
        elif path.is_file():
            yield path, _look_at(path)
        else:
            raise DataError(f"{path}: there is no such file or folder.")


def _of_folder(folder: Path) -> list[tuple[Path, Kind]]:
    """The files of a folder that can be imported, people first; not what an import rejected."""
    names = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    found = [(path, _look_at(path)) for path in names if not is_rejected(path)]
    if not found:
        raise DataError(f"{folder}: no {', '.join(SUFFIXES[:2])} files here.")
    return sorted(found, key=lambda file: _ORDER.index(file[1]))


def _import_file(
    engine: Engine, path: Path, kind: Kind, now: datetime, shop: Shop, progress: Progress
) -> FileReport:
    if kind == "events":
        return _import_events(engine, path, now, shop, progress)
    with open_rows(path) as (header, rows):
        kept = tuple(name for name in header if not (is_rejected(path) and name == REASON))
        table = _table(kind, shop, now, kept)
        with Rejects(path, kept) as rejects:

            def read(row: Any) -> Any:
                fields = row.fields[: len(kept)] if len(row.fields) == len(header) else row.fields
                try:
                    return table.read(_complete(fields, kept))
                except Refused as reason:
                    rejects.row(fields, str(reason))
                    return None

            def save(items: list[Any]) -> Recorded:
                with write(engine) as connection:
                    return table.write(connection, items)

            count, total = _in_chunks(rows, read, save, lambda done: progress(path, done))
    own = tuple(own_columns(kept)) if kind == "customers" else ()
    notes = tuple(table.notes())
    return FileReport(
        path, kind, count, total.taken, total.duplicates, rejects.count, own, notes, erased=total.erased
    )


def _table(
    kind: Kind, shop: Shop, now: datetime, header: Sequence[str]
) -> CustomerRows | ProductRows | CodeRows:
    if kind == "codes":
        return CodeRows(shop, now, header)
    return CustomerRows(shop, now, header) if kind == "customers" else ProductRows(shop, now, header)


def _complete(fields: Sequence[str], header: Sequence[str]) -> Sequence[str]:
    if len(fields) != len(header):
        raise Refused(f"{counted(len(fields), 'field')} where the header has {len(header)}")
    return fields


def _import_events(engine: Engine, path: Path, now: datetime, shop: Shop, progress: Progress) -> FileReport:
    doubts = Doubts()
    with open_bytes(path) as file, Rejects(path, None) as rejects:

        def read(numbered: tuple[int, bytes]) -> Call | None:
            number, line = numbered
            raw, call = _read_line(line, now, shop)
            if isinstance(call, Rejected):
                rejects.line(number, line.rstrip(b"\r\n"), raw, call.reason)
                return None
            doubts.look(number, call)
            return call

        def save(calls: list[Call]) -> Recorded:
            with write(engine) as connection:
                return record(connection, calls)

        lines = enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1)
        filled = ((number, line) for number, line in lines if line.strip(b" \t\r\n\xef\xbb\xbf"))
        count, total = _in_chunks(filled, read, save, lambda done: progress(path, done))
    notes = tuple(doubts.notes())
    return FileReport(
        path, "events", count, total.taken, total.duplicates, rejects.count, notes=notes, erased=total.erased
    )


def _read_line(line: bytes, now: datetime, shop: Shop) -> tuple[Any, Call | Rejected]:
    """What the line holds as JSON (None: nothing), and the call or the reason."""
    try:
        raw = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        return None, Rejected(f"no JSON: {str(error).partition(': line')[0]}")
    call = read_call(raw, lateness=shop.lateness)
    if isinstance(call, Call) and call.arrived_at > shop.lateness.after(now, "UTC"):
        return raw, Rejected(f"{call.arrived_at:%Y-%m-%dT%H:%M:%SZ} lies in the future")
    return raw, call


def _in_chunks(
    entries: Iterable[Any],
    read: Callable[[Any], Any],
    save: Callable[[list[Any]], Recorded],
    tell: Callable[[int], None],
) -> tuple[int, Recorded]:
    """Read and save so many at a time; how many were read, and what became of those that could be."""
    count, total, rest = 0, Recorded(), iter(entries)
    while chunk := list(islice(rest, CHUNK)):
        items = [item for entry in chunk if (item := read(entry)) is not None]
        count += len(chunk)
        if items:
            total += save(items)
        tell(count)
    return count, total
