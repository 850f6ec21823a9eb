"""Which file of a template is meant, and for which channel it is."""

from __future__ import annotations

import pytest

from loyaltyloop.channels.rendering.preview import named

FILES = {"spring/ask.html": "", "spring/ask.sms.txt": "", "spring/last.push.txt": "", "spring/desk.json": ""}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("spring/ask", ("spring/ask", "email")),
        ("spring/ask.sms.txt", ("spring/ask", "sms")),
        ("spring/ask.sms", ("spring/ask", "sms")),
        ("templates/spring/last.push", ("spring/last", "push")),
        ("spring/last", ("spring/last", "push")),
        ("spring/ask.html", ("spring/ask", "email")),
    ],
)
def test_a_template_is_known_by_its_files_name_and_without_its_txt(said: str, meant: tuple[str, str]) -> None:
    assert named(FILES, said) == meant
