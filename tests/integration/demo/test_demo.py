"""The demo on a tenth of its customers and few days, with the project's own journeys."""

from __future__ import annotations

import shutil
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Table, select, text

from loyaltyloop.demo.run import Demo, run_demo
from loyaltyloop.errors import UserError
from loyaltyloop.store.database import open_engine, read
from loyaltyloop.store.models import Event

event: Table = Event.__table__  # type: ignore[attr-defined]

ROOT = Path(__file__).parents[3]
TENTH = ROOT / "tests" / "data" / "online_retail_year1_tenth.csv.gz"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("journeys", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def show(project: Path, days: int, learn: bool = False) -> tuple[str, list[float]]:
    """Run the demo; what it said, and what it told of its progress."""
    told: list[float] = []
    said = StringIO()

    def tell(share: float, _now: datetime) -> None:
        told.append(share)

    demo = Demo(project, Console(file=said, width=120), TENTH, days, learn, prefect=False)
    run_demo(demo, lambda: tell)
    return said.getvalue(), told


def outbox(project: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project / "var/demo/outbox").glob("*.eml")}


def test_the_demo_twice(project: Path) -> None:
    said, told = show(project, 4, learn=True)
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1
    for word in (
        "Made up",
        "post_purchase",
        "clicked",
        "not sent",
        "$ loop explain",
        "$ loop train",
        "$ loop recommend",
        "Where to look",
        "LOOP_DATABASE_URL",
        "--now 2010-09-17T18:00:00Z",
        "the demo lives in 2010",
    ):
        assert word in said
    first = outbox(project)
    assert len(first) > 20
    _look_inside(project / "var/demo/loop.db", len(first))
    show(project, 4)
    assert outbox(project) == first


def _look_inside(database: Path, sent: int) -> None:
    engine = open_engine(f"sqlite:///{database}")
    with read(engine) as connection:
        states = connection.execute(
            text("SELECT count(*) FROM message WHERE state = 'handed_over' AND channel = 'email'")
        )
        assert states.scalar_one() == sent
        assert connection.execute(text("SELECT count(*) FROM engagement")).scalar_one() > 0
        clicks = connection.execute(select(event.c.properties).where(event.c.name == "Email Link Clicked"))
        assert all(properties["made"] is True for (properties,) in clicks)
        journeys = {row[0] for row in connection.execute(text("SELECT DISTINCT journey FROM enrolment"))}
        assert {"post_purchase", "win_back", "browse_abandonment"} <= journeys
    engine.dispose()


def test_a_folder_without_journeys(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no shop\.yaml"):
        show(tmp_path, 1)
    assert not (tmp_path / "var").exists()
