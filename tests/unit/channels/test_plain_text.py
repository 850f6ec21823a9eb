"""The text part, as it is derived from the HTML."""

from __future__ import annotations

import pytest

from tests.unit.channels.kitchen import render

CASES = {
    "paragraphs": ("<h1>Hello</h1><p>one\n  two</p><p>three</p>", "Hello\n\none two\n\nthree\n"),
    "lines": ("one<br>two<div>three</div><div>four</div>", "one\ntwo\nthree\nfour\n"),
    "lists": ("<ul><li>one</li><li>two</li></ul>after", "- one\n- two\n\nafter\n"),
    "entities": ("<p>Tea &amp; cake &middot; &pound;5&nbsp;off</p>", "Tea & cake · £5 off\n"),
    "tags within words": ("<p>a<b>b</b>c <i>d</i> e</p>", "abc d e\n"),
    "cells": ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
    "tables of a line each": (
        '<p>a</p>{% for n in ns %}<table data-text="line"><tr><td>{{ n }}</td></tr></table>{% endfor %}b',
        "a\n\n1\n2\nb\n",
    ),
    "rule": ("<p>a</p><hr><p>b</p>", "a\n\n---\n\nb\n"),
    "pictures": ('<p>a <img src="https://a.example/x.png" alt="A jug"> b</p>', "a b\n"),
    "left out": ('<p>a</p><div data-text="no">b<div>c</div>d</div><p>e</p>', "a\n\ne\n"),
    "style": ("<style>p { color: red }</style><p>a</p><!-- note -->", "a\n"),
    "branch": ("<p>a</p>{% if yes %}<p>b</p>{% endif %}<p>c</p>", "a\n\nb\n\nc\n"),
    "no branch": ("<p>a</p>{% if no %}<p>b</p>{% endif %}<p>c</p>", "a\n\nc\n"),
    "branch in a line": ("<p>a{% if yes %} b{% else %} c{% endif %}.</p>", "a b.\n"),
    "loop": ("<ul>{% for n in ns %}<li>{{ n }}</li>{% endfor %}</ul>", "- 1\n- 2\n"),
    "loop in a line": ("{% for n in ns %}{{ n }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2\n"),
    "empty loop": ("<p>a</p>{% for n in [] %}<p>b</p>{% else %}<p>none</p>{% endfor %}", "a\n\nnone\n"),
    "captured": ("{% set x %}<b>b</b>{% endset %}<p>a {{ x }}</p>", "a b\n"),
    "tag in branch": ("<table><tr><td{% if yes %} class='x'{% endif %}>a</td></tr></table>", "a\n"),
    "value in a tag": ('<p title="{{ ns | join }}">a</p>', "a\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_text(name: str) -> None:
    body, text = CASES[name]
    assert render(body, {"yes": 1, "ns": [1, 2]}).text == text


def test_an_address_stands_behind_its_words() -> None:
    body = (
        '<p>Read <a href="mailto:a@b.example">the <b>guide</b></a>, <a href="mailto:c@d.example">go</a></p>'
    )
    assert render(body).text == "Read the guide (mailto:a@b.example), go: mailto:c@d.example\n"


def test_a_linked_picture_and_an_anchor_have_no_address() -> None:
    body = '<a href="https://a.example"><img src="https://a.example/a.png" alt=""></a><a href="#x">up</a>'
    made = render(body)
    assert made.text == "up\n"
    assert made.links == ["https://a.example"]


def test_a_value_with_empty_lines_does_not_tear_the_text_apart() -> None:
    assert render("<p>{{ t }}</p><p>b</p>", {"t": "a\n\n\n\n"}).text == "a\n\nb\n"
