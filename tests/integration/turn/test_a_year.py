"""A year of random traffic: whatever people do, no message goes where it must not, and the audits agree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine, func, select

from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.audits import AUDITS
from loyaltyloop.store.database import read
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.turn.runner import tick
from tests.integration.turn.test_against_reference import erase_there
from tests.integration.turn.year import Gone, Ledger, wrong
from tests.reference.staging import ENROLMENT, MESSAGE, empty, ingest, make_live, world
from tests.reference.state import Happening
from tests.strategies.traffic import HOMES, START, YEAR, Deed, Traffic, traffic

# `YEARS=50 pytest ...` looks for what is not known yet; without it one short year and one whole one.
YEARS = os.environ.get("YEARS")
EVERY = timedelta(hours=6)
SOME = settings(
    max_examples=int(YEARS or 2),
    derandomize=YEARS is None,
    database=None,
    deadline=None,
    # A year is long, and as it is short to read it is not made shorter.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@SOME
@given(year=traffic())
def test_nothing_goes_where_it_must_not(engine: Engine, year: Traffic) -> None:
    empty(engine)
    make_live(engine, year.journeys, START - timedelta(days=1), year.shop)
    gone, ledger = live_through(engine, year)
    assert list(wrong(read_shop(year.shop), gone, ledger)) == []
    with read(engine) as connection:
        shop = load_shop(connection)
        told = {audit.name: audit.find(connection, shop, START + YEAR) for audit in AUDITS}
    assert {name: list(found) for name, found in told.items() if found} == {}


class _Year:
    """The year as it goes on."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.world = engine, world(engine)
        self.gone: list[Gone] = []
        self.ledger = Ledger()
        self._number = 0

    def happening(self, name: str, who: str, at: datetime, **said: str) -> Happening:
        self._number += 1
        kind = "track" if name else "identify"
        number = self._number
        return Happening(number, f"m{number}", kind, at, at, name, user_id=who, properties=said)

    def begins(self) -> Iterator[Happening]:
        for who, home in HOMES.items():
            at = START - timedelta(hours=1)
            traits = {"email": home.email, "timezone": home.zone, "country": home.country}
            yield self.happening("", who, at, **traits)
            yield self.happening("Consent Granted", who, at, channel="email")
            self.ledger.consents.append((at, who, True))

    def does(self, deed: Deed) -> Iterator[Happening]:
        """What is told of it; an address is stopped by what is said of the last message that went there."""
        for who in deed.who:
            last = next((one for one in reversed(self.gone) if one.who == who), None)
            if deed.name.startswith("Consent"):
                self.ledger.consents.append((deed.at, who, deed.name == "Consent Granted"))
                yield self.happening(deed.name, who, deed.at, channel="email")
            elif not deed.name.startswith("Email"):
                yield self.happening(deed.name, who, deed.at)
            elif last is not None and who not in self.ledger.erased:
                what = "bounced" if deed.name == "Email Bounced" else "complained"
                self.ledger.stops.append((deed.at, last.address, what))
                yield self.happening(deed.name, who, deed.at, email_id=last.key, type="hard")

    def turn(self, now: datetime) -> None:
        tick(self.world, now)
        m = MESSAGE.c
        columns = (m.key, ENROLMENT.c.customer_key, m.journey, m.step, m.purpose)
        left = select(*columns).where(m.enrolment_id == ENROLMENT.c.id, m.handed_over_at == now)
        with read(self.engine) as connection:
            for key, who, *rest in connection.execute(left.order_by(m.key)):
                self.gone.append(Gone(key, now, who.removeprefix("user:"), *rest))

    def next_turn(self) -> datetime | None:
        """When anybody or anything is due; None: nobody waits for a time."""
        going_on = ENROLMENT.c.ended_at.is_(None) & (ENROLMENT.c.state != "sending")
        waiting = MESSAGE.c.state.in_(("planned", "held"))
        with read(self.engine) as connection:
            dues = [
                connection.execute(select(func.min(column)).where(where)).scalar()
                for column, where in ((ENROLMENT.c.due_at, going_on), (MESSAGE.c.due_at, waiting))
            ]
            ready = select(func.count()).where(going_on, ENROLMENT.c.due_at.is_(None))
            if connection.execute(ready).scalar():
                return START
        return min((due for due in dues if due is not None), default=None)


def live_through(engine: Engine, year: Traffic) -> tuple[list[Gone], Ledger]:
    """Turns every six hours, but those in which nothing could happen; what left, and what was said."""
    life, deeds, now = _Year(engine), list(year.deeds), START
    ingest(engine, life.begins())
    while now < START + YEAR:
        due = [deed for deed in deeds if deed.at <= now]
        deeds = deeds[len(due) :]
        ingest(engine, [one for deed in due if deed.name != "erased" for one in life.does(deed)])
        life.turn(now)
        for deed in due:
            for who in deed.who if deed.name == "erased" else ():
                if who not in life.ledger.erased:
                    life.ledger.erased[who] = now
                    erase_there(engine, who, now)
        soon = [one for one in (life.next_turn(), deeds[0].at if deeds else None) if one is not None]
        if not soon:
            break
        now += max(EVERY, -(-(min(soon) - now) // EVERY) * EVERY)
    return life.gone, life.ledger
