"""One change against what is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loyaltyloop.journey.showing.plan import Kind as Edit
from loyaltyloop.store.live.standing import Move

Kind = (
    Edit
    | Literal[
        "journey added",
        "journey changed",
        "journey removed",
        "journey returned",
        "people moved",
        "shop added",
        "shop changed",
        "template added",
        "template changed",
        "template removed",
    ]
)


@dataclass(frozen=True)
class Change:
    """One change: what, where, how many people it concerns, and what becomes of them.

    `journey` is empty for what all share. `version` and `path` say what is stored, `move` who is moved.
    `refusal`, where it is not empty, is why the change cannot be made, and the remedy; one a line.
    """

    journey: str
    change: Kind
    step: str | None = None
    people: int = 0
    becomes: str = ""
    detail: str = ""
    refusal: str = ""
    version: int = 0
    path: str = ""
    move: Move | None = None
