"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `wrong` must be mended; a `note` is for people to know.

    `about`: the part it belongs to; `what`: in plain words, without personal data; `remedy`: what to do.
    `keys`: by which the rows are found again, the first of them.
    """

    about: str
    level: Level
    what: str
    remedy: str = ""
    keys: tuple[str, ...] = ()
