"""Contrast of colours, as WCAG 2.2 defines it, and colours changed until they can be read."""

from __future__ import annotations

AA = 4.5


def contrast(one: str, other: str) -> float:
    """The ratio of two colours (`#rrggbb`), from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[index : index + 2], 16) / 255) for index in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def readable(colour: str, ground: str, ratio: float = AA) -> str:
    """The colour, made lighter or darker until it stands out from the ground by this ratio."""
    towards = 255 if _luminance(ground) < 0.18 else 0
    for step in range(101):
        mixed = _mix(colour, towards, step / 100)
        if contrast(mixed, ground) >= ratio:
            return mixed
    return "#ffffff" if towards else "#000000"


def _mix(colour: str, towards: int, share: float) -> str:
    parts = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return "#" + "".join(f"{round(part + (towards - part) * share):02x}" for part in parts)
