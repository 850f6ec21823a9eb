"""What Prefect's pages say of a turn, and when the next one is scheduled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flows.showing import artifact_key, headline, table, turn_page
from loyaltyloop.turn.counts import Counts, Row, TurnReport
from loyaltyloop.turn.stages import Kind, Stage
from tasks.words import told

NOW = datetime(2026, 11, 21, 20, 10, 21, tzinfo=UTC)
STAGES = (
    Stage("apply", "apply events"),
    Stage("enter", "enter"),
    Stage("leave", "leave"),
    Stage("step", "hello", "send"),
    Stage("step", "answer", "wait_for"),
    Stage("deliver", "deliver"),
    Stage("settle", "after delivery"),
    Stage("report", "report"),
)


def report(*rows: tuple[str, str, int], due: datetime | None = None, wait: str = "") -> TurnReport:
    return TurnReport("welcome", NOW, tuple(Row(*row) for row in rows), due, wait)


FULL = report(
    ("enter", "", 1200),
    ("enter", "refused: too old", 2),
    ("leave", "left: bought", 7),
    ("hello", "", 1),
    ("answer", "clicked", 40),
    ("answer", "left: bought", 0),
    ("deliver", "handed_over", 1),
    ("deliver", "held", 3),
    due=NOW + timedelta(hours=3),
)


def test_a_turn_in_one_line() -> None:
    said = "1,200 entered, 2 not admitted, 7 left, 41 steps, 1 message handed over, 3 messages held"
    assert headline(FULL, STAGES) == said


def test_nothing_to_do() -> None:
    assert headline(report(("hello", "", 0)), STAGES) == "nothing to do"


def test_events_that_could_not_be_applied_are_told() -> None:
    turn = report(("apply events", "set aside: ValueError", 2))
    assert headline(turn, STAGES) == "2 events set aside: ValueError"
    assert "| set aside: ValueError | 2 |" in turn_page(turn, STAGES, dry_run=False)


def test_messages_that_wait_are_told() -> None:
    why = "no connection to the mail server (TimeoutError)"
    assert headline(report(wait=why), STAGES) == f"messages wait: {why}"
    turn = report(("deliver", "held", 3), wait=why)
    assert headline(turn, STAGES) == f"3 messages held, messages wait: {why}"
    assert turn_page(turn, STAGES, dry_run=False).split("\n\n")[-2] == f"**Messages wait:** {why}."


def test_the_page_of_a_turn() -> None:
    assert (
        turn_page(FULL, STAGES, dry_run=False)
        == """\
## welcome, Saturday, 21 November 2026, 20:10 UTC

### Who came and went

|  | People |
| --- | ---: |
| entered | 1,200 |
| refused: too old | 2 |
| left: bought | 7 |

### Who moved where

| Step |  | Path | People |
| --- | --- | --- | ---: |
| hello | send | moved on | 1 |
| answer | wait_for | clicked | 40 |

### Messages, of all journeys

|  | Messages |
| --- | ---: |
| handed over | 1 |
| held | 3 |

**Next:** somebody is due at Saturday, 21 November 2026, 23:10 UTC."""
    )


def test_the_page_of_a_dry_run_says_so_first() -> None:
    page = turn_page(report(("hello", "", 1)), STAGES, dry_run=True)
    assert page.split("\n\n")[1] == "**A dry run: nothing was changed and nothing was sent.**"
    assert page.endswith("**Next:** nobody waits here for a time to come; what arrives starts the next turn.")


def test_the_page_tells_what_comes_first_first() -> None:
    told = replace(FULL, next_look=NOW + timedelta(hours=1))
    assert turn_page(told, STAGES, dry_run=False).splitlines()[-1] == (
        "**Next:** looks again for who enters at Saturday, 21 November 2026, 21:10 UTC; "
        "somebody is due at Saturday, 21 November 2026, 23:10 UTC."
    )


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("x|y", "x\\|y"),
        ("left: [/done] with\nit", "left: \\[/done\\] with it"),
        ("[a](http://b.example) *c*", "\\[a\\](http://b.example) \\*c\\*"),
        ("<b>x</b> &amp; y", "\\<b>x\\</b> \\&amp; y"),
        ("_x_", "\\_x\\_"),
        ("picks_for_you", "picks_for_you"),
        ("3 < 4 & 5", "3 < 4 & 5"),
    ],
)
def test_what_stands_in_a_cell_is_shown_as_it_is(cell: str, shown: str) -> None:
    assert table(("a", "b"), [(cell, "1")]).splitlines()[-1] == f"| {shown} | 1 |"


@pytest.mark.parametrize(("name", "key"), [("post_purchase", "post-purchase"), ("Éa__b_", "a-b")])
def test_keys_that_prefect_takes(name: str, key: str) -> None:
    assert artifact_key(name) == key


@pytest.mark.parametrize(
    ("kind", "numbers", "words"),
    [
        ("apply", {"": 1300}, "1,300 events"),
        ("apply", {"": 1}, "1 event"),
        ("apply", {}, "nothing new"),
        ("apply", {"": 2, "set aside: ValueError": 1}, "2 events, 1 event set aside: ValueError"),
        ("enter", {"": 5, "refused: too old": 1}, "5 entered, 1 refused: too old"),
        ("leave", {"left: bought": 2}, "2 left: bought"),
        ("step", {"clicked": 4, "left: bought": 1, "silent": 0}, "4 by clicked, 1 left: bought"),
        ("step", {"": 3}, "3 moved on"),
        ("step", {}, "nobody"),
        ("deliver", {"handed_over": 2}, "2 handed over"),
        ("report", {"at_end": 2}, "2 ended"),
        ("report", {}, "noted"),
    ],
)
def test_a_stage_in_words(kind: Kind, numbers: dict[str, int], words: str) -> None:
    assert told(Stage(kind, "x"), Counts(numbers)) == words
