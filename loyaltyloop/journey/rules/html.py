"""What marketing must carry, and HTML that everybody can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loyaltyloop.journey.reading.tree import Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule
from loyaltyloop.journey.rules.template_files import Sent, at_line, sent_templates
from loyaltyloop.journey.written import ENDINGS

_STOP = re.compile(r"\bSTOP\b")  # the word that providers act on themselves
_JINJA = re.compile(r"{[{%#].*?[}%#]}", re.DOTALL)
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=", re.IGNORECASE)
_HTTP = re.compile(r"""\b(?:href|src)\s*=\s*["']?(http:)""", re.IGNORECASE)


def _marketing(context: Context, ending: str = ".html") -> Iterator[Sent]:
    for sent in sent_templates(context):
        broken = sent.reached.missing or context.parsed.tree(sent.name) is None
        if sent.purpose == "marketing" and sent.name.endswith(ending) and not broken:
            yield sent


def _no_unsubscribe(context: Context) -> Iterator[Found]:
    for sent in _marketing(context):
        if not any(use.path[:2] == ("links", "unsubscribe") for use in sent.reached.uses):
            message = "a marketing message has no unsubscribe link"
            remedy = 'Extend "layout/email.html", or write <a href="{{ links.unsubscribe }}">Unsubscribe</a>.'
            yield at_line(context, sent.name, 1, message, remedy)
    for sent in _marketing(context, ENDINGS["sms"]):
        linked = any(use.path[:2] == ("links", "unsubscribe") for use in sent.reached.uses)
        if not linked and not any(_STOP.search(context.templates[file]) for file in sent.reached.files):
            message = "a marketing text does not say how to stop"
            remedy = "Write 'STOP to end', or {{ links.unsubscribe }}."
            yield at_line(context, sent.name, 1, message, remedy)


def _no_address(context: Context) -> Iterator[Found]:
    for sent in _marketing(context):
        if not any(use.path[:3] == ("shop", "sender", "postal_address") for use in sent.reached.uses):
            message = "a marketing message has no postal address"
            remedy = 'Extend "layout/email.html", or write {{ shop.sender.postal_address }}.'
            yield at_line(context, sent.name, 1, message, remedy)


def _html(context: Context) -> Iterator[tuple[str, str]]:
    """HTML templates, what stands in Jinja's brackets blanked."""
    for name, text in context.templates.items():
        if name.endswith(".html"):
            yield name, _JINJA.sub(lambda found: re.sub(r"[^\n]", "x", found[0]), text)


def _http_link(context: Context) -> Iterator[Found]:
    for name, text in _html(context):
        for one in _HTTP.finditer(text):
            yield _at(context, name, one.start(1), "a link without encryption (http:)", "Write https:.")


def _no_alt(context: Context) -> Iterator[Found]:
    for name, text in _html(context):
        for one in _IMAGE.finditer(text):
            if not _ALT.search(one[0]):
                message = "a picture without a text for those who do not see it"
                remedy = 'Write alt="what it shows"; alt="" where it only decorates.'
                yield _at(context, name, one.start(), message, remedy)


def _at(context: Context, name: str, position: int, message: str, remedy: str) -> Found:
    before = context.templates[name][:position]
    mark = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    return Found(Source(f"templates/{name}", context.templates[name].splitlines()), mark, message, remedy)


RULES = (
    Rule("no-unsubscribe", "error", "A marketing message without a way to unsubscribe.", _no_unsubscribe),
    Rule("no-postal-address", "error", "A marketing message without a postal address.", _no_address),
    Rule("http-link", "warning", "A link with `http:`.", _http_link),
    Rule("no-alt", "warning", "A picture without `alt`.", _no_alt),
)
