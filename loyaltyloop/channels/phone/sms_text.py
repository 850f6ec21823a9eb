"""What is in a text message, and how many parts it has: each is paid for, and sent, by itself.

3GPP TS 23.038 (formerly GSM 03.38), 6.2.1: 160 signs of the GSM alphabet in one message, 153 in each part of
a longer one; with any other sign in it (UCS-2) it is 70, and 67.
"""

from __future__ import annotations

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes the room of two


@dataclass(frozen=True)
class SmsText:
    """What is in a text message, and the number that it goes to."""

    text: str
    to: str = ""

    def __bytes__(self) -> bytes:
        return f"To: {self.to}\n\n{self.text}\n".encode()


def parts(text: str) -> int:
    """So many parts; none for an empty text."""
    if _BASIC.union(_EXTENDED).issuperset(text):
        widths, alone, together = [2 if sign in _EXTENDED else 1 for sign in text], 160, 153
    else:
        widths, alone, together = [len(sign.encode("utf-16-le")) // 2 for sign in text], 70, 67
    if sum(widths) <= alone:
        return 1 if text else 0
    count, left = 1, together
    for width in widths:  # a sign of two places is never cut
        if width > left:
            count, left = count + 1, together
        left -= width
    return count


def strange(text: str) -> str:
    """The first sign that is not of the GSM alphabet, which halves what a part holds; empty for none."""
    return next((sign for sign in text if sign not in _BASIC and sign not in _EXTENDED), "")
