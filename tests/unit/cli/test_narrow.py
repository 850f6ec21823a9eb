"""In a terminal of eighty signs nothing is cut off that means something."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from loyaltyloop.cli import messages, report
from loyaltyloop.cli.folding import folded
from loyaltyloop.store.messages.outbox_list import Listed
from loyaltyloop.store.telling.reports import Line

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
ADA = "first.lastname@a-long-mail-provider.example"
STEP = "second_look.interested.wait.2"
SHOWN = Listed(
    "k", "customer-1000", "post_purchase", STEP, "email", "t", ADA, "handed_over", "", NOW, NOW, "Hi"
)


def narrow(width: int = 80) -> Console:
    return Console(file=StringIO(), width=width, highlight=False, markup=False, emoji=False)


def printed(console: Console) -> list[str]:
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= console.width
    assert "…" not in console.file.getvalue()
    return lines


def test_messages_stand_below_one_another() -> None:
    console = narrow()
    messages.show(console, [SHOWN], 50)
    assert printed(console) == [
        f"2026-03-02 09:15  handed over  post_purchase.{STEP}",
        f"    customer-1000, by email to {ADA}: Hi",
    ]


@pytest.mark.parametrize("width", [120, 240])
def test_where_there_is_room_they_are_a_table(width: int) -> None:
    console = narrow(width)
    messages.show(console, [SHOWN], 50)
    assert printed(console)[0].startswith("┏")


def test_a_report_names_each_step_and_path_whole() -> None:
    console = narrow()
    paths = [Line("welcome", 1, "look", path, 10, 5, 0) for path in ("curious", "left: not_interested_yet")]
    one = Line("welcome", 1, STEP, "", 1234, 1234, 0, 1000, {"refused": 234})
    report.show(console, [Line("welcome", 1, arrived=10), one, *paths])
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed(console) if "│" in line]
    assert cells == [
        [STEP, "1,234", "1,234", "0", "1,000", "0"],
        ["look", "10", "", "0", "0", ""],
        ["curious", "", "5", "", "", "0"],
        ["left: not_interested_yet", "", "5", "", "", "0"],
    ]
    assert f"  not sent at {STEP}: 234 refused" in printed(console)


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        (
            "  Sun 1 Mar 2026 17:00   hello: message handed over to ada@example.com",
            [
                "  Sun 1 Mar 2026 17:00   hello: message handed over to",
                "                         ada@example.com",
            ],
        ),
        ("  birthday: " + "word " * 12, ["  birthday: " + "word " * 8 + "word", "      word word word"]),
        ("x" * 70 + " SPRING-7KQ2-MXWA", ["x" * 70, "    SPRING-7KQ2-MXWA"]),
        ("one\n  two", ["one", "  two"]),
    ],
)
def test_what_does_not_fit_stands_below(line: str, lines: list[str]) -> None:
    assert list(folded(line, 60)) == lines
