"""The demo on a tenth of its customers and few days, with the project's own journeys."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from rich.console import Console
from sqlalchemy import Table, select, text

from loyaltyloop.demo.run import Demo, run_demo
from loyaltyloop.errors import UserError
from loyaltyloop.settings import load_settings
from loyaltyloop.store.database import open_engine, read
from loyaltyloop.store.models import Event
from loyaltyloop.web.service import Service
from tests.integration.web.conftest import served

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
    _open_links(project, re.findall(r"export (.*)", said)[0])
    show(project, 4)
    assert outbox(project) == first


def _open_links(project: Path, exported: str) -> None:
    """With what the last words say, and nothing else, `loop web` knows the links of messages."""
    with pytest.MonkeyPatch.context() as environment:
        for one in shlex.split(exported):
            environment.setenv(*one.split("=", 1))
        service = Service.open(load_settings(project))
    mails = [message_from_bytes(one, policy=default) for one in outbox(project).values()]
    leaving = [link[1:].partition(">")[0] for mail in mails if (link := mail["List-Unsubscribe"])]
    with served(service) as url:
        assert httpx.get(url + urlsplit(leaving[0]).path).status_code == 200


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
