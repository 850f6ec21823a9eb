"""Templates that loop, grow, reach or call: each is refused with a word, soon and in little memory."""

from __future__ import annotations

import tracemalloc
from time import process_time

import pytest

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.errors import FilesError
from tests.unit.channels.kitchen import ADA, KEY, inside, page, refused, renderer

REACHING = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ customer.__init__.__globals__ }}",
    "{{ customer['__class__'] }}",
    "{{ (customer | items).__class__ }}",
    "{{ [customer] | map(attribute='__class__') | list }}",
    "{{ [''] | map(attribute='upper') | list }}",
    "{{ ['a'] | sort(attribute='__class__') }}",
    "{{ 'x'.upper() }}",
    "{{ 'x'.format(customer) }}",
    "{{ '{0.__class__}'.format(customer) }}",
    "{{ '%s' % customer }}",
    "{{ '%0999999999d' % 5 }}",
    "{{ customer.items() }}",
    "{{ customer.pop('first_name') }}",
    "{{ picks.append(1) }}",
    "{{ self }}",
    "{{ self.body() }}",
    "{{ _links }}",
    "{{ _reader.locale }}",
    "{{ customer | _link }}",
    "{{ range.__class__ }}",
    "{{ range }}",
    "{{ lipsum() }}",
    "{{ cycler('a', 'b') }}",
    "{{ joiner() }}",
    "{{ dict(a=1) }}",
    "{% set ns = namespace(x=1) %}{% set ns.x = 2 %}{{ ns.x }}",
    "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "{{ customer.birthday.replace(year=1) }}",
    "{{ '<b>' | safe }}",
    "{{ customer | pprint }}",
    "{{ [1, 2] | random }}",
    "{{ customer | attr('pop') }}",
    "{{ [1] | map('attr', '__class__') | list }}",
    "{% include customer.first_name %}",
    "{% include 'passwd' %}",
    "{% import 'bare.html' as bare %}{{ bare.x }}",
    "{% do 1 %}",
    "{% raw %}x",
    "{% call x() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% autoescape false %}{{ '<b>' }}{% endautoescape %}",
    "{% macro m() %}x{% endmacro %}{% set f = m %}{{ f() }}",
    "<script>alert(1)</script>",
    '<p onclick="x()">x</p>',
    "<p class={{ customer.first_name }}>x</p>",
    "<p {{ customer.first_name }}>x</p>",
    "<!-- {{ customer.first_name }} -->",
    '<iframe src="https://shop.example"></iframe>',
    '<svg><a xlink:href="{{ customer.first_name }}">x</a></svg>',
    '<meta http-equiv="refresh" content="0;url={{ customer.first_name }}">',
    '<a href="{{ customer.first_name }}>x</a>',
    "<p>1 <b</p>",
]
GROWING = [
    "{% for i in range(10000000000) %}x{% endfor %}",
    "{% for i in range(1999) %}{% for j in range(1999) %}x{% endfor %}{% endfor %}",
    "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for i in range(1500) %}{{ range(1500) | list | sum }}{% endfor %}",
    "{{ 'x' * 10000000000 }}",
    "{{ [0] * 10000000000 }}",
    "{{ 2 ** 10000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
    "{% set a = [1, 2] %}" + "{% set a = a + a %}" * 40 + "{{ a | length }}",
    "{% set a = 12345678901234567890 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "".join(f"{{% set a{n + 1} %}}{{{{ a{n} }}}}{{{{ a{n} }}}}{{% endset %}}" for n in range(60))
    + "{{ a60 }}",
    "{% set a = 'x' %}"
    + "".join("{% set a = a | replace('x', 'xxxxxxxxxxxxxxxx') %}" for _ in range(12))
    + "{{ a }}",
    "{% set a = ['xxxxxxxxxx'] %}" + "{% set a = [a | join, a | join] %}" * 40 + "{{ a }}",
    "{{ 'x' | center(10000000000) }}",
    "{{ 'x' | indent(10000000000) }}",
    "{{ 'x' | wordwrap(1) }}",
    "{{ '%s' | format('x') }}",
    "{{ [1] | batch(10000000000, 'x') | list }}",
    "{{ [1] | batch(10000000000) }}",
    "{{ [1] | slice(10000000000) }}",
    "{{ 5.5 | round(10000000000, 'ceil') }}",
    "{{ [[1]] | sum(start=[]) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% macro m0() %}x{% endmacro %}"
    + "".join(f"{{% macro m{n + 1}() %}}{{{{ m{n}() }}}}{{{{ m{n}() }}}}{{% endmacro %}}" for n in range(30))
    + "{{ m30() }}",
    "{% include 't/message.html' %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{% if 1 %}" * 3000 + "x" + "{% endif %}" * 3000,
    "{% for i in range(1000) %}{{ big }}{% endfor %}",
    "{{ big ~ big ~ big ~ big ~ big }}",
]


def _try(body: str) -> str:
    """What the mistake is called, as `loop check` or the record of the message says it."""
    names = {"customer": {**ADA, "birthday": None}, "picks": [1], "big": "x" * 100_000}
    files = renderer({"t/message.html": page(body)})
    with pytest.raises((CannotRender, FilesError)) as caught:
        files.compile("t/message")
        files.render("t/message", KEY, names)
    return str(caught.value)


@pytest.mark.parametrize("body", REACHING)
def test_what_is_out_of_reach(body: str) -> None:
    said = _try(body)
    assert said
    assert "Error" not in said
    assert "object at" not in said


@pytest.mark.parametrize("body", GROWING, ids=range(len(GROWING)))
def test_what_grows(body: str) -> None:
    tracemalloc.start()
    started = process_time()
    try:
        said = _try(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert said
    assert "Error" not in said
    assert peak < 60_000_000
    assert process_time() - started < 10


def test_each_bound_is_named() -> None:
    assert refused("{% for i in numbers %}x{% endfor %}", {"numbers": list(range(2001))}) == (
        "bound: the template loops more than 2000 times"
    )
    assert refused("{{ big }}", {"big": "x" * 400_001}) == "bound: a text is longer than 400000 characters"
    assert refused("{{ n * n }}", {"n": 10**30}) == "bound: a number is too large"


def test_what_is_allowed_still_works() -> None:
    body = (
        "{% for p in picks | sort(attribute='n') %}{{ loop.index }}/{{ loop.length }}:{{ p.n }}"
        "{% if not loop.last %}, {% endif %}{% endfor %} "
        "{{ (3 * 4 + 1) / 2 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 'a' + 'b' }} {{ picks | sum('n') }} "
        "{{ picks | map(attribute='n') | join('-') }} {{ 'tea and cake' | title | truncate(8, leeway=0) }} "
        "{% for row in [1, 2, 3] | batch(2) %}{{ row | length }}{% endfor %} {{ range(3) | list | last }} "
        "{{ 2.345 | round(2) }} {{ 'x' if 'a' in 'cat' else 'y' }} {{ 'Tea' | replace('T', 'S') | upper }}"
    )
    names = {"picks": [{"n": 2}, {"n": 1}]}
    expected = "1/2:1, 2/2:2 6.5 3 3 ab 3 2-1 Tea... 21 2 2.35 x SEA"
    assert inside(body, names) == expected


def test_the_names_given_are_left_as_they_were() -> None:
    names = {"customer": dict(ADA), "picks": [{"n": 2}, {"n": 1}]}
    inside("{% set customer = 1 %}{% for p in picks | sort(attribute='n') | reverse %}x{% endfor %}", names)
    assert names == {"customer": ADA, "picks": [{"n": 2}, {"n": 1}]}
