"""docs/templates.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, nodes

from loyaltyloop.channels.templates.filters import filters
from loyaltyloop.channels.templates.sandbox import LOOPS, OUTPUT
from loyaltyloop.channels.values.formats import money_of
from tests.unit.channels.kitchen import KEY, LAYOUTS, renderer

PAGE = Path("docs/templates.md").read_text()


def test_the_whole_template_is_a_message() -> None:
    template = PAGE.partition("```jinja\n")[2].partition("```")[0]
    picks = [{"name": "Jam", "price": money_of(450, "GBP"), "url": "https://shop.example/jam"}]
    names = {"customer": {"first_name": "Ada", "last_order_at": "2026-03-04"}, "picks": picks}
    made = renderer({"t/message.html": template}).render("t/message", KEY, names)
    assert made.subject == "Four picks for you, Ada"
    assert "You last ordered on 4 March 2026." in made.text


def test_every_building_block_is_shown() -> None:
    macros = {
        macro.name for macro in Environment().parse(LAYOUTS["layout/blocks.html"]).find_all(nodes.Macro)
    }
    section = PAGE.partition("## Building blocks")[2].partition("\n## ")[0]
    assert set(re.findall(r"`\{\{ (\w+)\(", section)) - {"name"} == macros


def test_every_filter_is_named() -> None:
    line = re.search(r"Other filters: (.*?)\.\n", PAGE, re.DOTALL)
    assert line is not None
    named = set(re.findall(r"`(\w+)`", line[1]))
    assert named == {name for name in filters() if name[0] != "_"} - {"money", "date", "default", "d"}


def test_the_bounds_are_right() -> None:
    assert f"loop {LOOPS:,} times and hold {OUTPUT:,} characters" in PAGE
