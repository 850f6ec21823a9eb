"""Layouts, blocks, includes and macros, put in their places when a template is compiled."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, Environment

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.errors import FilesError
from tests.unit.channels.kitchen import ADA, BARE, KEY, inside, page, render, renderer


def test_blocks_of_three_generations() -> None:
    files = {
        "base.html": "<body>{% block top %}base{% endblock %}|{% block body %}base{% endblock %}</body>",
        "middle.html": "{% extends 'base.html' %}{% block body %}middle({{ super() }}){% endblock %}"
        "{% block top %}top({% block deep %}deep{% endblock %}){% endblock %}",
        "t/leaf.html": "{% extends 'middle.html' %}{% block subject %}x{% endblock %}"
        "{% block body %}leaf({{ super() }}){% endblock %}{% block deep %}leaf {{ super() }}{% endblock %}",
    }
    made = renderer(files).render("t/leaf", KEY, {"customer": ADA}).html
    expected = Environment(loader=DictLoader(files)).get_template("t/leaf.html").render()
    assert expected == "<body>top(leaf deep)|leaf(middle(base))</body>"
    assert made.partition("<img")[0] + "</body>" == expected


def test_macros_of_a_file_are_found_by_each_other_and_by_their_own_names() -> None:
    kit = (
        "{% macro b(t) %}<b>{{ t }}</b>{% endmacro %}"
        "{% macro two(x, y='!', z=x) %}{{ b(x) }}{{ b(y) }}{{ b(z) }}{% endmacro %}"
    )
    one = '{% from "kit.html" import two as pair %}{{ pair("a") }}{{ pair(y="c", x="b") }}'
    assert inside(one, kit=kit).count("<b>") == 6
    assert inside('{% import "kit.html" as kit %}{{ kit.b(customer.first_name) }}', kit=kit) == "<b>Ada</b>"


def test_a_macros_words_do_not_leak_and_its_arguments_are_read_outside() -> None:
    body = "{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{% set a = 1 %}{{ m(2, a) }}{{ a }}"
    assert inside(body) == "211"


def test_a_macro_in_a_loop() -> None:
    body = "{% macro m(n) %}[{{ n }}]{% endmacro %}{% for n in range(3) %}{{ m(n) }}{{ m(n=n) }}{% endfor %}"
    assert inside(body) == "[0][0][1][1][2][2]"


def test_includes_see_the_names() -> None:
    body = "{% include 'part.html' %}{% include 'none.html' ignore missing %}"
    assert inside(body, {"n": 7}, part="<i>{{ n }}</i>") == "<i>7</i>"


def test_values_set_at_the_top_reach_the_blocks() -> None:
    template = page("{{ word }}", "{{ word }}") + "{% set word = 'tea' %}"
    made = renderer({"t/message.html": template}).render("t/message", KEY, {"customer": ADA})
    assert made.subject == "tea"
    assert "<body>tea<" in made.html


def test_the_language_picks_the_template_the_layout_and_the_text() -> None:
    files = {
        "bare.de.html": BARE.replace("<body>", '<body lang="{{ language }}">Hallo '),
        "t/message.html": page("Good day"),
        "t/message.de.html": page("Guten Tag"),
        "t/message.de.txt": "Tag!",
    }
    made = renderer(files)
    german = made.render("t/message", KEY, {}, "de-AT")
    assert '<body lang="de">Hallo Guten Tag' in german.html
    assert german.text == "Tag!\n"
    for other in (None, "en", "fr-FR", "deutsch"):
        assert "Good day" in made.render("t/message", KEY, {}, other).html


def test_an_exact_locale_comes_before_its_language() -> None:
    files = {
        "t/message.html": page("en"),
        "t/message.pt.html": page("pt"),
        "t/message.pt-br.html": page("br"),
    }
    found = [renderer(files).render("t/message", KEY, {}, one).text for one in ("pt_BR", "pt-PT", "es")]
    assert found == ["br\n", "pt\n", "en\n"]


@pytest.mark.parametrize("name", ["t/message", "t/message.html", "templates/t/message.html"])
def test_a_template_is_found_by_each_of_its_names(name: str) -> None:
    assert renderer({"t/message.html": page("Hello")}).render(name, KEY, {}).text == "Hello\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n{% include 'none.html' %}", "t/message.html:2:1: error: there is no template 'none.html'"),
        ("\n{% from 'kit.html' import z %}", "t/message.html:2:1: error: kit.html has no macro 'z'"),
        ("\n{{ b() }}{% from 'kit.html' import b %}", "b(t) is called with other arguments"),
        ("\n{{ b(1, 2) }}{% from 'kit.html' import b %}", "b(t) is called with other arguments"),
        ("\n{{ b(u=1) }}{% from 'kit.html' import b %}", "b(t) is called with other arguments"),
        ("\n{{ customer.x | shout }}", "t/message.html:2:1: error: there is no filter 'shout'"),
        ("\n{% if customer is tasty %}{% endif %}", "there is no test 'tasty'"),
        ("\n{{ }}", "t/message.html:2:1: error: Expected an expression"),
        ("\n\n{% if x %}", "templates/t/message.html:3:1: error: Encountered unknown tag"),
        (
            "\n<a href='{% if x %}https://a.example{% else %}https://b.example{% endif %}'>x</a>",
            "an address is cut by {% %}",
        ),
        ("<style>p { color: {{ customer.colour }} }</style>", "CSS cannot hold a value of one customer"),
    ],
)
def test_mistakes_are_shown_with_their_place(body: str, said: str) -> None:
    files = {"t/message.html": page(body), "kit.html": "{% macro b(t) %}{{ t }}{% endmacro %}"}
    with pytest.raises(FilesError) as caught:
        renderer(files).compile("t/message")
    assert said in str(caught.value)


def test_a_mistake_in_a_layout_is_shown_there() -> None:
    files = {
        "t/message.html": page("x"),
        "bare.html": "<body>\n<a href='x'>y</a>{% block body %}{% endblock %}",
    }
    with pytest.raises(FilesError, match=r"templates/bare.html:2:1"):
        renderer(files).compile("t/message")


def test_a_message_needs_a_subject() -> None:
    with pytest.raises(FilesError, match="the message has no subject"):
        renderer({"t/message.html": "{% extends 'bare.html' %}"}).compile("t/message")


def test_templates_that_go_in_circles() -> None:
    files = {"a.html": "{% extends 'b.html' %}", "b.html": "{% extends 'a.html' %}"}
    with pytest.raises(FilesError, match="extends itself"):
        renderer(files).compile("a")


def test_a_broken_template_costs_only_its_messages() -> None:
    with pytest.raises(CannotRender, match=r"template: there is no template 't/none\.html'"):
        renderer({}).render("t/none", KEY, {})


def test_what_is_compiled_is_kept() -> None:
    made = renderer({"t/message.html": page("x")})
    assert made.compile("t/message") is made.compile("t/message", "en")


def test_a_subject_is_one_line_of_plain_text() -> None:
    files = {"t/message.html": page("x", "\n  Tea &amp; {{ n }}\n  for you ")}
    made = renderer(files).render("t/message", KEY, {"n": "<cake>\r\nBcc: eve@example.com"})
    assert made.subject == "Tea & <cake> Bcc: eve@example.com for you"


def test_text_in_a_file_of_its_own_is_led_through_us_too() -> None:
    files = {
        "t/message.html": page('<a href="https://a.example">x</a>'),
        "t/message.txt": "See https://a.example.",
    }
    made = renderer(files).render("t/message", KEY, {})
    assert made.links == ["https://a.example"]
    assert made.text.startswith("See https://mail.shop.example/c/")
    assert made.text.endswith(".\n")


def test_notes_are_not_sent() -> None:
    assert "secret" not in render("{# secret #}<p>Hello</p>").html


def test_names_in_a_text_of_its_own_are_told_too() -> None:
    files = {"t/message.html": page("{{ a.b }}"), "t/message.txt": "{{ c.d }}"}
    assert renderer(files).uses([("t/message", None)]) == {"a.b", "c.d"}
