"""A test mail as it arrived: does its head say what mailbox providers want of who sends many?

RFC 8058 (one click) wants both List-Unsubscribe headers, and both under a DKIM signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from email.utils import getaddresses

from loyaltyloop.doctor.finding import Finding, Level
from loyaltyloop.doctor.sender import domain_of

ABOUT = "message"
LARGEST = 8 * 1024 * 1024  # bytes
_SIGNED = ("from", "list-unsubscribe", "list-unsubscribe-post")
_URI = re.compile(r"<\s*([a-z][a-z0-9+.-]*:[^>]*)>", re.IGNORECASE)
_ONE_CLICK = "list-unsubscribe=one-click"
_VERDICTS = re.compile(r"\b(dkim|spf|dmarc)=([a-z]+)")


def look(content: bytes) -> Iterator[Finding]:
    """What its headers lack. It is read as it stands: nothing is looked up, and no signature is computed."""
    message = BytesParser(policy=policy.compat32).parsebytes(content[:LARGEST], headersonly=True)
    heads = {name: [str(one) for one in message.get_all(name, [])] for name in _NAMES}
    sender = [address for _, address in getaddresses(heads["From"]) if "@" in address]
    if len(heads["From"]) != 1 or len(sender) != 1:
        yield Finding(
            ABOUT, "wrong", "it is not from one address", "Is the file a whole mail, with its head?"
        )
        return
    yield _unsubscribe(heads["List-Unsubscribe"])
    yield _one_click(heads["List-Unsubscribe-Post"])
    yield from _signature(heads["DKIM-Signature"], domain_of(sender[0]))
    yield from _verdicts(heads["Authentication-Results"])
    for name in ("Date", "Message-ID"):
        if len(heads[name]) != 1:
            yield Finding(ABOUT, "wrong", f"it has {len(heads[name])} headers {name}", "It must have one.")


_NAMES = (
    *("From", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("DKIM-Signature", "Authentication-Results"),
)


def _unsubscribe(values: list[str]) -> Finding:
    remedy = "Only marketing and service mails carry it: was this one? Else a relay has taken it out."
    if len(values) != 1:
        return Finding(ABOUT, "wrong", f"it has {len(values)} headers List-Unsubscribe", remedy)
    uris = [uri.strip() for uri in _URI.findall(values[0])]
    if not any(uri.lower().startswith("https://") for uri in uris):
        remedy = "Set LOOP_PUBLIC_URL to an https address."
        return Finding(ABOUT, "wrong", "List-Unsubscribe names no https address", remedy)
    return Finding(ABOUT, "good", "List-Unsubscribe names an https address")


def _one_click(values: list[str]) -> Finding:
    said = [value.strip().lower() for value in values]
    if said != [_ONE_CLICK]:
        what = "it has no header List-Unsubscribe-Post: List-Unsubscribe=One-Click"
        return Finding(ABOUT, "wrong", what, "A relay has taken it out, or changed it.")
    return Finding(ABOUT, "good", "it can be unsubscribed from with one click")


def _signature(values: list[str], sender: str) -> Iterator[Finding]:
    if not values:
        yield Finding(
            ABOUT, "wrong", "it is not signed (DKIM)", "Let your relay sign with the sender's domain."
        )
        return
    signatures = [_tags(value) for value in values]
    aligned = [one for one in signatures if _is_aligned(one.get("d", ""), sender)]
    if not aligned:
        domains = ", ".join(sorted({one.get("d", "?") for one in signatures}))
        what = f"it is signed by {domains}, and is from {sender}"
        yield Finding(
            ABOUT, "wrong", what, "Let your relay sign with the sender's own domain: DMARC wants it."
        )
    else:
        yield Finding(ABOUT, "good", f"it is signed by the sender's domain, {aligned[0]['d']}")
    covered = [_covered(one) for one in aligned or signatures]
    best = max(covered, key=len)
    missing = [name for name in _SIGNED if name not in best]
    if missing:
        what = f"no signature covers {', '.join(missing)} (h=)"
        yield Finding(ABOUT, "wrong", what, "Let your relay sign these headers, too: RFC 8058 wants it.")
    else:
        yield Finding(ABOUT, "good", "the signature covers both headers of unsubscribing")


def _covered(tags: dict[str, str]) -> set[str]:
    return {name.strip().lower() for name in tags.get("h", "").split(":")} & set(_SIGNED)


def _tags(value: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in value.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", said) for name, _, said in pairs if name.strip()}


def _is_aligned(signer: str, sender: str) -> bool:
    """Relaxed (RFC 7489, 3.1.1), as far as it can be told without a list of public suffixes."""
    signer = signer.lower().rstrip(".")
    if "." not in signer:
        return False
    return signer == sender or sender.endswith(f".{signer}") or signer.endswith(f".{sender}")


def _verdicts(values: list[str]) -> Iterator[Finding]:
    """What the server that took it says it found: the topmost header is its own."""
    for kind, verdict in dict(_VERDICTS.findall(values[0].lower())).items() if values else ():
        level: Level = "wrong"
        if verdict == "pass":
            level = "good"
        elif verdict in ("none", "neutral"):
            level = "note"
        yield Finding(ABOUT, level, f"its receiver says {kind}={verdict}")
