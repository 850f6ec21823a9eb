"""`branch`: decide now; the first path whose `when` holds."""

from __future__ import annotations

from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.inside.cohorts import decide, mark


def look(stand: Stand) -> None:
    """Everybody takes a path: the last one has no `when`."""
    for path in stand.step.paths:
        if path.when is None:
            decide(stand.connection, path.name, "no other path's `when` held")
        else:
            mark(stand.connection, stand.holds(path.when), path=path.name, why="its `when` held")
