"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """`1 step`, `1,200 steps`; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def people(number: int) -> str:
    """`1 person`, `12 people`."""
    return counted(number, "person", "people")


def plain(number: float) -> int | float:
    """The number without decimals that say nothing: 36, not 36.0; and 0.62. Printed, it has no exponent.

    `number`: finite, of a few decimals, as scores and their means are kept.
    """
    return int(number) if number == int(number) else number
