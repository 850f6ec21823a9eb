"""Which project the flows work on, and what time it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from loyaltyloop.settings import Settings, load_settings


def settings() -> Settings:
    """Of the project that LOOP_PROJECT names (a worker's environment does), else of the current folder."""
    return load_settings(Path(os.environ.get("LOOP_PROJECT") or "."))


def present() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
