"""`loop preview`: one message as one customer would get it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, inspect, text

from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Basket, Identity, Kept, Product
from tests.integration.cli.conftest import Loop, write_files
from tests.integration.store.shops import NOW, place

WELCOME = """\
journey: welcome
about: Welcome new customers.
enter: {event: Signed Up}
steps:
  - recommend: picks
    products: 2
  - send: hello
    template: welcome/hello
"""
TEMPLATE = """\
{% extends "layout/email.html" %}
{% block subject %}Hello {{ customer.first_name | default("you") }}{% endblock %}
{% block preheader %}x{% endblock %}
{% block body %}<p>{% for pick in picks %}{{ pick.name }}: {{ pick.reason }}. {% endfor %}</p>{% endblock %}
"""
PRODUCT = {"name": "Jam", "price": 450, "currency": "GBP", "in_stock": True}


@pytest.fixture
def ada(engine: Engine, project: Path) -> str:
    """A customer known as ada, with an enrolment that has not passed its steps."""
    write_files(project, {"journeys/welcome.yaml": WELCOME, "templates/welcome/hello.html": TEMPLATE})
    with write(engine) as connection:
        place(connection, "hello", 1)
        customer = connection.execute(
            text("UPDATE customer SET first_name = 'Ada' RETURNING id")
        ).scalar_one()
        identity = {"kind": "user", "value": "ada", "customer_id": customer}
        connection.execute(insert(Identity.__table__).values(identity))  # type: ignore[attr-defined]
        product = {"product_id": "jam", **PRODUCT}
        connection.execute(insert(Product.__table__).values(product))  # type: ignore[attr-defined]
    return "ada"


def _rows(engine: Engine) -> dict[str, int]:
    with read(engine) as connection:
        return {
            name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())
            for name in inspect(engine).get_table_names()
        }


def test_the_body_of_a_call_is_shown_as_it_would_be_posted(loop: Loop, project: Path, ada: str) -> None:
    body = '{"who": {{ customer.user_id }}, "why": {{ trigger.reason }}, "at": {{ enrolment.entered_at }}}'
    calling = f"{WELCOME}  - call: desk\n    url: https://desk.example/in\n    body: desk/ticket\n"
    write_files(project, {"journeys/welcome.yaml": calling, "templates/desk/ticket.json": body})
    ran = loop("preview", "desk/ticket.json", "--customer", ada)
    assert ran.out == '{"who": "ada", "why": "Sample reason", "at": "2030-12-31T09:00:00Z"}\n'
    assert (project / "var" / "preview" / "desk-ticket.json").read_text() == ran.out.strip()
    assert "made up" in ran.err
    write_files(project, {"templates/desk/ticket.json": '{"phone": {{ customer.phone }}}'})
    ran = loop("preview", "desk/ticket", "--customer", ada)
    assert (ran.code, "ada would not be called for: missing: customer.phone" in ran.err) == (1, True)


def test_a_body_that_is_no_json_is_shown_with_its_line(loop: Loop, project: Path, ada: str) -> None:
    calling = f"{WELCOME}  - call: desk\n    url: https://desk.example/in\n    body: desk/ticket\n"
    body = '{\n  "who": {{ customer.user_id }},\n}'
    write_files(project, {"journeys/welcome.yaml": calling, "templates/desk/ticket.json": body})
    ran = loop("preview", "desk/ticket", "--customer", ada)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("templates/desk/ticket.json:3:1: error: value: the body is no JSON (")
    assert ran.err.endswith(
        'This is the body as it is made:\n\n{\n  "who": "ada",\n}\n\nada would not be called for.\n'
    )


def test_a_message_as_the_customer_would_get_it(loop: Loop, engine: Engine, project: Path, ada: str) -> None:
    before = _rows(engine)
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert ran.code == 0
    assert ran.out.startswith("Subject: Hello Ada\n\nx\n\nJam: A sample reason.\n")
    assert "picks: made up, as the customer has not passed that step" in ran.err
    html = (project / "var" / "preview" / "welcome-hello.html").read_text()
    assert "<title>Hello Ada</title>" in html
    assert _rows(engine) == before
    assert not (project / "var" / "outbox").exists()


def test_what_was_decided_is_shown(loop: Loop, engine: Engine, ada: str) -> None:
    with write(engine) as connection:
        enrolment = connection.execute(text("SELECT id FROM enrolment")).scalar_one()
        kept = {"enrolment_id": enrolment, "step": "picks"}
        value = [{"product_id": "jam", "reason": "Decided"}]
        connection.execute(insert(Kept.__table__).values({**kept, "value": value}))  # type: ignore[attr-defined]
    found = loop("preview", "templates/welcome/hello.html", "--customer", ada, "--json").data
    assert found["subject"] == "Hello Ada"
    assert found["text"].startswith("x\n\nJam: Decided.")
    assert found["made_up"] == []


def test_an_order_is_made_up_and_said(loop: Loop, project: Path, ada: str) -> None:
    body = "<p>{{ order.order_id }}: {{ order.products[0].name }}, {{ order.total }}</p>"
    write_files(project, {"templates/welcome/hello.html": TEMPLATE.replace("<p>", body + "<p>")})
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert "SAMPLE-1: Jam, £12.50" in ran.out
    assert "order: made up, as the customer has none" in ran.err


GIFT = """\
<p>{{ trigger.gift }} of {{ trigger.given_at | date("iso") }}, {{ trigger.worth | money }},
{{ trigger.wrap | default("plain") }}, {{ trigger.box.colour }}, {{ trigger.total }}
{% for one in trigger.products %}{{ one.quantity }} {{ one.name }}{% endfor %}</p>
"""


def test_what_is_entered_by_is_made_up_and_said(loop: Loop, engine: Engine, project: Path, ada: str) -> None:
    write_files(project, {"templates/welcome/hello.html": TEMPLATE.replace("<p>", GIFT + "<p>")})
    with write(engine) as connection:  # as started by hand
        connection.execute(text('UPDATE enrolment SET trigger = \'{"total": 7, "box": {"size": 2}}\''))
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert ran.code == 0, ran.err
    assert "Sample gift of 2030-12-31, £12.50, plain, Sample colour, 7 1 Jam" in ran.out
    made = "gift", "given_at", "worth", "box.colour", "products"
    for name in made:
        assert f"trigger.{name}: made up, as what they entered by has none" in ran.err
    assert ran.err.count("made up") == len(made) + 1  # and the picks


def test_what_a_newcomer_would_enter_by_is_made_up(
    loop: Loop, engine: Engine, project: Path, ada: str
) -> None:
    with write(engine) as connection:
        connection.execute(text("DELETE FROM enrolment"))
    write_files(project, {"templates/welcome/hello.html": TEMPLATE.replace("<p>", "<p>{{ trigger.gift }}")})
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert "Sample gift" in ran.out
    assert "trigger.gift: made up, as the customer never entered this journey" in ran.err


def test_a_value_that_is_missing_is_said(loop: Loop, project: Path, ada: str) -> None:
    broken = TEMPLATE.replace("{% for pick in picks %}", "{{ customer.city }}{% for pick in picks %}")
    write_files(project, {"templates/welcome/hello.html": broken})
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert ran.code == 1
    assert "ada would not get this message: missing: customer.city." in ran.err
    assert "default" in ran.err


def test_a_broken_template_is_shown_with_its_place(loop: Loop, project: Path, ada: str) -> None:
    write_files(project, {"templates/welcome/hello.html": TEMPLATE + "\n{% nonsense %}"})
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert ran.code == 1
    assert "templates/welcome/hello.html:6:1: error:" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("welcome/hello", "--customer", "nobody"), "There is no customer 'nobody'"),
        (("welcome/none", "--customer", "ada"), "There is no template templates/welcome/none.html."),
    ],
)
def test_what_is_not_there(loop: Loop, ada: str, arguments: tuple[str, ...], said: str) -> None:
    ran = loop("preview", *arguments)
    assert ran.code == 1
    assert said in ran.err


def test_a_customer_may_be_named_by_an_address(loop: Loop, engine: Engine, ada: str) -> None:
    with write(engine) as connection:
        connection.execute(text("UPDATE customer SET email = 'ada@example.com'"))
    by_id = loop("preview", "welcome/hello", "--customer", ada)
    by_address = loop("preview", "welcome/hello", "--customer", "Ada@example.com")
    assert (by_address.code, by_address.out) == (0, by_id.out)


def test_a_customer_must_be_named(loop: Loop) -> None:
    assert loop("preview", "welcome/hello").code == 2


def test_a_basket_is_shown_as_it_is_or_made_up_and_said(
    loop: Loop, engine: Engine, project: Path, ada: str
) -> None:
    lines = "{% for line in cart.products %}{{ line.name }} {{ line.quantity }}{% endfor %}"
    body = f"<p>{lines} {{{{ cart.value }}}}</p>"
    write_files(project, {"templates/welcome/hello.html": TEMPLATE.replace("<p>", body + "<p>")})
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert "Jam 1 £4.50" in ran.out
    assert "cart: made up" in ran.err
    with write(engine) as connection:
        row = {
            "cart_id": "",
            "latest": True,
            "checkouts": [],
            "products": [{"product_id": "jam", "quantity": 3}],
        }
        row |= {"quantity": 3, "lines": 1, "currency": "GBP", "began_at": NOW, "updated_at": NOW}
        owner = connection.execute(text("SELECT id FROM customer")).scalar_one()
        connection.execute(insert(Basket.__table__).values(row | {"customer_id": owner}))  # type: ignore[attr-defined]
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert "Jam 3 £13.50" in ran.out
    assert "cart:" not in ran.err


TEXT = "Hello {{ customer.first_name }}, {{ trigger.item }} is back: https://shop.example/tea STOP to end"
PUSH = "Back again\n\nFor you, {{ customer.first_name }}.\nhttps://shop.example/tea"


def test_a_text_and_a_push_are_shown_as_they_would_leave(loop: Loop, project: Path, ada: str) -> None:
    write_files(project, {"templates/welcome/hello.sms.txt": TEXT, "templates/welcome/hello.push.txt": PUSH})
    sms = loop("preview", "welcome/hello.sms.txt", "--customer", ada)
    assert sms.out.startswith("Hello Ada, Sample item is back: http")
    assert "the text has 1 part" in sms.err
    assert (project / "var/preview/welcome-hello.sms.txt").read_text().startswith("Hello Ada")
    push = loop("preview", "templates/welcome/hello.push.txt", "--customer", ada)
    assert push.out.startswith("Title: Back again\n\nFor you, Ada.\n\nhttp")
    html = loop("preview", "welcome/hello", "--customer", ada)
    assert html.out.startswith("Subject: Hello Ada")


def test_a_voucher_is_made_up_and_none_is_taken(loop: Loop, project: Path, engine: Engine, ada: str) -> None:
    giving = WELCOME.replace("  - send", "  - {give: treat, voucher: spring, if_empty: skip}\n  - send")
    shop = (project / "journeys" / "shop.yaml").read_text() + "vouchers: {spring: {value: 5, codes: a.csv}}\n"
    shows = TEMPLATE.replace(
        "<p>{%", "<p>{{ treat.code }}: {{ treat.value }}, until {{ treat.expires | date }}.{%"
    )
    files = {"journeys/welcome.yaml": giving, "journeys/shop.yaml": shop}
    write_files(
        project, files | {"templates/welcome/hello.html": shows, "codes.csv": "pool,code\nspring,BEE-1\n"}
    )
    assert "1 code read, 1 taken" in loop("import", str(project / "codes.csv")).out
    before = _rows(engine)
    ran = loop("preview", "welcome/hello", "--customer", ada)
    assert "SAMPLE-CODE: £5.00, until 31 December 2030." in ran.out
    assert "treat: made up, as a preview shows nobody's code" in ran.err
    assert _rows(engine) == before
    told = loop("vouchers").out
    assert told == (
        "spring (5 GBP): 1 left.\n  vouchers spring: 1 code is left; take in more with `loop import`.\n"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("welcome/helo", "There is no template templates/welcome/helo.html. Did you mean 'welcome/hello'?"),
        (
            "welcome/hello.sms",
            "There is no template templates/welcome/hello.sms.txt. Did you mean 'welcome/hello'?",
        ),
        (
            "zzz.json",
            "There is no template templates/zzz.json. The templates are: welcome/hello, welcome/picks.",
        ),
    ],
)
def test_a_template_that_is_not_there(loop: Loop, ada: str, wrong: str, said: str) -> None:
    ran = loop("preview", wrong, "--customer", ada)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
