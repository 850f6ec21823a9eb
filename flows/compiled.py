"""Each journey as a flow of its own: `flows.compiled.welcome` is made when it is asked for (PEP 562).

A new journey file needs no Python. Every name in this module but the journeys' begins with an underscore, so
that a journey may have any name; that is why even `annotations` is not imported.
"""

from functools import cache as _cache
from typing import Any as _Any

from flows.journey import as_flow as _as_flow
from flows.source import journey_named as _journey_named


@_cache
def __getattr__(name: str) -> _Any:
    if name.startswith("_"):
        raise AttributeError(name)
    journey = _journey_named(name)
    if journey is None:
        raise AttributeError(
            f"There is no journey {name!r}: it was never applied, and journeys/ has no such file."
        )
    return _as_flow(journey)
