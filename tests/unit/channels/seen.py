"""A message in the project's layout, and its page as a program without style sheets sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from loyaltyloop.channels.rendering.render import Rendered
from loyaltyloop.channels.values.formats import money_of
from tests.unit.channels.kitchen import KEY, SHOP, renderer

TEMPLATE = """\
{% extends "layout/email.html" %}
{% from "layout/blocks.html" import button, card, divider, order_lines, products, quiet %}
{% block subject %}Hello {{ customer.first_name }}{% endblock %}
{% block preheader %}Four picks{% endblock %}
{% block body %}
<h1>Hello {{ customer.first_name }},</h1>
<p>Thank you. Here is <a href="https://shop.example/guide">our guide</a>.</p>
{{ button("Look around", shop.url) }}
<h2>For you</h2>
{{ products(picks) }}
{{ order_lines(order.products, order.total) }}
{{ divider() }}
{{ card("Free delivery", "Over £30.") }}
{{ quiet("Prices as of today.") }}
<ul><li>One</li></ul>
{% endblock %}
"""
NAMES: dict[str, object] = {
    "customer": {"first_name": "Ada", "locale": "en-GB"},
    "message": {"journey": "welcome", "step": "hello", "purpose": "marketing"},
    "picks": [
        {
            "name": "Tea & cake",
            "price": money_of(450, "GBP"),
            "url": "https://shop.example/tea",
            "image_url": "https://shop.example/tea.png",
            "reason": "Often bought together",
        },
        {"name": "Jam", "url": "https://shop.example/jam"},
    ],
    "order": {"products": [{"name": "Jam", "quantity": 2, "price": 4.5}], "total": money_of(900, "GBP")},
}


@dataclass
class Element:
    """An element as a browser without style sheets sees it: its own and its parents' declarations."""

    tag: str
    attributes: dict[str, str]
    style: dict[str, str]
    parent: Element | None = None
    text: str = ""

    @property
    def chain(self) -> list[Element]:
        return [self, *(self.parent.chain if self.parent else [])]

    def inherited(self, name: str) -> str | None:
        return next((one.style[name] for one in self.chain if name in one.style), None)

    def pixels(self, name: str) -> float:
        return float((self.inherited(name) or "0").removesuffix("px"))

    @property
    def hidden(self) -> bool:
        return any(one.style.get("display") == "none" or one.tag == "head" for one in self.chain)


@dataclass
class Page(HTMLParser):
    """The elements of a message, in order."""

    elements: list[Element] = field(default_factory=list)
    open_: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        style = dict(re.findall(r"([\w-]+):([^;]+)", attributes.get("style", "")))
        element = Element(tag, attributes, style, self.open_[-1] if self.open_ else None)
        self.elements.append(element)
        if tag not in ("meta", "img", "br", "hr"):
            self.open_.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, text: str) -> None:
        if self.open_:
            self.open_[-1].text += text

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def page_of(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert not page.open_
    return page


def rendered(shop: object = SHOP, purpose: str = "marketing", **names: object) -> Rendered:
    made = renderer({"t/message.html": TEMPLATE}, shop)  # type: ignore[arg-type]
    about = {"journey": "welcome", "step": "hello", "purpose": purpose}
    return made.render("t/message", KEY, {**NAMES, "message": about, **names})
