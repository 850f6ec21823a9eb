"""A value that is missing is never printed, and never makes a condition hold."""

from __future__ import annotations

import pytest

from loyaltyloop.errors import FilesError
from tests.unit.channels.kitchen import inside, page, refused, render, renderer

LACKING = [{}, {"first_name": None}, {"first_name": ""}]


@pytest.mark.parametrize("customer", LACKING)
def test_a_missing_value_is_never_printed(customer: dict[str, object]) -> None:
    why = refused("Hi {{ customer.first_name }},", {"customer": customer})
    assert why == "missing: customer.first_name"


@pytest.mark.parametrize("customer", LACKING)
def test_a_default_takes_its_place(customer: dict[str, object]) -> None:
    names = {"customer": customer}
    assert inside('Hi {{ customer.first_name | default("there") }},', names) == "Hi there,"
    assert inside('Hi {{ customer.first_name or "there" }},', names) == "Hi there,"
    assert inside('Hi{{ customer.first_name | default("") }},', names) == "Hi,"


@pytest.mark.parametrize("customer", LACKING)
def test_a_test_for_it_does_not_hold(customer: dict[str, object]) -> None:
    names = {"customer": customer}
    assert inside("{% if customer.first_name %}yes{% else %}no{% endif %}", names) == "no"
    assert inside("{{ 'yes' if customer.first_name else 'no' }}", names) == "no"
    assert inside("{% if customer.first_name is defined %}yes{% else %}no{% endif %}", names) == "no"


@pytest.mark.parametrize(
    "test", ["x.y == 1", "x.y != 1", "x.y > 1", "x.y <= 1", "1 < x.y", "1 in x.y", "x.y == x.y", "x.y.z == 1"]
)
def test_no_comparison_with_an_unknown_value_holds(test: str) -> None:
    assert inside(f"{{% if {test} %}}yes{{% else %}}no{{% endif %}}", {"x": {"a": 1}}) == "no"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{{ nobody }}", "missing: nobody"),
        ("{{ nobody.name }}", "missing: nobody"),
        ("{{ customer.address.city }}", "missing: customer.address"),
        ("{% for pick in picks %}{{ pick }}{% endfor %}", "missing: picks"),
        ("{{ picks | length }}", "missing: picks"),
        ("{{ picks | join(', ') }}", "missing: picks"),
        ("{{ picks[0] }}", "missing: picks"),
        ("{{ customer.points + 1 }}", "missing: customer.points"),
        ("{{ 'Dear ' ~ customer.title }}", "missing: customer.title"),
        ("{{ customer.first_name | upper }}{{ customer.last_name | upper }}", "missing: customer.last_name"),
        ("{{ customer.first_name[9] }}", "missing: number 9"),
        ("{{ customer['last name'] }}", "missing: last name"),
        ("{% set a = customer.last_name %}{{ a }}", "missing: customer.last_name"),
        ('<a href="{{ customer.page }}">x</a>', "missing: customer.page"),
        ("{{ customer.last_name if customer.first_name }}", "missing: customer.last_name"),
    ],
)
def test_what_was_missing_is_named_as_it_was_written(body: str, why: str) -> None:
    assert refused(body) == why


def test_a_value_that_the_shop_lacks_is_a_mistake_of_the_template() -> None:
    made = renderer({"t/message.html": page("\n\n<p>{{ shop.brand.slogan }}</p>")})
    with pytest.raises(
        FilesError, match=r"t/message.html:3:1: error: shop.brand.slogan is printed and has no value"
    ):
        made.compile("t/message")
    assert inside("{% if shop.brand.slogan %}x{% else %}y{% endif %}") == "y"


def test_an_if_without_else_prints_nothing() -> None:
    assert inside("Hello{{ ' there' if customer.last_name }}!") == "Hello!"


def test_zero_and_false_are_values() -> None:
    names = {"customer": {"points": 0, "vip": False}}
    assert inside("{{ customer.points }} {{ customer.vip }}", names) == "0 False"


def test_names_like_methods_are_keys_and_nothing_else() -> None:
    names = {"trigger": {"items": [1, 2], "keys": "a", "get": "b"}}
    assert inside("{{ trigger['items'] | sum }}{{ trigger.keys }}{{ trigger.get }}", names) == "3ab"
    assert refused("{{ trigger.values }}", names) == "missing: trigger.values"


def test_everything_is_escaped_in_html_and_nothing_in_text() -> None:
    made = render('<p title="{{ n }}">{{ n }}</p>', {"n": "<b>\"Tea\" & 'cake'</b>"})
    assert '<p title="&lt;b&gt;&#34;Tea&#34; &amp; &#39;cake&#39;&lt;/b&gt;">' in made.html
    assert made.text == "<b>\"Tea\" & 'cake'</b>\n"


def test_joined_texts_are_escaped_once() -> None:
    body = "{{ 'a & ' ~ n }} {{ [n, '<'] | join(' & ') }}"
    assert inside(body, {"n": "<i>"}) == "a &amp; &lt;i&gt; &lt;i&gt; &amp; &lt;"
