"""Files as they come from outside: is it what it says it is, line by line, without loading it whole."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Literal

from loyaltyloop.errors import DataError

Kind = Literal["customers", "products", "events", "codes"]
LONGEST_LINE = 1 << 20
KEYS: dict[str, Kind] = {"user_id": "customers", "product_id": "products", "code": "codes"}
# With one of these beside its order_id a row is an order or a line of one: no file of ours has both.
_OF_ORDERS = ("customer_id", "user_id", "product_id")
_BROKEN = (gzip.BadGzipFile, EOFError, zlib.error)
_SIGNS = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a spreadsheet or zip archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a database",
}


@dataclass(frozen=True)
class Row:
    """A row of a CSV file by its header; `line` is where it ends in the file."""

    line: int
    fields: tuple[str, ...]


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked where it is gzip. DataError if it cannot be read."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield unpacked  # type: ignore[misc]
            else:
                yield file
    except _BROKEN as error:
        raise DataError(f"{path}: the gzip file is broken ({error}); copy or pack it again.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from None


def inspect(path: Path) -> Kind:
    """What the file holds, known by its header, after a look at every line of it.

    DataError, with the place and what to do, if it is not what it says it is.
    """
    first = _check_bytes(path)
    if first.startswith(b"{"):
        return "events"
    if first.startswith(b"["):
        raise DataError(f"{path}: a JSON array; write one call a line, without brackets and commas.")
    with open_rows(path) as (header, rows):
        for _ in rows:
            pass  # a quote that is never closed would swallow the rest: better told before the first row
        return _kind(path, header)


def _check_bytes(path: Path) -> bytes:
    """The first line that is not blank; DataError for what is no text in UTF-8."""
    first = b""
    with open_bytes(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
            if number == 1:
                _check_sign(path, line)
            _check_line(path, number, line)
            first = first or line.removeprefix(b"\xef\xbb\xbf").strip()
    if not first:
        raise DataError(f"{path}: empty; expected a header, or one call a line.")
    return first


def _check_sign(path: Path, line: bytes) -> None:
    for sign, what in _SIGNS.items():
        if line.startswith(sign):
            raise DataError(f"{path}: this is {what}; save it as CSV in UTF-8 (or JSON lines).")


def _check_line(path: Path, number: int, line: bytes) -> None:
    if len(line) > LONGEST_LINE:
        raise DataError(f"{path}, line {number}: longer than 1 MiB; is it one row or call a line?")
    if b"\0" in line:
        raise DataError(f"{path}, line {number}: holds NUL bytes, so it is no text; save it again as UTF-8.")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        shown = line[max(0, error.start - 12) : error.start + 12].decode("latin-1").strip()
        raise DataError(
            f"{path}, line {number}: not UTF-8, near '{shown}' (Latin-1 or Windows-1252, it seems). "
            "Nothing was imported. Save the file as UTF-8: in a spreadsheet 'CSV UTF-8'; "
            "or run: iconv -f WINDOWS-1252 -t UTF-8."
        ) from None


@contextmanager
def open_rows(path: Path) -> Iterator[tuple[tuple[str, ...], Iterator[Row]]]:
    """The header of a CSV file and its rows. DataError for broken quotes and unusable headers."""
    with open_bytes(path) as file:
        text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        try:
            header = tuple(name.strip() for name in next(reader))
            _check_header(path, header)
            yield header, (Row(reader.line_num, tuple(fields)) for fields in reader if fields)
        except csv.Error as error:
            raise DataError(
                f"{path}, line {reader.line_num}: {error}; is a quotation mark left open in a field?"
            ) from None
        finally:
            text.detach()


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) == 1 and (sign := next((sign for sign in ";\t|" if sign in header[0]), None)):
        raise DataError(f"{path}: the fields are separated by {sign!r}; save it with commas.")
    if blank := [number for number, name in enumerate(header, 1) if not name]:
        raise DataError(f"{path}: column {blank[0]} has no name in the header.")
    if twice := [name for name in header if header.count(name) > 1]:
        raise DataError(f"{path}: two columns are called {twice[0]!r}.")


def _kind(path: Path, header: Sequence[str]) -> Kind:
    _check_orders(path, header)
    for key, kind in KEYS.items():
        if key in header:
            return kind
    near = [
        f"{name!r} is probably {key!r}"
        for name in header
        for key in get_close_matches(_plain(name), KEYS, n=1, cutoff=0.75)
    ]
    hint = f" {'; '.join(near)}." if near else f" It has: {', '.join(header)[:200]}."
    raise DataError(
        f"{path}: the header has neither 'user_id' (customers) nor 'product_id' (products) nor 'code' "
        "(codes of vouchers)." + hint
    )


def _check_orders(path: Path, header: Sequence[str]) -> None:
    """DataError for lines of orders: as products or customers they would overwrite those that there are."""
    named = {_plain(name): name for name in reversed(header)}
    beside = [named[name] for name in _OF_ORDERS if name in named]
    if "order_id" in named and beside:
        columns = " and ".join(repr(name) for name in (named["order_id"], *beside))
        raise DataError(
            f"{path}: with the columns {columns} these are orders. Orders come as events: "
            "a JSON line for each, 'Order Completed' with its products (docs/importing.md). "
            "A list of customers or products has no order_id: call such a column otherwise, or leave it out."
        )


def _plain(name: str) -> str:
    """`UserID` and `user id` as `user_id`."""
    spaced = "".join(
        f"_{c}" if c.isupper() and p.islower() else c for p, c in zip(" " + name, name, strict=False)
    )
    return spaced.lower().replace(" ", "_").replace("-", "_")
