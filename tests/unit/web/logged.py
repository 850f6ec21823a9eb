"""What `loop web` would log, in a test; its set-up is undone afterwards."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from loyaltyloop.settings import Settings
from loyaltyloop.web import logs

NAMES = ("loyaltyloop", "loop")


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """A text to which lines are added."""
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in NAMES}
    found = io.StringIO()
    logs.set_up(Settings(_env_file=None), found)
    try:
        yield found
    finally:
        root.handlers[:], threading.excepthook = handlers, hook
        root.setLevel(level)
        logging.captureWarnings(False)
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)
