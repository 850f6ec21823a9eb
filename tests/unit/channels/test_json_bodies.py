"""Bodies of calls: whatever a customer is called, the body is JSON and says what its author meant."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.templates.json_bodies import Bodies
from loyaltyloop.channels.values.formats import money_of
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.errors import FilesError
from tests.reference.reading import SHOP

NAMES: dict[str, object] = {
    "customer": {
        "key": "ada", "first_name": 'Ada "A" \\ Lovelace', "orders": 3, "city": "",
        "lifetime_value": money_of(1250, "GBP"), "born": date(1990, 3, 31),
        "seen_at": datetime(2026, 3, 2, 9, tzinfo=UTC), "tags": ["vip", "gift"], "zone": "Europe/London",
    },
    "trigger": {"b": [1, 2.5, None, True], "a": {"deep": "x"}},
    "enrolment": {"journey": "j", "step": "s", "decided_at": datetime(2026, 3, 2, 10, tzinfo=UTC),
                  "entered_at": datetime(2026, 3, 1, 9, tzinfo=UTC)},
}  # fmt: skip


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
DATA = st.recursive(
    LEAVES | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def bodies(text: str, **others: str) -> Bodies:
    sources = {"desk/ticket.json": text} | {f"{name}.json": other for name, other in others.items()}
    return Bodies(sources, shop_names(SHOP), SHOP)


def made(text: str, **names: Any) -> Any:
    return json.loads(bodies(text).render("desk/ticket", {**NAMES, **names}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": {{ customer.first_name }}}', {"a": 'Ada "A" \\ Lovelace'}),
        ('{"a": "Hello {{ customer.first_name }}!"}', {"a": 'Hello Ada "A" \\ Lovelace!'}),
        ('{"{{ customer.first_name }}": 1}', {'Ada "A" \\ Lovelace': 1}),
        ('["\\"{{ customer.orders }}\\"", {{ customer.orders }}]', ['"3"', 3]),
        ("[{{ customer.lifetime_value }}]", [12.5]),
        ('["{{ customer.lifetime_value }}"]', ["£12.50"]),
        ("[{{ customer.lifetime_value | money('EUR') }}]", ["£12.50"]),
        ("[{{ customer.born }}, {{ customer.seen_at }}]", ["1990-03-31", "2026-03-02T09:00:00Z"]),
        ('["{{ customer.born }} {{ customer.seen_at }}"]', ["1990-03-31 2026-03-02T09:00:00Z"]),
        ("{{ customer.tags }}", ["vip", "gift"]),
        ("{{ trigger }}", {"a": {"deep": "x"}, "b": [1, 2.5, None, True]}),
        ("{{ trigger | tojson }}", {"a": {"deep": "x"}, "b": [1, 2.5, None, True]}),
        ('["{{ trigger.a | tojson }}"]', ['{"deep": "x"}']),
        ("[{{ customer.city | default(none) }}, {{ customer.phone | default('-') }}]", [None, "-"]),
        ("{% set who %}{{ customer.key }} & co{% endset %}[{{ who }}]", ["ada & co"]),
        (
            "[{% for tag in customer.tags %}{{ tag }}{% if not loop.last %},{% endif %}{% endfor %}]",
            ["vip", "gift"],
        ),
        ('["{% for tag in customer.tags %}{{ tag }} {% endfor %}"]', ["vip gift "]),
        ('[{% if customer.orders > 2 %}"{{ customer.key }}"{% else %}null{% endif %}]', ["ada"]),
        (
            '{% macro quoted(x) %}"{{ x }}"{% endmacro %}[{{ quoted(customer.first_name) }}]',
            ['Ada "A" \\ Lovelace'],
        ),
        ("[{{ shop.name }}, {{ 'x' }}, {{ 1 + 1 }}]", ["Sample shop", "x", 2]),
    ],
    ids=range(20),
)
def test_values_alone_and_inside_texts(text: str, expected: Any) -> None:
    assert made(text) == expected


@settings(max_examples=200, deadline=None)
@given(value=st.text(max_size=20), data=DATA)
def test_no_value_ends_its_text_or_brings_a_field_along(value: str, data: Any) -> None:
    text = """{"alone": {{ trigger.value | default("") }}, "inside": "<{{ trigger.value | default("") }}>",
               "data": {{ trigger.data | default(none) }}}"""
    told = made(text, trigger={"value": value, "data": data})
    assert told["alone"] == value
    assert told["inside"] == f"<{value}>"
    assert told["data"] == (None if data == "" else data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["{{ customer.key }}]', "a text is not closed"),
        ('[{% if customer.key %}"{% endif %}x"]', "a text begins or ends on one way through this block"),
        ('[{% for t in customer.tags %}"{% endfor %}]', "a text begins or ends on one way"),
        ('["\\{{ customer.key }}"]', "a backslash stands before what is printed"),
        ("[{{ customer.key | nothing }}]", "there is no filter 'nothing'"),
        ("[{{ customer.key | _value }}]", "there is no filter '_value'"),
        ("[{{ customer.key.upper() }}]", "only range(...) and printed macros can be called"),
        ("[{{ _budget }}]", "'_budget' is out of reach"),
        ("[{{ customer.key", "unexpected end of template"),
    ],
)
def test_what_cannot_be_compiled(text: str, message: str) -> None:
    with pytest.raises(FilesError) as raised:
        bodies(text).compile("desk/ticket")
    assert message in raised.value.problems[0].message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[{{ customer.phone }}]", "missing: customer.phone"),
        ('["{{ customer.city }}"]', "missing: customer.city"),
        ("[{{ customer.nobody.name }}]", "missing: customer.nobody"),
        ('{"a": 1,}', "value: the body is no JSON"),
        ("[NaN]", "value: the body is no JSON (NaN is no JSON"),
        ("", "value: the body is no JSON"),
        ("[{{ customer.key * 3 }}]", "template: '*' works on numbers only"),
        ("[{% for a in range(3000) %}1,{% endfor %}1]", "bound: the template loops more than"),
    ],
)
def test_what_cannot_be_made(text: str, reason: str) -> None:
    with pytest.raises(CannotRender) as raised:
        bodies(text).render("desk/ticket", NAMES)
    assert raised.value.reason.startswith(reason)


def test_a_body_that_is_not_there_refuses_its_call() -> None:
    with pytest.raises(CannotRender, match=r"there is no template 'desk/gone.json'"):
        bodies("[]").render("desk/gone", NAMES)
    assert bodies("[]").uses_of("desk/gone") == frozenset()


def test_other_files_are_put_in_their_place() -> None:
    told = bodies('{"who": {% include "desk/who.json" %}}', **{"desk/who": "{{ customer.key }}"})
    assert json.loads(told.render("desk/ticket", NAMES)) == {"who": "ada"}
    assert told.uses_of("desk/ticket") == {"customer.key"}


def test_a_call_without_a_body_says_who_where_and_why() -> None:
    told = json.loads(bodies("[]").render("", {**NAMES, "customer": {"key": "a1", "user_id": "ada"}}))
    assert told == {
        "type": "journey.call",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {"journey": "j", "step": "s", "customer": {"id": "ada"},
                 "entered_at": "2026-03-01T09:00:00Z",
                 "trigger": {"a": {"deep": "x"}, "b": [1, 2.5, None, True]}},
    }  # fmt: skip
