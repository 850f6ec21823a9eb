"""50 winners, 10 codes, 8 processes: ten of them get one each, and forty are told why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, Table, insert, select

from loyaltyloop.journey.codes import matched
from loyaltyloop.store.database import read, write
from loyaltyloop.store.inside.cohorts import visit
from loyaltyloop.store.models import Gift, Voucher
from tests.integration.turn.stage import DAYTIME, Stage

gift: Table = Gift.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
JOURNEYS = [f"shelf_{number}" for number in range(8)]
JOURNEY = """
    journey: {name}
    about: A voucher for whoever comes to this shelf.
    enter: {{event: {name}}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - {{give: treat, voucher: spring}}
      - wait: 1 day
"""
POOL = "vouchers: {spring: {value: 10% off, codes: spring.csv}}\n"
CODES = [f"CODE-{number}" for number in range(10)]
ROOT = Path(__file__).parents[3]


def test_ten_get_one_and_forty_are_told_why_not(engine: Engine, database_url: str) -> None:
    with write(engine) as connection:
        rows = [{"pool": "spring", "code": code, "matched": matched(code)} for code in CODES]
        connection.execute(insert(voucher), [one | {"state": "free", "made": False} for one in rows])
    stage = Stage(engine, *(JOURNEY.format(name=name) for name in JOURNEYS), shop=DAYTIME + POOL)
    for number in range(50):
        stage.did(f"p{number:02}", JOURNEYS[number % 8], "03-02 09:00")
    engine.dispose()
    module = "tests.integration.turn.at_once"
    done = subprocess.run(
        [sys.executable, "-m", module, database_url, "03-02 09:15", *JOURNEYS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    with read(engine) as connection:
        given = connection.execute(select(gift.c.code, gift.c.state)).all()
        told = connection.execute(select(visit.c.why).where(visit.c.step == "treat")).scalars().all()
        states = connection.execute(select(voucher.c.state)).scalars().all()
    assert sorted(code for code, _ in given) == CODES
    assert {state for _, state in given} == {"reserved"}
    assert sorted(told) == ["given"] * 10 + ["the pool spring is empty"] * 40
    assert states == ["taken"] * 10
