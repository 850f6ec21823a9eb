"""What the README and the guides say is true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from loyaltyloop.channels.claiming.gate import CHECKS
from loyaltyloop.cli.base import group
from loyaltyloop.demo.run import RESTING
from loyaltyloop.journey.reading.reader import read_journey

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")
_LOOP = re.compile(r"`loop ([a-z]+)")
_FOLDERS = "loyaltyloop|tests|flows|tasks|journeys|templates|benchmarks|evaluation|docs"
_CODE = re.compile(rf"`((?:{_FOLDERS})/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    commands = set(group.list_commands(click.Context(group)))
    assert set(_LOOP.findall(text)) <= commands
    # A guide may name the file that its reader is about to write.
    named = [path for path in _CODE.findall(text) if "greet" not in path and "<" not in path]
    assert not [path for path in named if not (ROOT / path.rstrip("/")).exists()]


def test_every_folder_of_a_layer_is_told_in_its_own_words() -> None:
    told = (ROOT / "docs/architecture.md").read_text()
    layers = [
        ROOT / "loyaltyloop" / layer for layer in ("journey", "store", "channels", "turn", "steps", "web")
    ]
    folders = [file.parent for layer in layers for file in sorted(layer.glob("*/__init__.py"))]
    assert folders
    for folder in folders:
        said = (ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or "").splitlines()[0]
        assert f"| `{folder.relative_to(ROOT)}/` | {said} |" in told


def test_the_gate_is_told_in_its_order() -> None:
    told = (ROOT / "docs/architecture.md").read_text().partition("## The gate\n")[2].partition("\n## ")[0]
    assert re.findall(r"(?m)^\d+\. `(\w+)`", told) == [check.__name__.strip("_") for check in CHECKS]


def test_the_journey_of_the_readme_can_be_read() -> None:
    [source] = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    journey = read_journey(source)
    assert [step.name for step in journey] == [
        "hello",
        "first_look",
        "first_look.curious.wait",
        "picks",
        "picks_for_you",
    ]


def test_the_readme_leads_to_every_guide_for_marketers() -> None:
    text = (ROOT / "README.md").read_text()
    told = {"vouchers.md", "quiet-hours.md", "identity.md", "loyalty.md", "language.md", "templates.md"}
    assert {page for page in told if f"(docs/{page})" not in text} == set()
    assert "make install" in text and ". .venv/bin/activate" in text and "`loop vouchers`" in text


def test_the_readme_counts_the_journeys() -> None:
    numbers = {6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}
    there = {path.stem for path in (ROOT / "journeys").glob("*.yaml")} - {"shop"}
    walked = there - set(RESTING)
    text = (ROOT / "README.md").read_text()
    assert f"{numbers[len(walked)]} of the {numbers[len(there)]} journeys" in text
    assert f"{numbers[len(walked)]} journeys, fifty virtual days" in text
