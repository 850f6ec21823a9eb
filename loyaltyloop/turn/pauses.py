"""Work on thousands of rows at a time, without the collector of cycles looking at each of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """No search for cycles inside: rows, names and bodies hold none, and are freed when they are let go.

    A chunk's tens of thousands of new objects would set off that search again and again, at a tenth of all
    that a message costs.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
