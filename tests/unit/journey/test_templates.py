"""What templates use, without running them."""

from __future__ import annotations

import pytest

from loyaltyloop.channels.rendering.check import check_project
from loyaltyloop.channels.templates.filters import filters
from loyaltyloop.channels.templates.sandbox import LOOPS
from loyaltyloop.journey.rules import template_reach
from loyaltyloop.journey.templates import Templates
from tests.unit.journey.projects import check_files, good

LAYOUT = "{% block body %}{% endblock %}{% block foot %}{{ links.view }}{% endblock %}"


def used(text: str, **others: str) -> set[str]:
    """The names that a template uses, `?` behind those that have a default or a test."""
    templates = Templates(
        {"a.html": text, "layout.html": LAYOUT, **{f"{k}.html": v for k, v in others.items()}}
    )
    uses = templates.reach("a.html").uses
    return {".".join(use.path) + ("?" if use.guarded else "") for use in uses if use.printed}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ customer.city }}", {"customer.city"}),
        ("{{ customer['city'] }}", {"customer.city"}),
        ("{{ customer.city | default('x') }}", {"customer.city?"}),
        ("{{ customer.city | upper | d('x') }}", {"customer.city?"}),
        ("{{ customer.city or 'x' }}", set()),
        ("{{ customer.city if customer.city else 'x' }}", {"customer.city?"}),
        ("{% if customer.city %}{{ customer.city }}{% endif %}", {"customer.city?"}),
        ("{% if customer.city %}{{ customer.country }}{% endif %}", {"customer.country"}),
        ("{% if a %}{% elif b %}{{ b.c }}{% endif %}", {"b.c?"}),
        ("{% for item in picks %}{{ item.name }}{{ loop.index }}{% endfor %}", {"picks"}),
        ("{% set x = order.total %}{{ x }}", {"order.total"}),
        (
            "{% macro m(x) %}{{ x }}{{ shop.name }}{% endmacro %}{{ m(trigger.a) }}",
            {"shop.name", "trigger.a"},
        ),
        ("{{ picks[0].name }}", {"picks"}),
        ('{% extends "layout.html" %}{% block body %}{{ a.b }}{% endblock %}', {"a.b", "links.view"}),
        ('{% extends "layout.html" %}{% block foot %}{{ a.b }}{% endblock %}', {"a.b"}),
        (
            '{% extends "layout.html" %}{% block foot %}{{ super() }}{{ a }}{% endblock %}',
            {"a", "links.view"},
        ),
        ('{% include "other.html" %}', {"c.d"}),
        ('{% from "other.html" import x %}{{ x }}', {"c.d"}),
        ("{{ 'text' }}{# {{ a }} #}{% raw %}{{ b }}{% endraw %}", set()),
    ],
)
def test_names(text: str, names: set[str]) -> None:
    assert used(text, other="{{ c.d }}") == names


def test_templates_in_a_circle_end() -> None:
    templates = Templates(
        {"a": '{% extends "b" %}{{ x }}', "b": '{% extends "a" %}', "c": '{% include "c" %}'}
    )
    assert templates.reach("a").files == ["a", "b"]
    assert templates.reach("c").files == ["c"]


def test_what_check_knows_of_the_sandbox_is_what_the_sandbox_does() -> None:
    assert {name for name in filters() if not name.startswith("_")} == template_reach.FILTERS
    assert template_reach.LOOPS == LOOPS


@pytest.mark.parametrize(
    "deep",
    [
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ customer" + ".city" * 3000 + " }}",
        "{{ customer" + "[0]" * 3000 + " }}",
        "{{ " + "1 + " * 3000 + "1 }}",
        "{{ customer.city" + " | upper" * 3000 + " }}",
        "{% if a %}" * 200 + "{% endif %}" * 200,
    ],
)
def test_deeply_nested_templates_are_a_clear_word(deep: str) -> None:
    files: dict[str, str | bytes] = {**good(), "templates/welcome/hello.html": deep.encode()}
    found = [problem for problem in check_project(files) if problem.severity == "error"]
    assert "template-syntax" in {problem.rule for problem in found}
    assert "the template is nested too deeply" in found[0].message


def test_macros_of_another_file_may_be_called() -> None:
    text = (
        '{% extends "layout/email.html" %}{% import "layout/blocks.html" as blocks %}'
        "{% block subject %}Hello{% endblock %}{% block body %}{{ blocks.shelf([]) }}{% endblock %}"
    )
    files = good() | {"templates/welcome/hello.html": text.encode()}
    assert check_files(files) == []
