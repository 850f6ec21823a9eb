"""The daily report: one page for all journeys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Connection, func, select

from flows.project import settings
from flows.showing import table
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.database import read
from loyaltyloop.store.live.standing import message, standing
from loyaltyloop.store.live.versions import live_journeys
from loyaltyloop.turn.world import World

DAY = timedelta(days=1)


@flow(name="daily report", flow_run_name="daily report")
def daily_report(now: datetime | None = None) -> State[Any]:
    """Who stands where in every journey, and what became of a day's messages.

    Args:
        now: The end of the day that is told of. Leave it empty for the present.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    with read(World.open(settings()).engine) as connection:
        people, sent = list(_people(connection)), list(_messages(connection, moment))
    page = [
        f"## The day until {moment:%A, %-d %B %Y, %H:%M} UTC",
        "### Who stands where",
        table(("Journey", "", "Step", "People"), people) if people else "Nobody is in any journey.",
        "### What became of the day's messages",
        table(("Journey", "Step", "", "Messages"), sent) if sent else "No message was decided.",
    ]
    kinds = counted(len(sent), "kind of message", "kinds of messages")
    create_markdown_artifact("\n\n".join(page), key="daily-report", description="All journeys, one page")
    return Completed(message=f"{counted(len(people), 'step')} with people, {kinds}")


def _people(connection: Connection) -> Iterator[tuple[str, str, str, str]]:
    for row in live_journeys(connection):
        for place in standing(connection, row.name):
            older = f"version {place.version}" if place.version != row.version else ""
            yield row.name, row.state if row.state != "live" else older, place.step, f"{place.people:,}"


def _messages(connection: Connection, until: datetime) -> Iterator[tuple[str, str, str, str]]:
    by = (message.c.journey, message.c.step, message.c.state)
    today = message.c.decided_at.between(until - DAY, until)
    for journey, step, state, number in connection.execute(
        select(*by, func.count()).where(today).group_by(*by).order_by(*by)
    ):
        yield journey, step, state.replace("_", " "), f"{number:,}"
