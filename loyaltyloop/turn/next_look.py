"""When a journey looks again for who enters, where time alone can bring somebody."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection

from loyaltyloop.journey.model import ByDate, ByEvent, ByHand, BySchedule, ByState
from loyaltyloop.turn.entrances import dates, schedules, states
from loyaltyloop.turn.frame import Frame


def next_look(connection: Connection, frame: Frame) -> datetime | None:
    """The next instant of its dates, its schedule or its checks (UTC); None if there is none to wait for."""
    if frame.state == "retired":
        return None
    match frame.journey.enter.by:
        case ByDate() as by:
            return dates.next_instant(connection, frame, by)
        case BySchedule() as by:
            return schedules.next_instant(frame, by)
        case ByState() as by:
            return states.next_check(frame, by)
        case ByEvent() | ByHand():
            return None
        case other:
            assert_never(other)
