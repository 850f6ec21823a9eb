"""What `loop check` says of bodies of calls and of hooks, with neither a customer nor a database."""

from __future__ import annotations

import pytest

from loyaltyloop.channels.rendering.check import check_project
from tests.unit.channels.test_check import SHOP

CALLING = """\
journey: unhappy
about: Tell the desk.
purpose: service
enter: {event: Order Completed}
steps:
  - recommend: picks
  - ask: nps
    template: welcome/hello
    question: How was it?
    scale: 0-10
  - wait: 2 days
  - call: tell
    hook: desk
    body: desk/ticket
"""
HOOKS = "hooks: {desk: {url: 'https://desk.example/in'}}\n"
GOOD = """\
{
  "who": {{ customer.user_id }},
  "name": "Dear {{ customer.first_name | default('you') }}",
  "orders": {{ customer.orders }}, "spent": {{ customer.lifetime_value }}, "at": {{ enrolment.entered_at }},
  "score": {{ nps.answer | default(none) }}, "why": "{{ nps.comment | default('') }}",
  "id": {{ message.key }},
  "lines": [{% for line in order.products %}
    {"sku": {{ line.product_id }}, "count": {{ line.quantity }}}{% if not loop.last %},{% endif %}
  {% endfor %}],
  "picks": {{ picks }}, "shop": {{ shop.name }}{% if customer.phone %},
  "phone": {{ customer.phone }}{% endif %}, "all": {{ trigger }}
}
"""


def errors(body: str, journey: str = CALLING, shop: str = SHOP + HOOKS) -> list[str]:
    files: dict[str, str | bytes] = {
        "journeys/shop.yaml": shop,
        "journeys/unhappy.yaml": journey,
        "templates/desk/ticket.json": body,
        "templates/welcome/hello.html": "{% block subject %}Hello{% endblock %}<p>"
        "{% for one in nps.answers %}<a href='{{ one.url }}'>{{ one.text }}</a>{% endfor %}</p>",
    }
    found = [problem for problem in check_project(files) if problem.severity == "error"]
    return [f"{problem.file}:{problem.line}: {problem.message}" for problem in found]


def test_a_good_body_has_no_mistakes() -> None:
    assert errors(GOOD) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"a": 1,}', "1: made with sample values, it cannot be posted: value: the body is no JSON"),
        ("{% if customer.phone %}{}{% endif %}", "1: made with sample values, it cannot be posted"),
        ("[{% for t in customer.tags %}{{ t }}{% endfor %}]", "1: made with sample values"),
        ('{\n"a": {{ customer.email }}",\n"b": 1}', "2: a text is not closed: a quotation mark is missing"),
        ('{\n"a": {{ links.unsubscribe }}}', "2: there is nothing called 'links'"),
        ('{"a": {{ picks }}, "b": {{ nps.wrong }}}', "1: 'nps' has no 'wrong'"),
        ('{"a": {{ picks.name }}}', "1: 'picks' has no 'name'"),
        ('{"a": {{ picks[0].nme }}}', "1: a product of 'picks' has no 'nme'"),
        ('{"a": {{ customer.email | shout }}}', "1: there is no filter 'shout'"),
        ('{"a": {{ enrolment.id }}}', "1: 'enrolment' has no 'id'"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_a_body_must_not_be(body: str, said: str) -> None:
    [found, *_] = errors(body)
    assert found.startswith(f"templates/desk/ticket.json:{said}")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('{\n  "a": 1,\n}', 3),
        ('{\n  "a": 1\n  "b": 2\n}', 3),
        ('{\n  "a": {{ customer.email }}\n  "b": 2\n}', 3),
        ('{\n  {% if customer.email %}\n  "a": 1,\n  {% endif %}\n}', 5),
        ('{"all": [\n  {% for t in customer.tags %}\n  {{ t }}\n  {% endfor %}\n]}', 3),
        ('{\n  {# a word\n     of two lines #}\n  "a": 1,\n  "b": NaN\n}', 5),
        ('\n\n{% set a = 1 %}\n{% set b %}\n[\n{% endset %}\n{"a": {{ a }},\n"b" }', 8),
        ('{\n  "a": 1\n', 2),
        ("", 1),
    ],
    ids=range(9),
)
def test_where_a_body_ceases_to_be_json(body: str, line: int) -> None:
    [found] = errors(body)
    assert found.startswith(f"templates/desk/ticket.json:{line}: made with sample values")


def test_a_body_is_told_of_in_the_file_that_the_mistake_stands_in() -> None:
    files: dict[str, str | bytes] = {
        "journeys/shop.yaml": SHOP + HOOKS,
        "journeys/unhappy.yaml": CALLING,
        "templates/desk/ticket.json": '{\n{% include "desk/who.json" %}\n}',
        "templates/desk/who.json": '"a": 1,\n"b": {{ customer.key }},',
    }
    found = [f"{one.file}:{one.line}" for one in check_project(files) if one.rule == "template"]
    assert found == ["templates/desk/ticket.json:3"]
    files["templates/desk/who.json"] = '"a": 1\n\n"b": {{ customer.key }}'
    found = [f"{one.file}:{one.line}" for one in check_project(files) if one.rule == "template"]
    assert found == ["templates/desk/who.json:3"]


def test_a_body_that_is_no_json_file_is_not_there() -> None:
    [found] = errors(GOOD, CALLING.replace("desk/ticket", "welcome/hello"))
    assert found == "journeys/unhappy.yaml:14: there is no template templates/welcome/hello.json"


@pytest.mark.parametrize(
    "name", ["LOOP_SECRET_KEY", "LOOP_HOOK_SECRET", "loop_hook_a_secret", "whsec_abc", "PATH"]
)
def test_a_hook_names_no_other_setting(name: str) -> None:
    shop = f"{SHOP}hooks: {{desk: {{url: 'https://desk.example/in', secret: {name}}}}}\n"
    [found] = errors(GOOD, shop=shop)
    assert found == f"journeys/shop.yaml:6: '{name}' is no name of a hook's secret"
