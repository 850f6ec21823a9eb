"""Stories told in a few lines: journeys made live, what customers do, turns, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import read
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Customer, Entry, LiveJourney
from loyaltyloop.turn.runner import run_turn, tick
from tests.integration.store.shop import rows
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import ENROLMENT, MESSAGE, TEMPLATE, ingest, world
from tests.reference.state import Happening

DAYTIME = SHOP_TEXT.replace('quiet_hours: {from: "21:00", to: "08:00"}', "")


def utc(text: str) -> datetime:
    """`03-02 09:00` (of 2026) or `2024-02-29 09:00`, in UTC."""
    return datetime.fromisoformat(text if text[4] == "-" else f"2026-{text}").replace(tzinfo=UTC)


Dump = dict[str, list[tuple[Any, ...]]]


def dump(engine: Engine) -> Dump:
    """The rows of all tables, sorted."""
    with read(engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in SQLModel.metadata.sorted_tables
        }


class Stage:
    """A shop with these journeys live since the beginning of 2024; no quiet hours unless given.

    `templates`: more of them, by their path (`test/taste.html`).
    """

    def __init__(
        self,
        engine: Engine,
        *journeys: str,
        shop: str = DAYTIME,
        templates: Mapping[str, str] | None = None,
    ) -> None:
        self.engine = engine
        self.world = world(engine)
        self.templates = {f"templates/{name}": text for name, text in (templates or {}).items()}
        self._number = 0
        self.apply("2024-01-01 00:00", *journeys, shop=shop)

    def apply(self, at: str, *journeys: str, shop: str = DAYTIME, finish_old: Sequence[str] = ()) -> None:
        """Make these journeys live, and no others."""
        files: dict[str, str | bytes] = {"journeys/shop.yaml": shop, "templates/test/hello.html": TEMPLATE}
        files |= {f"journeys/j{number}.yaml": dedent(text) for number, text in enumerate(journeys)}
        files |= self.templates
        apply(self.engine, read_project(files), utc(at), finish_old=finish_old)

    # ── what happens ──

    def knows(self, *people: str, at: str = "2024-01-01 00:00", consent: bool = True, **traits: Any) -> None:
        """Customers, known from then on, with an address and consent to marketing."""
        for who in people:
            self._record("identify", who, "", at, None, {"email": f"{who}@example.com", **traits})
            if consent:
                self.did(who, "Consent Granted", at, channel="email")

    def did(
        self,
        who: str,
        name: str,
        at: str,
        arrived: str | None = None,
        device: str | None = None,
        **properties: Any,
    ) -> None:
        """An event of a customer (`~tablet`: of a device; or on one), which arrived at once or then."""
        self._record("track", who, name, at, arrived, properties, device)

    def merged(self, who: str, device: str, at: str, arrived: str | None = None) -> None:
        """An `identify` with both ids."""
        self._record("identify", who, "", at, arrived, {}, device)

    def also(self, who: str, other: str, at: str) -> None:
        """An `alias`: both ids are one customer's."""
        self._record("alias", who, "", at, None, {}, previous=other)

    def _record(
        self,
        kind: str,
        who: str,
        name: str,
        at: str,
        arrived: str | None,
        properties: Mapping[str, Any],
        device: str | None = None,
        previous: str | None = None,
    ) -> None:
        self._number += 1
        known, own = not who.startswith("~"), who.removeprefix("~")
        event = Happening(
            number=self._number,
            message_id=f"m{self._number}",
            type=kind,
            at=utc(at),
            arrived_at=utc(arrived or at),
            name=name,
            user_id=own if known else None,
            anonymous_id=device if known else own,
            previous_id=previous,
            properties=properties,
        )
        ingest(self.engine, [event])

    # ── turns ──

    def turn(self, at: str) -> None:
        """A turn of each journey, and one delivery."""
        tick(self.world, utc(at))

    def turns(self, start: str, end: str, hours: float = 1) -> None:
        """Turns from start on, before end."""
        now = utc(start)
        while now < utc(end):
            tick(self.world, now)
            now += timedelta(hours=hours)

    def run(self, journey: str, at: str, **words: Any) -> None:
        """One turn of one journey."""
        run_turn(self.world, journey, utc(at), **words)

    # ── what came of it ──

    def messages(self, step: str | None = None) -> list[tuple[str, str, str, str]]:
        """(customer, step, state, reason) of messages, sorted."""
        found = self._ask(
            select(ENROLMENT.c.customer_key, MESSAGE.c.step, MESSAGE.c.state, MESSAGE.c.reason).where(
                MESSAGE.c.enrolment_id == ENROLMENT.c.id
            )
        )
        return [row for row in found if step in (None, row[1])]

    def sent(self) -> list[tuple[str, str]]:
        """(customer, step) of all that was handed over."""
        return [(who, step) for who, step, state, _ in self.messages() if state == "handed_over"]

    def ends(self, journey: str | None = None) -> list[tuple[str, str]]:
        """(customer, how and why it ended, or where it stands) of enrolments, sorted."""
        e = ENROLMENT.c
        found = self._ask(select(e.customer_key, e.end, e.reason, e.step, e.state, e.journey))
        return [
            (who, f"{end}: {reason}" if reason else end or f"{state} at {step}")
            for who, end, reason, step, state, name in found
            if journey in (None, name)
        ]

    def entries(self) -> list[tuple[str, str]]:
        """(state, reason) of who was refused or waits in the queue."""
        return self._ask(select(Entry.state, Entry.reason))  # type: ignore[call-overload]

    def tags(self) -> dict[str, list[str]]:
        """Each customer's tags."""
        return {row.key: row.tags for row in rows(self.engine, Customer)}

    def cursors(self) -> list[Any]:
        """How far each journey has looked."""
        return rows(self.engine, LiveJourney, "name")

    def dump(self) -> Dump:
        """All that the database holds."""
        return dump(self.engine)

    def _ask(self, statement: Any) -> list[Any]:
        with read(self.engine) as connection:
            return sorted((tuple(row) for row in connection.execute(statement)), key=repr)
