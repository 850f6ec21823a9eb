"""The answers of a question in a message: their links, the building blocks, the text part."""

from __future__ import annotations

import re

import pytest

from loyaltyloop.channels.rendering.render import Rendered
from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.asked import QuestionIn
from loyaltyloop.channels.values.colours import contrast
from loyaltyloop.journey.model import Ask, Send
from loyaltyloop.journey.question import Question
from tests.unit.channels.kitchen import ADA, KEY, PUBLIC, SECRET, page, render, renderer
from tests.unit.channels.seen import Element, Page

OTHER = "00000000-0000-5000-8000-000000000002"
TASTE = Question.of(
    Ask(Send("t"), "What for?", (("gift", "A <present>"), ("myself", "For me")), comment=True)
)
NPS = Question.of(Ask(Send("t"), "How likely?", scale=(0, 10)))
STARS = Question.of(Ask(Send("t"), "How was it?", scale=(1, 5)))
TEMPLATE = """\
{% extends "layout/email.html" %}
{% from "layout/blocks.html" import choices, scale, stars %}
{% block subject %}A question{% endblock %}
{% block body %}<p>Hello</p>BLOCK<p>Bye</p>{% endblock %}
"""
BLOCKS = {
    "stars": ('{{ stars(asked, low="Bad", high="Good") }}', STARS, 5),
    "scale": ('{{ scale(asked, low="Not at all", high="Very") }}', NPS, 11),
    "choices": ("{{ choices(asked) }}", TASTE, 2),
}


def message(block: str, question: Question, language: str = "en") -> Rendered:
    template = TEMPLATE.replace("BLOCK", block)
    made = renderer({"t/message.html": template, "t/message.ar.html": template})
    about = {"journey": "j", "step": "asked", "purpose": "service"}
    names = {"customer": ADA, "message": about, "asked": QuestionIn(KEY, question)}
    return made.render("t/message", KEY, names, language)


def answer_links(made: Rendered) -> list[Element]:
    seen = Page()
    seen.feed(made.html)
    return [one for one in seen.all("a") if one.attributes["href"].startswith(f"{PUBLIC}/a/")]


def read(address: str) -> tuple[str, str, int | None]:
    said = tokens.read(SECRET, address.removeprefix(f"{PUBLIC}/a/"))
    return said.kind, said.key, said.number


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_shows_every_answer_once(name: str) -> None:
    block, question, number = BLOCKS[name]
    made = message(block, question)
    links = answer_links(made)
    assert [read(one.attributes["href"]) for one in links] == [("a", KEY, place) for place in range(number)]
    assert not [link for link in made.links if "/a/" in link]  # they are not led through us once more
    for one in links:
        vertical = float(one.style["padding"].split()[0].removesuffix("px"))
        tall = one.pixels("line-height") if name != "stars" else 30 + 22
        assert tall + 2 * vertical >= 44
        assert one.style.get("display") == "block"
        assert name == "choices" or float(one.style["width"].removesuffix("px")) + 2 >= 44
    assert max(map(len, made.html.splitlines())) < 990


@pytest.mark.parametrize("name", BLOCKS)
def test_each_answer_has_a_line_of_its_own_in_the_text(name: str) -> None:
    block, question, _ = BLOCKS[name]
    made = message(block, question)
    lines = [line for line in made.text.splitlines() if "/a/" in line]
    assert [re.sub(r"https://\S+/a/\S+", "<a>", line) for line in lines] == [
        f"{one.text}: <a>" for one in question.choices
    ]
    assert "★" not in made.text


def test_a_screen_reader_hears_what_a_number_is_of() -> None:
    block, question, _ = BLOCKS["stars"]
    assert [one.attributes["aria-label"] for one in answer_links(message(block, question))][::4] == [
        "1 / 5",
        "5 / 5",
    ]
    block, question, _ = BLOCKS["scale"]
    assert answer_links(message(block, question))[0].attributes["aria-label"] == "0 / 10"


def test_from_right_to_left() -> None:
    block, question, _ = BLOCKS["scale"]
    assert 'align="right"' in message(block, question, "ar").html
    assert 'align="right"' not in message(block, question).html


def test_by_day_and_by_night() -> None:
    block, question, _ = BLOCKS["stars"]
    made = message(block, question)
    seen = Page()
    seen.feed(made.html)
    glyphs = [one for one in seen.all("span") if one.text == "★"]
    assert len(glyphs) == 5
    assert contrast(str(glyphs[0].inherited("color")), "#ffffff") >= 4.5
    night = made.html.partition("prefers-color-scheme: dark) {")[2]
    [gold] = re.findall(r"\.glyph \{ color: (#\w+)", night)
    assert contrast(gold, "#171c22") >= 4.5


def test_a_question_before_shows_its_own_message() -> None:
    asked = QuestionIn(OTHER, NPS, 0, "<b>fine</b>")
    made = render(
        "<p>{{ nps.answer }}, {{ nps.answer_text }}, {{ nps.comment }}</p>"
        '<a href="{{ nps.links["10"] }}">10</a>',
        {"nps": asked},
    )
    assert "0, 0, &lt;b&gt;fine&lt;/b&gt;" in made.html
    [address] = re.findall(r'href="([^"]+/a/[^"]+)"', made.html)
    assert read(address) == ("a", OTHER, 10)


def test_words_of_answers_are_escaped() -> None:
    assert "A &lt;present&gt;" in message(*BLOCKS["choices"][:2]).html


def test_an_answer_that_is_none_of_the_question() -> None:
    asked = QuestionIn(OTHER, TASTE, "other")
    assert "other" in render("<p>{{ taste.answer_text }}</p>", {"taste": asked}).text


def test_a_written_text_part_keeps_the_links() -> None:
    files = {
        "t/own.html": page("<p>a</p>"),
        "t/own.txt": "{% for one in taste.answers %}{{ one.text }}: {{ one.url }}\n{% endfor %}",
    }
    text = renderer(files).render("t/own", KEY, {"customer": ADA, "taste": QuestionIn(KEY, TASTE)}).text
    assert [read(address) for address in re.findall(r"https://\S+", text)] == [("a", KEY, 0), ("a", KEY, 1)]


def test_a_question_as_a_document() -> None:
    for question in (TASTE, NPS, STARS):
        assert Question.read(question.as_document()) == question
    assert NPS.text_of(7) == "7" and TASTE.text_of("gift") == "A <present>"
