"""What the demo shows of its database at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path

from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, distinct, func, select
from sqlalchemy import Table as Rows

from loyaltyloop.journey.model import CALLS
from loyaltyloop.journey.reading.reader import Reading
from loyaltyloop.store.live.versions import live_journeys
from loyaltyloop.store.models import Engagement, Enrolment, Identity, Message
from loyaltyloop.store.telling.reports import PASSED_OVER, Line, report

engagement: Rows = Engagement.__table__  # type: ignore[attr-defined]
enrolment: Rows = Enrolment.__table__  # type: ignore[attr-defined]
identity: Rows = Identity.__table__  # type: ignore[attr-defined]
message: Rows = Message.__table__  # type: ignore[attr-defined]

HANDED_OVER = ("handed_over", "delivered")
ABOUT_THE_DATA = Text.assemble(
    'The orders are real: a British gift shop from December 2009 to November 2010, from "Online Retail II" '
    "(Daqing Chen, UCI Machine Learning Repository, CC BY 4.0). Categories are derived from the products' "
    "names. ",
    (
        "Made up from a seed, and marked as made: first names, addresses, birthdays, consent, sign-ups, "
        "parcels, what was looked at and left in baskets, clicks, answers and reviews.",
        "yellow",
    ),
    " The data has no pictures, and none were made.",
)
ABOUT_NOT_SENT = Text(
    "Not sent: refused on the way out (`loop messages --state refused` says why), or passed over as the "
    "step's `if` does not hold."
)


def journeys_table(reading: Reading) -> Table:
    """The journeys that were applied."""
    table = Table("journey", "what it is for", "steps")
    for journey in sorted(reading.journeys.values(), key=lambda one: (-one.priority, one.name)):
        table.add_row(journey.name, Text(journey.about), str(len(journey.steps)))
    return table


def steps_table(connection: Connection) -> Table:
    """Journey by journey, step by step: who came, who stands there, what was sent, or not, and clicked."""
    table = Table("step")
    for name in ("came", "there now", "sent", "not sent", "clicked"):
        table.add_column(name, justify="right")
    clicked = _clicked(connection)
    for (journey, _), lines in groupby(report(connection), key=lambda line: (line.journey, line.version)):
        whole, *steps = lines
        note = f",\nof them held out {whole.held_out:,}" if whole.held_out else ""
        table.add_row(Text(f"{journey}:\n{whole.arrived:,} entered{note}", style="bold"))
        for step, paths in groupby(steps, key=lambda line: line.step):
            line = next(paths)
            numbers = (line.arrived, line.standing, line.messages, _not_sent(line))
            hit = clicked.get((journey, step or ""), 0)
            table.add_row(step, *(f"{number:,}" if number else "" for number in (*numbers, hit)))
        table.add_section()
    return table


def _not_sent(line: Line) -> int:
    """How many messages never leave: they were refused, or passed over by their `if`."""
    return sum(number for state, number in line.unsent.items() if state in ("refused", PASSED_OVER))


def _clicked(connection: Connection) -> dict[tuple[str, str], int]:
    """How many messages of each journey's steps were clicked."""
    columns = (message.c.journey, message.c.step)
    counted = (
        select(*columns, func.count(distinct(message.c.key)))
        .join(engagement, engagement.c.message_key == message.c.key)
        .where(engagement.c.kind == "clicked")
        .group_by(*columns)
    )
    return {(journey, step): number for journey, step, number in connection.execute(counted)}


def messages_to_open(connection: Connection, outbox: Path) -> Iterator[Text]:
    """One message of each journey: where its file lies, and its subject."""
    for row in live_journeys(connection):
        last = (
            select(message.c.key, message.c.step, message.c.subject)
            .where(
                message.c.journey == row.name, message.c.channel != CALLS, message.c.state.in_(HANDED_OVER)
            )
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


def where_to_look(folder: Path, project: Path, secret: str, journey: str, later: datetime) -> Text:
    """The last words. `secret`: what links are signed with; `journey`, `later`: a turn that may come next."""
    database = f"sqlite:///{shortened(folder / 'loop.db')}"
    about = {
        f"{shortened(folder / 'outbox')}/*.eml": "every message: open one with any mail program",
        f"{shortened(folder / 'outbox')}/*.http": "every call to the help desk, as it would be posted",
        f"{shortened(project / 'journeys')}/*.yaml": "what a marketer writes: change one, run the demo again",
        f"export LOOP_DATABASE_URL={database} LOOP_SECRET_KEY={secret}": (
            "with these every command works on the demo's database: `loop messages`, "
            "`loop explain CUSTOMER`, `loop map welcome --counts`"
        ),
        "loop web": (
            "there: links of messages open in a browser. What is answered on their pages is of today: "
            f"on record at once, heard by turns of today and not of {later.year}"
        ),
        f"loop run {journey} --now {later:%Y-%m-%dT%H:%M:%SZ}": (
            f"there, the next turn: the demo lives in {later.year}, so say --now. A turn at the present "
            "(`loop up` takes them, too) would end all waits at once"
        ),
        "loop up": (
            "without those two settings: the project itself, at the present, with Prefect's pages, "
            "schedules and a worker"
        ),
    }
    lines = [Text.assemble("  ", (place, "bold"), f"\n      {what}") for place, what in about.items()]
    return Text("\n").join([Text(), Text("Where to look", style="bold"), *lines])
