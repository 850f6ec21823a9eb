"""What a provider's answer means for a message. A provider adds its own words to a table of these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from loyaltyloop.channels.out import Outcome

# taken: it has the message. refused: never. later: not now, and surely not taken. away: nothing of ours will
# be taken until somebody mends it (a wrong key, no credit left). doubtful: it may have the message or not,
# and is told again where a key makes that safe. unknown: the same, where not even a key does.
Meaning = Literal["taken", "refused", "later", "away", "doubtful", "unknown"]
LONGEST = timedelta(days=1)
_STATUSES: dict[int, Meaning] = {
    401: "away", 402: "away", 403: "away", 404: "away", 405: "away", 407: "away",
    408: "later", 421: "later", 425: "later", 429: "later", 503: "later",
    501: "refused", 505: "refused",
}  # fmt: skip
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def meaning_of(status: int, code: str, own: Mapping[str, Meaning]) -> Meaning:
    """By the provider's own code, else by its view of the status, else by what HTTP says of the status."""
    found = own.get(code) or own.get(str(status))
    if found is not None:
        return found
    if 200 <= status < 300:
        return "taken"
    if status < 400:
        return "away"  # a redirect: the address in the settings is not the service's
    return _STATUSES.get(status, "refused" if status < 500 else "doubtful")


def outcome_of(
    key: str, who: str, meaning: Meaning, said: str, idempotent: bool, after: timedelta = timedelta()
) -> Outcome:
    """The outcome. `said`: the status and the code; words of an answer may hold addresses and are not kept.

    `after`: how long the provider asks to wait.
    """
    wait = min(after, LONGEST) or None
    match meaning:
        case "taken":
            return Outcome(key, "handed_over")
        case "refused":
            return Outcome(key, "refused", f"{who} refuses it ({said})")
        case "later":
            return Outcome(key, "try_again", f"{who} does not take it now ({said})", after=wait)
        case "away":
            return Outcome(key, "try_again", f"{who} takes nothing from us ({said})", away=True, after=wait)
        case "doubtful" if idempotent:
            said = f"{who} may have it; it is told again ({said})"
            return Outcome(key, "try_again", said, after=wait, doubt=True)
        case "doubtful" | "unknown":
            return Outcome(key, "unknown", f"{who} may have it or not ({said})")


def shown(status: int, code: str) -> str:
    """A status with the provider's own code, if that is a code and no sentence."""
    return f"{status} {code}" if _CODE.fullmatch(code) else str(status)
