"""shop.yaml's vouchers: pools of codes, and codes made by a pattern."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import model_validator

from loyaltyloop.journey.codes import LEAST, PLACE, places
from loyaltyloop.journey.model import Pool
from loyaltyloop.journey.schema.moments import Span
from loyaltyloop.journey.schema.values import Count, Text, Words, read_by, read_text, shown, wrong

LOW = 100  # codes of a file that are left when the shop is told, unless it says another number


def _pattern(value: object) -> str:
    text = read_text(value)
    if not re.fullmatch(r"[A-Z0-9?-]{1,40}", text):
        raise wrong(
            f"{shown(text)} is no pattern of codes",
            f"Use capital letters, digits and hyphens; each {PLACE} becomes one of them: SPRING-????????.",
        )
    if places(text) < LEAST:
        raise wrong(
            f"the codes of {shown(text)} could be guessed",
            f"Leave at least {LEAST} places ({PLACE}) to be filled.",
        )
    return text


def _worth(value: object) -> str | Decimal:
    """Words, or an amount in the shop's currency."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if not 0 < value < 1_000_000:
            raise wrong(
                f"{shown(value)} is no amount", "Write a number over 0, or what it is worth in words."
            )
        return Decimal(value)
    return read_text(value)


Pattern = Annotated[str, *read_by(_pattern, {"type": "string", "pattern": r"^[A-Z0-9?-]{1,40}$"})]
Worth = Annotated[
    str | Decimal,
    *read_by(_worth, {"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}]}),
]


class VoucherFile(Words):
    """A pool of codes from a file, or codes made by a pattern."""

    about: Text | None = None
    value: Worth
    codes: Text | None = None
    pattern: Pattern | None = None
    valid: Span | None = None
    low: Count | None = None

    @model_validator(mode="after")
    def _one_source(self) -> VoucherFile:
        if (self.codes is None) == (self.pattern is None):
            raise wrong(
                "codes come from a file, or are made by a pattern",
                "Write 'codes: spring.csv', and take them in with 'loop import', or write 'pattern: SPRING'.",
                "pattern" if self.pattern else "value",
            )
        return self


def pool_of(name: str, file: VoucherFile) -> Pool:
    """The record of `model`."""
    amount = file.value if isinstance(file.value, Decimal) else None
    value = "" if isinstance(file.value, Decimal) else file.value
    return Pool(name, value, amount, file.codes, file.pattern, file.valid, file.low or LOW)
