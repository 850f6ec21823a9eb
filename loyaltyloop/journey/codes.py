"""Codes of vouchers: made from a key by the shop's secret, and compared as people type them.

The same key makes the same code on every machine and at every repetition, and nobody without the secret can
tell what it will be.
"""

from __future__ import annotations

import hashlib
import hmac

# Without I, L, O, 0 and 1, which are mistaken for each other on paper and on the telephone; nor U, without
# which few words can be read into a code.
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
PLACE = "?"  # stands for one of them in a pattern
LEAST = 6  # places: with fewer, codes could be guessed
USUAL = 8
# As they are typed, copied from a page, or set by a word processor; the soft one shows nowhere.
HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"


def places(pattern: str) -> int:
    """How many letters of a code are made; USUAL, behind the pattern, where it shows none."""
    return pattern.count(PLACE) or USUAL


def make_code(secret: bytes, pool: str, key: str, pattern: str, attempt: int = 0) -> str:
    """The code that belongs to this key in this pool; the next `attempt`, if it was somebody else's."""
    whole = pattern if PLACE in pattern else f"{pattern}-{PLACE * USUAL}"
    said = f"voucher\0{pool}\0{key}\0{attempt}".encode()
    number = int.from_bytes(hmac.digest(secret, said, hashlib.sha256), "big")
    code = []
    for letter in whole:
        if letter == PLACE:
            number, place = divmod(number, len(LETTERS))
            letter = LETTERS[place]
        code.append(letter)
    return "".join(code)


def matched(code: str) -> str:
    """The code without spaces and hyphens and in capitals: two that agree in this are one.

    Whoever reads a code out, or types it, says `spring 0001` of `SPRING-0001`.
    """
    return "".join(one for one in code if not (one.isspace() or one in HYPHENS)).upper()
