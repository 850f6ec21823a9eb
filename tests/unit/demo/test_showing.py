"""What the demo shows, whatever the project's own texts hold."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

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
