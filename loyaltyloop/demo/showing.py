"""What the demo shows of its database at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, case, distinct, func, select
from sqlalchemy import Table as Rows

from loyaltyloop.journey.reader import Reading
from loyaltyloop.store.models import Engagement, Enrolment, Identity, Message, Visit
from loyaltyloop.store.versions import live_journeys, load_newest

engagement: Rows = Engagement.__table__  # type: ignore[attr-defined]
enrolment: Rows = Enrolment.__table__  # type: ignore[attr-defined]
identity: Rows = Identity.__table__  # type: ignore[attr-defined]
message: Rows = Message.__table__  # type: ignore[attr-defined]
visit: Rows = Visit.__table__  # type: ignore[attr-defined]

HANDED_OVER = ("handed_over", "delivered")
ABOUT_THE_DATA = Text.assemble(
    'The orders are real: a British gift shop from December 2009 to November 2010, from "Online Retail II" '
    "(Daqing Chen, UCI Machine Learning Repository, CC BY 4.0). Categories are derived from the products' "
    "names. ",
    (
        "Made up from a seed, and marked as made: first names, addresses, birthdays, consent, sign-ups, "
        "parcels, clicks and reviews.",
        "yellow",
    ),
    " The data has no pictures, and none were made.",
)


def journeys_table(reading: Reading) -> Table:
    """The journeys that were applied."""
    table = Table("journey", "what it is for", "steps")
    for journey in sorted(reading.journeys.values(), key=lambda one: (-one.priority, one.name)):
        table.add_row(journey.name, Text(journey.about), str(len(journey.steps)))
    return table


def steps_table(connection: Connection) -> Table:
    """Journey by journey, step by step: who came, who stands there, what was sent and clicked."""
    table = Table("journey", "step")
    for name in ("came", "there now", "sent", "clicked"):
        table.add_column(name, justify="right")
    left, standing = _left(connection), _standing(connection)
    sent = _messages(connection)
    for row in live_journeys(connection):
        entered, held_out = _entered(connection, row.name)
        note = f", {held_out:,} held out" if held_out else ""
        table.add_row(row.name, Text(f"{entered:,} entered{note}", style="bold"), "", "", "", "")
        for step in load_newest(connection, row.name).journey.steps:
            key = (row.name, step.name)
            came = left.get(key, 0) + standing.get(key, 0)
            handed_over, clicked = sent.get(key, (0, 0))
            numbers = (came, standing.get(key, 0), handed_over, clicked)
            table.add_row("", step.name, *(f"{number:,}" if number else "" for number in numbers))
        table.add_section()
    return table


def _left(connection: Connection) -> dict[tuple[str, str], int]:
    counted = (
        select(enrolment.c.journey, visit.c.step, func.count())
        .join(enrolment, enrolment.c.id == visit.c.enrolment_id)
        .group_by(enrolment.c.journey, visit.c.step)
    )
    return {(journey, step): count for journey, step, count in connection.execute(counted)}


def _standing(connection: Connection) -> dict[tuple[str, str], int]:
    counted = (
        select(enrolment.c.journey, enrolment.c.step, func.count())
        .where(enrolment.c.ended_at.is_(None), enrolment.c.step.is_not(None))
        .group_by(enrolment.c.journey, enrolment.c.step)
    )
    return {(journey, step): count for journey, step, count in connection.execute(counted)}


def _messages(connection: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    clicked = engagement.c.kind == "clicked"
    counted = (
        select(
            message.c.journey,
            message.c.step,
            func.count(distinct(message.c.key)),
            func.count(distinct(case((clicked, message.c.key)))),
        )
        .outerjoin(engagement, engagement.c.message_key == message.c.key)
        .where(message.c.state.in_(HANDED_OVER))
        .group_by(message.c.journey, message.c.step)
    )
    return {(journey, step): (sent, hit) for journey, step, sent, hit in connection.execute(counted)}


def _entered(connection: Connection, journey: str) -> tuple[int, int]:
    counted = select(func.count(), func.count(case((enrolment.c.held_out, 1)))).where(
        enrolment.c.journey == journey
    )
    entered, held_out = connection.execute(counted).one()
    return entered, held_out


def messages_to_open(connection: Connection, outbox: Path) -> Iterator[Text]:
    """One message of each journey: where its file lies, and its subject."""
    for row in live_journeys(connection):
        last = (
            select(message.c.key, message.c.step, message.c.subject)
            .where(message.c.journey == row.name, message.c.state.in_(HANDED_OVER))
            .order_by(message.c.handed_over_at.desc(), message.c.key)
            .limit(1)
        )
        for key, step, subject in connection.execute(last):
            where = shortened(outbox / f"{key}.eml")
            yield Text.assemble(f"{row.name}/{step}: ", (subject or "", "italic"), f"\n  {where}")


def shortened(path: Path) -> str:
    """The path from the current folder, where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def interesting_customer(connection: Connection) -> str:
    """Who has been through most: most journeys, then most clicks; of these who is told of soonest."""
    told = (
        select(func.min(identity.c.value))
        .select_from(message)
        .join(identity, identity.c.customer_id == message.c.customer_id)
        .outerjoin(engagement, engagement.c.message_key == message.c.key)
        .where(identity.c.kind == "user", message.c.state.in_(HANDED_OVER))
        .group_by(message.c.customer_id)
        .order_by(
            func.count(distinct(message.c.journey)).desc(),
            func.count(distinct(engagement.c.message_key)).desc(),
            func.count(distinct(message.c.key)),
            func.min(identity.c.value),
        )
        .limit(1)
    )
    return str(connection.execute(told).scalar_one())


def busiest_journey(connection: Connection) -> str:
    """Where most people are on their way."""
    counted = (
        select(enrolment.c.journey)
        .where(enrolment.c.ended_at.is_(None))
        .group_by(enrolment.c.journey)
        .order_by(func.count().desc(), enrolment.c.journey)
        .limit(1)
    )
    return str(connection.execute(counted).scalar_one())


def where_to_look(folder: Path, project: Path) -> Text:
    """The last words."""
    about = {
        f"{shortened(folder / 'outbox')}/*.eml": "every message: open one with any mail program",
        f"{shortened(project / 'journeys')}/*.yaml": "what a marketer writes: change one, run the demo again",
        f"export LOOP_DATABASE_URL=sqlite:///{shortened(folder / 'loop.db')}": (
            "with this every command works on the demo's database: `loop messages`, "
            "`loop explain CUSTOMER`, `loop map welcome --counts`"
        ),
        "loop up": "the project with Prefect's pages, schedules and a worker",
    }
    lines = [Text.assemble("  ", (place, "bold"), f"\n      {what}") for place, what in about.items()]
    return Text("\n").join([Text(), Text("Where to look", style="bold"), *lines])
