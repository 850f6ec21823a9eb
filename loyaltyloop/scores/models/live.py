"""The model that is live as of an instant, loaded once a process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyaltyloop.scores.models.learners import learner
from loyaltyloop.store.predictions.fitted import Version, content_of, live_version, note_broken

log = logging.getLogger(__name__)

_MOST = 16  # models that a process keeps
_loaded: dict[tuple[str, str], Any] = {}  # name and digest → the model
_unreadable: set[tuple[str, int, str]] = set()  # versions, by their digests, of which the log has been told


@dataclass(frozen=True, eq=False)
class Live:
    """A model (a `Fitted` of its learner), and which version it is."""

    version: Version
    model: Any


def live_model(connection: Connection, name: str, now: datetime) -> Live | None:
    """The newest live version with `as_of` <= `now` (UTC): None where its fallback holds.

    Of a version that cannot be read, or broke when it was asked, its fallback holds, too, and `loop doctor`
    says so.
    """
    version = live_version(connection, name, now)
    if version is None or version.broke is not None:
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
    except (ValueError, MemoryError):
        raise
    except Exception as error:  # packed here, but as something else: what a learner trips over is its own
        raise ValueError(f"not a model of {name}: {type(error).__name__}: {error}") from error


def set_aside(connection: Connection, live: Live, kind: str) -> None:
    """Let a model count as not there that raised such an error when it was asked; the log says so once."""
    if note_broken(connection, live.version, kind):
        name, number = live.version.name, live.version.version
        log.warning(
            "version %d of %s broke when it was asked (%s), and counts as not there; "
            "`loop train --back --model %s` goes back to the former version",
            *(number, name, kind, name),
        )


def _load(connection: Connection, version: Version) -> Any:
    try:
        return load(version.name, content_of(connection, version))
    except ValueError as error:
        this = (version.name, version.version, version.digest)
        if this not in _unreadable:  # they are tried anew whenever they are asked
            _unreadable.add(this)
            log.warning("version %d of %s cannot be read: %s", version.version, version.name, error)
        return None
