"""What templates read of things in lists, without running them; fields that these have are no mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.channels.values.offered import product_names
from loyaltyloop.journey.listed import listed_parts
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.journey.rules.template_names import _OF_PICK
from loyaltyloop.journey.templates import Templates
from loyaltyloop.scores.recommending.wanted import Pick, as_value
from loyaltyloop.store.models import Product
from tests.unit.journey.projects import check_files, good

ROW = "{% macro row(items, most=3) %}{% for i in items[:most] %}{{ i.name }}{% endfor %}{% endmacro %}"


def parts(text: str) -> set[str]:
    """The fields of things in lists, as `list/field`."""
    templates = Templates({"a.html": text, "row.html": ROW})
    return {f"{'.'.join(part.of)}/{part.field}" for part in listed_parts(templates, "a.html")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{% for p in picks %}{{ p.name }}{{ loop.index }}{% endfor %}{{ p.nothing }}", {"picks/name"}),
        ("{% for p in cart.products %}{{ p['name'] }}{% endfor %}", {"cart.products/name"}),
        ("{% for p in picks[:2] | sort(attribute='x') %}{{ p.a }}{% endfor %}", {"picks/a"}),
        (
            "{% for p in picks | default([]) %}{% if p.a %}{{ p.b.c }}{% endif %}{% endfor %}",
            {"picks/a", "picks/b"},
        ),
        ("{% for row in picks | batch(2) %}{% for p in row %}{{ p.a }}{% endfor %}{% endfor %}", {"picks/a"}),
        ("{{ picks[0].a }}{{ (picks | first).b }}{{ picks.c }}", {"picks/a", "picks/b"}),
        ("{% set one = picks[1] %}{{ one.a }}", {"picks/a"}),
        (
            "{% set one = picks[1] %}{% if x %}{% set one = cart.products[0] %}{% endif %}{{ one.a }}",
            set(),
        ),
        (
            "{% with p = order.products %}{% for q in p %}{{ q.a }}{% endfor %}{% endwith %}",
            {"order.products/a"},
        ),
        (
            "{% with picks = order.products %}{% for q in picks %}{{ q.a }}{% endfor %}{% endwith %}",
            {"order.products/a"},
        ),
        ("{% for p in (picks[:2] if x else picks) %}{{ p.a }}{% endfor %}", {"picks/a"}),
        ("{% for p in picks or other %}{{ p.a }}{% endfor %}", set()),
        ("{% for p in picks if p.a %}{{ p.b }}{% else %}{{ p.c }}{% endfor %}", {"picks/a", "picks/b"}),
        ("{% for k, v in picks %}{{ k.a }}{{ v.b }}{% endfor %}", set()),
        (
            '{% from "row.html" import row %}{{ row(picks) }}{{ row(items=cart.products) }}',
            {"picks/name", "cart.products/name"},
        ),
        ('{% from "row.html" import row as line %}{{ line(picks, most=2) }}', {"picks/name"}),
        (
            "{% macro m(p) %}{{ p.a }}{% if p.b %}{{ p.b }}{% endif %}{{ p.c | d(1) }}{% endmacro %}"
            "{{ m(x[0]) }}",
            {"x/a"},
        ),
        (
            "{% macro m(p) %}{{ m(p[0]) }}{{ p.a }}{% endmacro %}{{ m(picks) }}",
            {"picks/a", "picks.[]/a", "picks.[].[]/a", "picks.[].[].[]/a"},
        ),
    ],
)
def test_fields_of_things_in_lists(text: str, found: set[str]) -> None:
    assert parts(text) == found


def told(body: str) -> set[str]:
    """What is said of a message with these words, behind a `recommend` and an `ask`."""
    journey = (
        "journey: letters\nabout: A.\npurpose: service\nenter: {event: Newsletter Read}\nsteps:\n"
        "  - {recommend: picks}\n  - {send: letter, template: letters/note}\n"
    )
    page = good()["templates/welcome/hello.html"].decode().partition("{% block body %}")[0]
    files = {"journeys/letters.yaml": journey.encode()}
    files["templates/letters/note.html"] = f"{page}{{% block body %}}{body}{{% endblock %}}".encode()
    own = good() | {f"templates/layout/{name}.html": text for name, text in BLOCKS.items()}
    return {problem.message for problem in check_files(own | files) if "note" in problem.file}


BLOCKS = {"ours": Path("templates/layout/blocks.html").read_bytes()}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{% for p in picks %}{{ p.name }}{{ p.reason }}{{ p.price }}{{ p.source }}{% endfor %}", set()),
        ("{% for p in picks %}{{ p.title }}{% endfor %}", {"a product of 'picks' has no 'title'"}),
        ("{{ picks.name }}", {"'picks' has no 'name'"}),
        ("{% for p in cart.products %}{{ p.quantity }}{{ p.variant | d('') }}{% endfor %}", set()),
        ("{% for p in order.products %}{{ p.whatever }}{% endfor %}", set()),
        ("{% for p in trigger.products | default([]) %}{{ p.whatever }}{% endfor %}", set()),
        (
            '{% from "layout/ours.html" import products %}{{ products(picks) }}{{ products(cart.products) }}',
            set(),
        ),
    ],
)
def test_what_is_said_of_them(body: str, found: set[str]) -> None:
    assert told(body) == found


def test_the_fields_are_those_that_messages_show() -> None:
    row, shop = Product(product_id="p1", name="Cake stand", price=450), read_project(good()).shop
    assert shop is not None
    [kept] = as_value([Pick("p1", "because", "best", "counted", explores=True)])
    assert {*product_names(row, shop, "en"), *kept} == _OF_PICK
