"""What `loop check` says of templates, without a customer and without a database."""

from __future__ import annotations

import pytest

from loyaltyloop.channels.rendering.check import check_project
from loyaltyloop.errors import Problem
from tests.unit.channels.kitchen import LAYOUTS

SHOP = """\
shop: Sample Shop
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample Shop, email: hello@shop.example, postal_address: 1 Sample Street}
"""
WELCOME = """\
journey: welcome
about: Welcome.
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
steps:
  - send: hello
    template: welcome/hello
"""
HEAD = (
    '{% extends "layout/email.html" %}\n{% block subject %}Hello{% endblock %}\n'
    "{% block preheader %}Hi{% endblock %}\n{% block body %}\n"
)


def _check(body: str, more: dict[str, str] | None = None) -> list[Problem]:
    files: dict[str, str | bytes] = {
        "journeys/shop.yaml": SHOP,
        "journeys/welcome.yaml": WELCOME,
        "templates/welcome/hello.html": HEAD + body + "\n{% endblock %}\n",
        **{f"templates/{name}": text for name, text in LAYOUTS.items()},
        **(more or {}),
    }
    return [problem for problem in check_project(files) if problem.severity == "error"]


def test_a_good_template_has_no_mistakes() -> None:
    assert _check("<p>Hello {{ customer.first_name | default('you') }}</p>") == []
    assert _check("<p>x</p><!-- <style>a <b</style> <b --><style>p > a {}</style><p>y</p>") == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<a href='javascript:x()'>x</a>", "'javascript:x()' is no address that a message may hold"),
        ("<script>x()</script>", "<script> does not work in messages"),
        ("<p title={{ customer.email }}>x</p>", "a value stands without quotes in <p>"),
        ("{{ customer.email | shout }}", "there is no filter 'shout'"),
        ("{{ customer.email.__class__ }}", "'__class__' is out of reach of a template"),
        ("{{ customer.email.upper() }}", "a template can call nothing but range(...) and its macros"),
        ("{{ shop.url }}", "shop.url is printed and has no value"),
        ("<p>x</p><!-- <style>a</style> <b> --><a class='x>y</a>", "a tag is not closed, or lacks a quote"),
    ],
)
def test_each_mistake_is_shown_at_its_line(body: str, message: str) -> None:
    (problem,) = _check(body)
    assert (problem.file, problem.line, problem.message) == ("templates/welcome/hello.html", 5, message)
    assert problem.remedy
    assert problem.source == body


def test_templates_of_other_languages_are_checked_too() -> None:
    german = HEAD + "<iframe></iframe>{% endblock %}"
    (problem,) = _check("<p>x</p>", {"templates/welcome/hello.de.html": german})
    assert (problem.file, problem.line) == ("templates/welcome/hello.de.html", 5)


def test_a_mistake_is_told_once() -> None:
    assert len(_check("{% if %}")) == 1


def test_a_colour_that_is_none() -> None:
    (problem,) = _check("<p>x</p>", {"journeys/shop.yaml": SHOP + "brand: {colour: red}\n"})
    assert problem.file == "journeys/shop.yaml"
    assert "'red' is no colour" in problem.message
