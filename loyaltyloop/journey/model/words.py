"""Words that several records share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["marketing", "service", "transactional"]
Channel = Literal["email", "sms", "push", "best"]
CALLS = "hook"  # the channel of what goes to another system, and not to the customer
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True)
class Used:
    """A word whose machinery may be missing, with its place: what `apply` refuses, what `check` only maps."""

    word: str
    line: int
    column: int
