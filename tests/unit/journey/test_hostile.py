"""Whatever stands in the files: problems in words, never an exception."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.journey.showing.mermaid import mermaid
from tests.unit.journey.projects import check_files, good
from tests.unit.journey.test_reader import EVERY_WORD

TEMPLATE = good()["templates/welcome/picks.html"].decode()
SHOP = good()["journeys/shop.yaml"].decode()
ODD = [
    *("", "{}", "[]", "null", "true", "-1", "1.5", "9" * 20, "~", "{a: b}", "[a, [b]]", "''", "'{'", "*x"),
    *("&x y", "x: y", "\t", "\0", "é", "- ", "? ", "!!int 3", "<<", "2 days", "0%", "a" * 300, "{{", "%}"),
]


def changed(text: str) -> st.SearchStrategy[str]:
    """The text with some of its words replaced, and some of its lines dropped or doubled."""
    lines = text.splitlines()
    edit = st.tuples(
        st.integers(0, len(lines) - 1), st.integers(0, 30), st.sampled_from(ODD), st.sampled_from("rdix")
    )
    return st.lists(edit, min_size=1, max_size=4).map(lambda edits: _edited(lines, edits))


def _edited(lines: list[str], edits: list[tuple[int, int, str, str]]) -> str:
    lines = list(lines)
    for line, word, odd, kind in edits:
        here = line % len(lines)
        words = lines[here].split(" ")
        if kind == "r":
            words[word % len(words)] = odd
            lines[here] = " ".join(words)
        elif kind == "i":
            lines[here] = lines[here] + odd
        elif kind == "x":
            lines[here : here + 1] = [lines[here], lines[here]]
        elif len(lines) > 1:
            del lines[here]
    return "\n".join(lines)


@settings(max_examples=40, deadline=None)
@given(changed(EVERY_WORD), changed(SHOP), changed(TEMPLATE))
def test_any_edit_of_any_file_is_answered_in_words(journey: str, shop: str, template: str) -> None:
    files: dict[str, str | bytes] = {
        **good(),
        "journeys/everything.yaml": journey,
        "journeys/shop.yaml": shop,
        "templates/welcome/picks.html": template,
    }
    for problem in check_files(files):
        assert problem.line >= 1 and problem.column >= 1
        assert problem.text().count("\n") <= 3
    for read in read_project(files).journeys.values():
        assert mermaid(read)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check_files(good() | {"journeys/x.yaml": data, "templates/welcome/hello.html": data})


def test_an_unknown_word_may_begin_as_nothing_else_does() -> None:
    told = check_files({**good(), "journeys/odd.yaml": 'journey: odd\n"~  - set": 1\n"[x": 1\nsteps: []\n'})
    unknown = [problem.message for problem in told if problem.rule == "unknown-word"]
    assert len(unknown) == 2
