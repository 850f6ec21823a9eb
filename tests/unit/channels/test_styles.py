"""CSS, written into the tags it holds for."""

from __future__ import annotations

from loyaltyloop.channels.templates.styles import split
from tests.unit.channels.kitchen import KEY, inside, renderer


def _styled(css: str, body: str) -> str:
    layout = f"<html><head><style>{css}</style></head><body>{{% block body %}}{{% endblock %}}</body></html>"
    template = '{% extends "own.html" %}{% block subject %}x{% endblock %}' + (
        f"{{% block body %}}{body}{{% endblock %}}"
    )
    html = (
        renderer({"own.html": layout, "t/message.html": template})
        .render("t/message", KEY, {"ns": [1, 2]})
        .html
    )
    return html.replace("</head>", "").partition("<style>")[2].rpartition("<img")[0]


def test_rules_of_tags_classes_and_places() -> None:
    css = "p { margin: 0 } .a { color: red } td.a b, #x { color: blue }"
    body = '<p class="a">1</p><table><tr><td class="a"><b>2</b></td></tr></table><i id="x">3</i>'
    assert _styled(css, body) == (
        '</style><body><p style="margin:0;color:red">1</p><table><tr><td style="color:red">'
        '<b style="color:blue">2</b></td></tr></table><i id="x" style="color:blue">3</i>'
    )


def test_a_row_in_a_loop_or_a_macro_keeps_its_place() -> None:
    body = (
        "{% macro row(n) %}<tr class='r'><td>{{ n }}</td></tr>{% endmacro %}"
        "<table>{% for n in ns %}{{ row(n) }}{% endfor %}</table>"
    )
    row = '<tr style="color:red"><td>{}</td></tr>'
    assert _styled(".r { color: red }", body).endswith(f"<table>{row.format(1)}{row.format(2)}</table>")


def test_what_a_tag_says_itself_wins() -> None:
    assert "<p style='color:red;margin: 0'>" in _styled("p { color: red }", "<p style='margin: 0'>x</p>")


def test_at_rules_and_states_stay_in_the_head_with_their_classes() -> None:
    css = (
        "/* note */ @media (max-width: 600px) { .a { color: red } } "
        "a:hover { color: blue } .b { color: green }"
    )
    assert _styled(css, '<p class="a b">x</p>') == (
        "@media (max-width: 600px) { .a { color: red }\n}\na:hover { color: blue }</style>"
        '<body><p class="a" style="color:green">x</p>'
    )


def test_the_shops_colours_are_written_in() -> None:
    assert 'style="color:#1f5c4d"' in _styled("p { color: {{ shop.brand.colour }} }", "<p>x</p>")


def test_rules_are_split_at_their_braces() -> None:
    ours, theirs = split("@import 'x'; a { b: c } @media print { d { e: f } g { h: i } } j { k: l }")
    assert ours == ["a { b: c }", "j { k: l }"]
    assert theirs == ["@import 'x';", "@media print { d { e: f }\ng { h: i }\n}"]


def test_signs_beyond_ascii_are_written_as_css_writes_them() -> None:
    assert split('a:after { content: "é" }')[1] == ['a:after { content: "\\e9 " }']


def test_without_a_style_sheet_nothing_changes() -> None:
    assert inside('<p class="a" style="color: red">x</p>') == '<p style="color: red">x</p>'
