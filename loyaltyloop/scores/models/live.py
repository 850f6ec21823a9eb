"""The model that is live as of an instant, loaded once a process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.scores.models.learners import learner
from loyaltyloop.store.predictions.fitted import Version, content_of, live_version

log = logging.getLogger(__name__)

_MOST = 16  # models that a process keeps
_loaded: dict[tuple[str, str], Any] = {}  # name and digest → the model


@dataclass(frozen=True, eq=False)
class Live:
    """A model (a `Fitted` of its learner), and which version it is."""

    version: Version
    model: Any


def live_model(connection: Connection, name: str, now: datetime) -> Live | None:
    """The newest live version with `as_of` <= `now` (UTC): None where its fallback holds.

    Of a version that cannot be read its fallback holds, too, and `loop doctor` says so.
    """
    version = live_version(connection, name, now)
    if version is None:
        return None
    key = (name, version.digest)
    if key not in _loaded:
        model = _load(connection, version)
        if model is None:  # not remembered: what is mended is read again
            return None
        while len(_loaded) >= _MOST:
            _loaded.pop(next(iter(_loaded)))
        _loaded[key] = model
    return Live(version, _loaded[key])


def load(name: str, content: bytes) -> Any:
    """The model of these bytes. ValueError says why they are none."""
    try:
        return learner(name).load(content)
    except (KeyError, IndexError, TypeError) as error:  # packed here, but as something else
        raise ValueError(f"not a model of {name}: {error}") from error


def _load(connection: Connection, version: Version) -> Any:
    try:
        return load(version.name, content_of(connection, version))
    except ValueError as error:
        log.warning("version %d of %s cannot be read: %s", version.version, version.name, error)
        return None
