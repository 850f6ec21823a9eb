"""Enhanced status codes (RFC 3463): is the address no good, and in which words is that told?"""

from __future__ import annotations

import re

from loyaltyloop.web.providers.told import Reason

_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# The most exact first: what the code of the mailbox or of the whole subject means.
_REASONS: tuple[tuple[str, Reason], ...] = (
    ("2.2", "bounced"),  # mailbox full
    ("2.1", "blocked"),  # mailbox disabled, not accepting messages
    ("4.7", "timed_out"),  # delivery time expired
    ("4.1", "timed_out"),  # no answer from host
    ("4.4", "invalid"),  # no such host
    ("1.0", "invalid"),
    ("1.1", "invalid"),  # no such mailbox
    ("1.2", "invalid"),  # no such domain
    ("1.3", "invalid"),  # no address at all
    ("1.6", "invalid"),  # the mailbox has moved
    ("1.10", "invalid"),  # the domain takes no mail (RFC 7505)
)
_BY_SUBJECT: dict[str, Reason] = {"1": "other", "2": "bounced", "4": "timed_out", "7": "blocked"}
_HARD = ("1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1", "4.4")


def find_status(*texts: object) -> str:
    """The first status code in these texts; empty if there is none."""
    found = (_CODE.search(text[:2000]) for text in texts if isinstance(text, str))
    return next((code[1] for code in found if code), "")


def is_hard(status: str) -> bool:
    """Is the address no good for anything? Only for good (5) and only for what lies in the address."""
    kind, _, detail = status.partition(".")
    return kind == "5" and detail in _HARD


def reason_of(status: str) -> Reason:
    """Why a message was not delivered, in the common words."""
    detail = status.partition(".")[2]
    exact = next((reason for code, reason in _REASONS if code == detail), None)
    return exact or _BY_SUBJECT.get(detail.partition(".")[0], "other")
