"""What steps decided for an enrolment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, select

from loyaltyloop.journey.clock.openings import DEFAULT_HOUR
from loyaltyloop.journey.numbers import plain
from loyaltyloop.store.models import Kept

kept: Table = Kept.__table__  # type: ignore[attr-defined]


def kept_by(enrolment_id: ColumnElement[int], step: str | ColumnElement[str | None]) -> ScalarSelect[Any]:
    """What a step has kept for this enrolment; NULL where it kept nothing."""
    own = kept.c.enrolment_id == enrolment_id, kept.c.step == step
    return select(kept.c.value).where(*own).correlate_except(kept).scalar_subquery()


def shown(value: Any) -> Any:
    """What was kept, as templates see it: of a score the number (36, not 36.0), None where it is not known.

    Why an hour was chosen is nothing for them.
    """
    if is_hour(value):
        return None
    if type(value) is dict and "number" in value:
        return None if value["number"] is None else plain(value["number"])
    return value


def is_hour(value: Any) -> bool:
    """Is it the good hour that a message or a wait has chosen?"""
    return type(value) is dict and "hour" in value


def chosen_hour(value: Any) -> int:
    """That hour of the day; the default where none was chosen."""
    return int(value["hour"]) if is_hour(value) else DEFAULT_HOUR
