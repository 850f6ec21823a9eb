"""The outcome of a stage in words."""

from __future__ import annotations

from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.stages import Stage


def told(stage: Stage, counts: Counts) -> str:
    """`12 by clicked, 30 by silent`; `nobody` where nothing moved."""
    parts = [f"{number:,} {_by(stage, path)}" for path, number in counts.numbers.items() if number]
    return ", ".join(parts) or "nobody"


def _by(stage: Stage, path: str) -> str:
    if not path:
        return "moved on"
    plain = path.replace("_", " ")
    return f"by {path}" if stage.kind == "step" and not path.startswith("left: ") else plain
