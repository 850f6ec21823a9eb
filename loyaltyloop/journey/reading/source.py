"""YAML 1.2 with the place of every key and value; bounded, so that no file can hurt the reader.

Keys are text, always. An unquoted scalar is a number, `true`, `false` or `null` by YAML 1.2's core schema;
all else is text: `on`, `no` and `9:30` too. Numbers that are no integers are `Decimal`, never float.
"""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from loyaltyloop.errors import Problem
from loyaltyloop.journey.reading.compose import Composer, Refused, explained
from loyaltyloop.journey.reading.tree import Path, Source

__all__ = ["LARGEST", "Path", "Source", "read_source"]

LARGEST = 1_000_000  # bytes: a journey is some kilobytes

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def read_source(file: str, data: str | bytes) -> tuple[Source | None, list[Problem]]:
    """The tree of a YAML file, or None; and what is wrong with it as YAML."""
    try:
        text = _decode(data)
    except Refused as refused:
        where = Source(file, [])
        return None, [_told(where, refused)]
    source = Source(file, re.split(r"\r\n|\r|\n", text))
    composer = Composer(source)
    try:
        _refuse_unprintable(text)
        source.root = composer.document(text)
    except Refused as refused:
        return None, [*composer.problems, _told(source, refused)]
    except MarkedYAMLError as error:
        return None, [*composer.problems, _told(source, explained(error, source))]
    return source, composer.problems


def _told(source: Source, refused: Refused) -> Problem:
    return source.problem_at(refused.line, refused.column, "yaml", "error", refused.message, refused.remedy)


def _decode(data: str | bytes) -> str:
    if len(data) > LARGEST:
        raise Refused(
            1,
            1,
            f"the file is larger than {LARGEST:,} bytes, which is far more than a journey has",
            "Move texts to templates/, and split what does not belong together into journeys of their own.",
        )
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        raise Refused(
            line,
            column,
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            "Save the file as UTF-8; it was probably saved as Latin-1 or Windows-1252.",
        ) from None


def _refuse_unprintable(text: str) -> None:
    if found := _UNPRINTABLE.search(text):
        before = text[: found.start()]
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        name = "a NUL byte" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        raise Refused(
            line, column, f"{name} stands in the file", "Delete it; it cannot be seen in most editors."
        )
