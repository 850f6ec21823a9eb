"""What to do about a template that there is not: what is said to be meant is there, and for that channel."""

from __future__ import annotations

import pytest

from tests.unit.journey.projects import check_files, good

JOURNEY = """\
journey: letters
about: A journey with a mistake in it.
purpose: service
enter: {event: Newsletter Read}
steps:
"""


@pytest.mark.parametrize(
    ("channel", "there", "remedy"),
    [
        ("push", "fivv.html", "Write the file templates/spring/five.push.txt."),
        ("push", "fivv.push.txt", "Did you mean 'spring/fivv'?"),
        (
            "email",
            "five.sms.txt",
            "Write the file templates/spring/five.html, or 'channel: sms', for which it is written.",
        ),
        ("email", "fivv.html", "Did you mean 'spring/fivv'?"),
    ],
)
def test_the_remedy_leads_to_a_file_of_that_channel(channel: str, there: str, remedy: str) -> None:
    step = f"  - {{send: letter, template: spring/five, channel: {channel}}}\n"
    files = good() | {
        "journeys/letters.yaml": (JOURNEY + step).encode(),
        f"templates/spring/{there}": b"Hello",
    }
    assert [one.remedy for one in check_files(files) if one.rule == "unknown-template"] == [remedy]


def test_the_caret_stands_at_the_whole_word() -> None:
    """A name may be part of another one that stands before it in the line."""
    step = "  - {recommend: picks, products: 2}\n  - {send: letter, template: spring/five}\n"
    page = good()["templates/welcome/hello.html"].decode().partition("{% block body %}")[0]
    body = "{% block body %}{% for p in picks %}{{ pick }}{% endfor %}{% endblock %}"
    files = good() | {
        "journeys/letters.yaml": (JOURNEY + step).encode(),
        "templates/spring/five.html": (page + body).encode(),
    }
    (found,) = [one for one in check_files(files) if one.rule == "unknown-name"]
    assert (found.message, found.column) == ("there is nothing called 'pick'", body.index("{{ pick") + 4)
