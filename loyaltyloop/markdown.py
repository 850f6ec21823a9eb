"""Text that people wrote, to stand in Markdown (Prefect's pages) as it is."""

from __future__ import annotations

import re

# An underscore within a word means nothing: names of steps stay as they are read.
_SIGNS = re.compile(r"[\\`*\[\]|~]|<(?=[A-Za-z/!?])|&(?=[A-Za-z#])|(?<![^\W_])_|_(?![^\W_])")


def plain(text: str) -> str:
    """The text in one line, its signs without a meaning of their own."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))
