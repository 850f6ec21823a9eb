"""The outcome of a stage in words."""

from __future__ import annotations

from collections.abc import Callable

from loyaltyloop.journey.numbers import counted
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.stages import Stage


def told(stage: Stage, counts: Counts) -> str:
    """`12 by clicked, 30 by silent`; `nobody` where nothing moved."""
    match stage.kind:
        case "apply":
            events = ((counted(number, "event"), path) for path, number in counts.numbers.items() if number)
            return ", ".join(f"{number} {path}".strip() for number, path in events) or "nothing new"
        case "report":
            return f"{counts.total:,} ended" if counts.total else "noted"
        case "step":
            return _list(counts, lambda path: path if path.startswith("left: ") else path and f"by {path}")
        case "enter":
            return _list(counts, lambda path: path or "entered")
        case _:
            return _list(counts, lambda path: path.replace("_", " "))


def _list(counts: Counts, words: Callable[[str], str]) -> str:
    parts = [(number, words(path) or "moved on") for path, number in counts.numbers.items() if number]
    return ", ".join(f"{number:,} {what}" for number, what in parts if number) or "nobody"
