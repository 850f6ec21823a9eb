"""Text that no database keeps is refused where it is written."""

from __future__ import annotations

import pytest

from loyaltyloop.journey.reading.source import read_source


@pytest.mark.parametrize("text", [r'a: "x\0y"', r'a: "\ud800"', r'"\0": 1', r'a: {b: ["\x00"]}'])
def test_an_escape_for_it_is_refused(text: str) -> None:
    source, problems = read_source("journeys/a.yaml", text)
    assert source is None
    assert [problem.message for problem in problems] == [
        "this text holds a NUL character or half a surrogate pair"
    ]


def test_other_escapes_are_read() -> None:
    source, problems = read_source("journeys/a.yaml", r'a: "\u0001 \U0001D11E \n"')
    assert source is not None
    assert not problems
