"""What the demo shows, whatever the project's own texts hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

from rich.console import Console

from loyaltyloop.cli.demo import _walking
from loyaltyloop.demo.showing import journeys_table
from loyaltyloop.journey.reading.reader import read_project
from tests.integration.store.shops import SHOP, WELCOME


def test_text_in_brackets_is_shown_as_it_stands() -> None:
    about = "Greet [/them] with a :smile:"
    welcome = WELCOME.replace("Welcome new customers.", f'"{about}"')
    reading = read_project({"journeys/shop.yaml": SHOP, "journeys/welcome.yaml": welcome})
    said = StringIO()
    Console(file=said, width=120).print(journeys_table(reading))
    assert about in said.getvalue()


def test_without_a_terminal_every_tenth_of_the_way_is_told() -> None:
    said = StringIO()
    tell, start = _walking(Console(file=said, width=120)), datetime(2010, 9, 13, tzinfo=UTC)
    for turn in range(101):
        tell(turn / 100, start + timedelta(hours=12 * turn))
    assert said.getvalue().splitlines()[0] == "18 Sep 2010: 10%"
    assert len(said.getvalue().splitlines()) == 10
