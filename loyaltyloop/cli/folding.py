"""Long lines as a terminal shows them whole: what does not fit stands below, where the text began."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

LEAST = 30  # letters in a line: with fewer nothing can be read
# The times at the left of a story, or the room for one.
_TIMED = re.compile(r" {2}(\w{3} \d\d? \w{3} \d{4} \d\d:\d\d *| {21,}) {2}(?=\S)")


def folded(line: str, width: int) -> Iterator[str]:
    """The line in lines of at most so many letters; no word is broken, so that codes can be copied."""
    for part in line.split("\n"):
        timed = _TIMED.match(part)
        begins = timed.end() if timed else len(part) - len(part.lstrip()) + 4
        if width - begins < LEAST:
            begins = 2
        yield from wrap(
            part,
            width,
            subsequent_indent=" " * begins,
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
