"""What may have left in an earlier try: its way out would know it by its key, and holds it to be the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from loyaltyloop.channels.claiming.gate import Verdict

# May be handed over once more what was first claimed for that way out so long ago?
Repeats = Callable[[str | None, timedelta], bool]


def in_doubt(message: Any, verdict: Verdict, now: datetime, repeats: Repeats) -> Verdict:
    """The verdict on a message (a row of candidates), as it is for one that may have left.

    It is not refused any more, takes no other channel, and is not told again when its key is forgotten.
    """
    if message.handed_over_at is None:
        return verdict
    if verdict.state == "refused":
        return Verdict("unknown", f"it may have left; not told again: {verdict.reason}")
    if not repeats(message.via, now - message.claimed_at):
        return Verdict("unknown", "it may have left; told again it might arrive twice")
    return verdict
