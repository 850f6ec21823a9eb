"""YAML with places: what is read as what, and every file that is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from loyaltyloop.journey.reading.compose import DEEPEST, MOST_NODES
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.source import LARGEST, read_source


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"),
        ("no", "no"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("9:30", "9:30"),
        ("09:00", "09:00"),
        ("2026-01-31", "2026-01-31"),
        ("10%", "10%"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        ("1.50", Decimal("1.50")),
        ("1e3", Decimal("1e3")),
        ('"7"', "7"),
        ("'true'", "true"),
        ("1.2.3", "1.2.3"),
        (".inf", ".inf"),
        ("[a, 1]", ["a", 1]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_scalars_by_yaml_1_2(written: str, meant: object) -> None:
    source, problems = read_source("a.yaml", f"key: {written}\n")
    assert source and not problems
    assert source.plain() == {"key": meant}
    assert type(source.plain()["key"]) is type(meant)


def test_keys_are_text() -> None:
    source, _ = read_source("a.yaml", "true: 1\n5: 2\nno: 3\n")
    assert source and source.plain() == {"true": 1, "5": 2, "no": 3}


def test_places_of_keys_and_values() -> None:
    source, _ = read_source("a.yaml", "a:\n  - b: 1\n    c:   {d: x}\n")
    assert source
    assert source.mark(("a",)) == (1, 1)
    assert source.mark(("a", 0, "c", "d")) == (3, 11)
    assert source.mark(("a", 0, "c", "d"), "value") == (3, 14)
    assert source.mark(("a", 0, "zzz", "y")) == (2, 5), "the nearest thing around it"


def test_a_byte_order_mark_and_windows_lines_are_no_mistake() -> None:
    source, problems = read_source("a.yaml", b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert source and not problems and source.plain() == {"a": 1, "b": 2}


def test_aliases_are_read() -> None:
    source, problems = read_source("a.yaml", "a: &x {b: 1}\nc: *x\n")
    assert source and not problems and source.plain() == {"a": {"b": 1}, "c": {"b": 1}}


def bomb() -> str:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(lines)


LONG = "- x\n" * (MOST_NODES + 1)
DEEP = "a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1)
REFUSED: list[tuple[str | bytes, int, int, str]] = [
    ("a: b: c\n", 1, 5, "this line has a second ': '"),
    ("a:\n\t- b\n", 2, 1, "a tab stands where spaces are wanted"),
    ("a: [1,2\n", 2, 1, "a '[' is not closed"),
    ("a: {b: 2\n", 2, 1, "a '{' is not closed"),
    ("a: 'x\n\n", 1, 4, "a quotation mark is not closed"),
    ("a: *nope\n", 1, 4, "*nope stands for nothing"),
    ("- &a [*a]", 1, 7, "*a stands for nothing"),
    ("a: @x\n", 1, 4, "a text cannot begin with this character"),
    ("a:\n  - b: 1\n   c: 2\n", 3, 4, "this line is not indented like its neighbours"),
    ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
    (
        "a: !!python/object:os.system x",
        1,
        4,
        "the tag tag:yaml.org,2002:python/object:os.system means nothing here",
    ),
    ("[1, 2]: 3", 1, 1, "a key must be one word"),
    ("", 1, 1, "the file is empty"),
    ("# only words\n", 1, 1, "the file is empty"),
    ("~", 1, 1, "the file is empty"),
    ("null\n", 1, 1, "the file is empty"),
    ("# only words\n---\n", 1, 1, "the file is empty"),
    ("a: x\0\n", 1, 5, "a NUL byte stands in the file"),
    ("a: x\x07\n", 1, 5, "the control character U+0007 stands in the file"),
    (b"a: caf\xe9\n", 1, 7, "byte 0xe9 is not UTF-8"),
    (b"a: 1\nb: \xc3\xa9\xff\n", 2, 5, "byte 0xff is not UTF-8"),
    (bomb(), 5, 8, f"the file holds more than {MOST_NODES:,} values, aliases (*name) written out"),
    (LONG, MOST_NODES + 1, 3, f"the file holds more than {MOST_NODES:,} values, aliases (*name) written out"),
    (DEEP, 1, 64, "this is nested too deeply"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), REFUSED)
def test_refused_with_place_and_remedy(text: str | bytes, line: int, column: int, message: str) -> None:
    source, [problem] = read_source("journeys/a.yaml", text)
    assert source is None
    assert (problem.line, problem.column, problem.message) == (line, column, message)
    assert (problem.file, problem.rule, problem.severity) == ("journeys/a.yaml", "yaml", "error")
    assert problem.remedy
    assert "\0" not in problem.text()


def test_a_file_of_50_mb_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    with (tmp_path / "journeys" / "big.yaml").open("wb") as file:
        file.truncate(50_000_000)
    files = collect_files(tmp_path)
    assert len(files["journeys/big.yaml"]) == LARGEST + 1
    source, [problem] = read_source("journeys/big.yaml", files["journeys/big.yaml"])
    assert source is None
    assert (
        problem.message == f"the file is larger than {LARGEST:,} bytes, which is far more than a journey has"
    )


def test_all_duplicate_keys_at_once() -> None:
    source, problems = read_source("a.yaml", "a: 1\nb: 2\na: 3\nb: 4\n")
    assert source and source.plain() == {"a": 1, "b": 2}
    assert [(one.line, one.message) for one in problems] == [
        (3, "'a' stands here twice"),
        (4, "'b' stands here twice"),
    ]
    assert "first stands in line 1" in problems[0].remedy


def test_a_very_long_line_is_not_printed_whole() -> None:
    _, [problem] = read_source("a.yaml", f"a: {'x' * 5000} b: c: d\n")
    assert len(problem.text()) < 700
