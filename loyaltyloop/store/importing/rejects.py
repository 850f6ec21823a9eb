"""What could not be taken, written beside the file, with all reasons, to be mended and imported again."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ParamSpec, TypeVar

import orjson

from loyaltyloop.errors import DataError
from loyaltyloop.store.canonical import Refused, to_json

REASON = "reason"
P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Faults:
    """All that is wrong with one row: who mends it need not try again for each."""

    found: list[str] = field(default_factory=list)

    def of(self, way: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """What is read so; None where it is refused, which is remembered."""
        try:
            return way(*given, **named)
        except Refused as reason:
            self.found.append(str(reason))
            return None

    def tell(self) -> None:
        """Refused, with all of them, where there are any."""
        if self.found:
            raise Refused("; ".join(self.found))


def rejected_path(path: Path, suffix: str) -> Path:
    """`orders.jsonl.gz` → `orders.rejected.jsonl`."""
    name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return path.with_name(f"{name.removesuffix('.rejected')}.rejected.{suffix}")


def is_rejected(path: Path) -> bool:
    """Was the file written by an import?"""
    return ".rejected." in path.name


class Rejects:
    """Written as a whole at the end; where nothing was rejected, there is no file."""

    def __init__(self, path: Path, header: Sequence[str] | None) -> None:
        self._target = rejected_path(path, "jsonl" if header is None else "csv")
        self._part = self._target.with_name(f".{self._target.name}.{os.getpid()}.part")
        self._header = header
        self._file: IO[str] | None = None
        self.count = 0

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if kind is not None:
            self._part.unlink(missing_ok=True)
        elif self.count:
            self._part.replace(self._target)
        else:
            self._target.unlink(missing_ok=True)

    def row(self, fields: Sequence[str], reason: str) -> None:
        """A row of a CSV file."""
        first = self._file is None
        writer = csv.writer(self._open(), lineterminator="\n")
        if first and self._header is not None:
            writer.writerow([*self._header, REASON])
        missing = len(self._header or ()) - len(fields)
        writer.writerow([*fields, *[""] * max(missing, 0), reason])

    def line(self, number: int, text: bytes, call: Any, reason: str) -> None:
        """A line of calls: the call with its reason, or the text where it is no JSON object."""
        if not isinstance(call, dict):
            call = {"text": text.decode(errors="replace")}
        try:
            shown = to_json({REASON: reason, "line": number} | call)
        except (TypeError, ValueError):  # a number or nesting that cannot be written again
            shown = orjson.dumps({REASON: reason, "line": number, "text": text.decode()}).decode()
        self._open().write(shown + "\n")

    def _open(self) -> IO[str]:
        self.count += 1
        if self._file is None:
            try:
                self._file = self._part.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise DataError(
                    f"{self._target}: rejected rows cannot be written here ({error.strerror}). "
                    "Copy the file to a folder that can be written to."
                ) from None
        return self._file
