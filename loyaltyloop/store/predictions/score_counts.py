"""What models said to `score` steps: how many they told what, by version, for reports."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.store.conditions.documents import field
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.inside.kept import kept
from loyaltyloop.store.models import Enrolment

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
_DECIMALS = 4


def count_scores(
    connection: Connection, journey: str, steps: Collection[str]
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """Version of the journey and step → for each version of the model (None: none was live), in order:

    `people` who came, of how many the number is `known`, and the `mean` of these.
    """
    if not steps:
        return {}
    said = {
        name: field(kept.c.value, name, is_postgres(connection)) for name in ("model", "version", "number")
    }
    model, version, number = said["model"].text, said["version"].number, said["number"].number
    assert model is not None and version is not None  # as of every JSON value
    place = (enrolment.c.version, kept.c.step, model, version)
    chosen = select(*place, func.count(), func.count(number), func.avg(number))
    mine = chosen.join(enrolment, enrolment.c.id == kept.c.enrolment_id).where(
        enrolment.c.journey == journey, kept.c.step.in_(steps), model.is_not(None)
    )
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for own, step, name, by, people, known, mean in connection.execute(mine.group_by(*place)):
        told = {"model": name, "version": None if by is None else int(by), "people": people, "known": known}
        told["mean"] = None if mean is None else round(float(mean), _DECIMALS)
        found.setdefault((own, step), []).append(told)
    for each in found.values():
        each.sort(key=lambda one: (one["version"] is None, one["version"] or 0))
    return found
