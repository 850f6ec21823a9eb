"""Journeys as Mermaid text."""

from __future__ import annotations

import re

from loyaltyloop.journey.reading.reader import read_journey, read_project, read_shop
from loyaltyloop.journey.showing.mermaid import mermaid
from tests.unit.journey.projects import good
from tests.unit.journey.test_reader import EVERY_WORD, SHOP

WELCOME = """\
%% welcome: Greet a new customer and earn the first order.
flowchart TD
    enter(["enter: Signed Up<br/>if not did Order Completed since ever"])
    s1["send hello<br/>welcome/hello"]
    s2{{"wait_for first_answer<br/>up to 3 days"}}
    s3["recommend picks<br/>4 products: trending, popular_here"]
    s4["send picks_for_you<br/>welcome/picks at 09:00"]
    finish(("end"))
    enter --> s1
    s1 --> s2
    s2 --> |"clicked"| s3
    s2 --> |"silent"| finish
    s3 --> s4
    s4 --> finish
    leave1>"leaves at once: bought<br/>did Order Completed"]
"""


def test_a_journey() -> None:
    assert mermaid(read_project(good()).journeys["welcome"]) == WELCOME


def test_counts_stand_on_each_step() -> None:
    text = mermaid(read_project(good()).journeys["welcome"], {"first_answer": 1200})
    assert 's2{{"wait_for first_answer<br/>up to 3 days<br/>1,200 here"}}' in text
    assert text.count("0 here") == 4


def test_every_verb_is_drawn_and_every_edge_leads_somewhere() -> None:
    text = mermaid(read_journey(EVERY_WORD, read_shop(SHOP)))
    drawn = set(re.findall(r"^    (\w+)[\[({>]", text, re.MULTILINE))
    edges = re.findall(r'^    (\w+) -\.?->(?: ?\|"[^"]*"\|)? (\w+)$', text, re.MULTILINE)
    assert len(edges) == len([line for line in text.splitlines() if "->" in line])
    assert {end for edge in edges for end in edge} <= drawn
    assert "passed over" in text and "a 50%" in text


def test_no_text_breaks_out_of_its_box() -> None:
    journey = read_journey(
        "journey: x\nabout: a\nenter: {event: 'A\"]; click B <script>'}\nsteps: [{leave: 'say \"no\"'}]\n"
    )
    text = mermaid(journey)
    assert '"A"' not in text and "<script" not in text
    assert "enter: A#quot;]; click B &lt;script&gt;" in text
    assert "leave: say #quot;no#quot;" in text
