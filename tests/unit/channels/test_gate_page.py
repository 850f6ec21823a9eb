"""docs/gate.md tells the gate's checks in their order, and the reasons that they give."""

from __future__ import annotations

import re
from pathlib import Path

from loyaltyloop.channels.claiming import gate
from loyaltyloop.store.inside.holding import ASKED, CAPPED, HOLDS, STOPPED

PAGE = (Path(__file__).parents[3] / "docs" / "gate.md").read_text(encoding="utf-8")
SOURCE = Path(gate.__file__).read_text(encoding="utf-8")
# A word of each check's question, in the gate's order.
WORDS = (
    *("left the journey", "live", "such a customer", "agree", "stand against", "address", "leave_when"),
    *("in time", "stopped", "hold_while", "pause", "seldom", "with this address", "room", "quiet hours"),
)
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]


def test_every_check_has_its_row_in_order() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, len(gate.CHECKS) + 2))
    assert all(word in row[1] for word, row in zip(WORDS, ROWS, strict=False))
    assert "written" in ROWS[-1][1]


def test_the_reasons_are_those_of_the_gate() -> None:
    told = [reason for row in ROWS[:-1] for reason in re.findall(r"``?([^`]+?)``?(?=[, ]|$)", row[3])]
    known = SOURCE.replace("{message.channel}", "email").replace("{message.purpose}", "marketing")
    for reason in told:
        start = reason.partition("...")[0].partition(": ")[0].strip().split(" {")[0]
        assert (
            start in known
            or reason.startswith((HOLDS, CAPPED, STOPPED))
            or start in {"left", "its `if` does not hold"}
        ), reason


def test_what_the_gate_holds_is_told_from_what_a_way_out_did_not_take() -> None:
    said = re.findall(r'_hold\(message, f?"([^"]+)"', SOURCE)
    assert len(said) == 2
    assert all(reason.startswith(ASKED) for reason in said)  # the others: store/inside/holding.py
