"""Links: where they lead, which are allowed, and that each message's are its own."""

from __future__ import annotations

import re

import pytest

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.values import tokens
from loyaltyloop.channels.values.links import MOST, TRAP, allowed, destination
from loyaltyloop.errors import FilesError
from tests.unit.channels.kitchen import ADA, KEY, PUBLIC, SECRET, page, refused, render, renderer

ABOUT = {"journey": "welcome", "step": "hello", "purpose": "marketing"}


def _tokens(html: str) -> list[tokens.Token]:
    """Of the links that people see."""
    found = [tokens.read(SECRET, one) for one in re.findall(rf'"{PUBLIC}/c/([\w-]+)"', html)]
    return [token for token in found if token.number != TRAP]


def test_each_address_is_led_through_us_in_order() -> None:
    body = '<a href="https://a.example/1">one</a> <a href="https://a.example/2">two</a>'
    made = render(body)
    assert made.links == ["https://a.example/1", "https://a.example/2"]
    assert _tokens(made.html) == [tokens.Token("c", KEY, 0), tokens.Token("c", KEY, 1)]
    assert "a.example" not in made.html


def test_the_same_address_has_one_number_in_html_and_text() -> None:
    made = render(
        '<a href="{{ u }}">one</a> <a href="{{ u }}">again</a>', {"u": "https://a.example/?x=1&y=2"}
    )
    assert made.links == ["https://a.example/?x=1&y=2"]
    assert {token.number for token in _tokens(made.html)} == {0}
    assert made.text.count(f"{PUBLIC}/c/") == 2


def test_entities_in_a_written_address_are_read_as_html_does() -> None:
    assert render('<a href="https://a.example/?x=1&amp;y=2">one</a>').links == ["https://a.example/?x=1&y=2"]


def test_an_address_of_several_parts_is_one_address() -> None:
    body = '<a href="https://a.example/{{ customer.first_name | urlencode }}/{{ n }}">one</a>'
    assert render(body, {"n": 4}).links == ["https://a.example/Ada/4"]


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        ("https://shop.example/x", "https://shop.example/x?{utm}"),
        ("https://www.shop.example/x?a=b#top", "https://www.shop.example/x?a=b&{utm}#top"),
        ("https://shop.example", "https://shop.example/?{utm}"),
        ("https://other.example/x", "https://other.example/x"),
        ("https://notshop.example/x", "https://notshop.example/x"),
    ],
)
def test_pages_of_the_shop_say_whence_people_come(url: str, leads_to: str) -> None:
    utm = "utm_source=loyaltyloop&utm_medium=email&utm_campaign=welcome&utm_content=hello"
    made = render(f'<a href="{url}">see</a>', {"message": ABOUT})
    assert made.links == [leads_to.format(utm=utm)]


def test_what_an_address_says_already_stays() -> None:
    found = destination("https://shop.example/?utm_source=sale&utm_medium=", "shop.example", "a&b", "c")
    assert found == "https://shop.example/?utm_source=sale&utm_medium=&utm_campaign=a%26b&utm_content=c"


def test_our_own_links_are_not_led_through_us_again() -> None:
    made = render('<a href="{{ links.unsubscribe }}">off</a> <a href="{{ links.view }}">view</a>')
    kinds = re.findall(rf'"{PUBLIC}/([a-z])/([\w-]+)"', made.html)
    assert [tokens.read(SECRET, token).kind for _, token in kinds] == ["u", "v", "c"]
    assert _tokens(made.html) == []
    assert made.links == []


@pytest.mark.parametrize("body", ["hello", '<a href="{{ links.unsubscribe }}">off</a>'])
def test_where_the_reader_unsubscribes_is_told_with_the_message(body: str) -> None:
    own = f"{PUBLIC}/u/{tokens.make(SECRET, 'u', KEY)}"
    assert render(body).unsubscribe == own
    assert render(body, {"message": {**ABOUT, "purpose": "service"}}).unsubscribe == own
    assert render(body, {"message": {**ABOUT, "purpose": "transactional"}}).unsubscribe == ""


def test_mail_addresses_and_anchors_stay() -> None:
    made = render('<a href="mailto:help@shop.example">write</a> <a href="#top">up</a>')
    assert 'href="mailto:help@shop.example"' in made.html
    assert 'href="#top"' in made.html
    assert made.links == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<b>x</b>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/x",
        "/relative",
        "https://",
        "https://user@evil.example/",
        "https:\\\\evil.example",
        "https://shop.example/a b",
        "https://shop.example:99999/",
        "https://[::1/",
        "mailto:a@shop.example?subject=x%0d%0aBcc: b@shop.example",
        "https://shop.example/" + "x" * 5000,
    ],
)
def test_addresses_that_no_message_may_hold(url: str) -> None:
    assert not allowed(url)
    assert refused('<a href="{{ u }}">see</a>', {"u": url}).startswith("link: ")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/relative", "http://"])
def test_written_addresses_are_refused_when_the_template_is_compiled(url: str) -> None:
    made = renderer({"t/message.html": page(f'\n<a href="{url}">see</a>')})
    with pytest.raises(FilesError, match=r"templates/t/message.html:2:1: .*no address"):
        made.compile("t/message")


@pytest.mark.parametrize("url", ["javascript:x", "mailto:a@b.example", "ftp://shop.example/a.png", "x.png"])
def test_pictures_come_from_the_web(url: str) -> None:
    assert refused('<img src="{{ u }}" alt="">', {"u": url}).startswith("link: ")


def test_an_opening_is_told_of_but_not_by_transactional_messages() -> None:
    files = renderer({"t/message.html": page("<p>Hello</p>")})
    told = files.render("t/message", KEY, {"customer": ADA, "message": ABOUT})
    (token,) = re.findall(rf'<img src="{PUBLIC}/o/([\w-]+)\.gif"', told.html)
    assert tokens.read(SECRET, token) == tokens.Token("o", KEY)
    silent = files.render(
        "t/message", KEY, {"customer": ADA, "message": ABOUT | {"purpose": "transactional"}}
    )
    assert "/o/" not in silent.html


def test_too_many_links_are_refused() -> None:
    body = '{% for n in numbers %}<a href="https://a.example/{{ n }}">x</a>{% endfor %}'
    assert refused(body, {"numbers": list(range(1500))}) == "bound: a message holds more than 1000 links"


def test_no_message_holds_so_many_links_as_the_hidden_one_counts() -> None:
    assert MOST < TRAP == 2**16 - 1


def test_links_of_two_messages_differ() -> None:
    files = renderer({"t/message.html": page('<a href="https://a.example">x</a>')})
    other = KEY.replace("1", "2")
    one, two = (files.render("t/message", key, {"customer": ADA}).html for key in (KEY, other))
    assert one != two
    assert _tokens(two)[0].key == other


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises((CannotRender, ValueError)):
        renderer({"t/message.html": page("x")}).render("t/message", "no key", {})


@pytest.mark.parametrize(
    "start", ["https://shop.example", "https://www.shop.example", "https://elsewhere.example"]
)
@pytest.mark.parametrize("path", ["", "/", "/a/b-c.html", "//x/../y"])
def test_a_plain_address_is_led_like_any_other(start: str, path: str) -> None:
    """Common addresses take a shorter way, by their form; a fragment, cut off again, takes the long one."""
    short = destination(start + path, "shop.example", "wel come", "a&b")
    long = destination(start + path + "#x", "shop.example", "wel come", "a&b")
    assert short == long.removesuffix("#x")
