"""Addresses in the tags of a template: each link goes through us, each expression stands in quotes."""

from __future__ import annotations

from html import unescape

from jinja2 import nodes

from loyaltyloop.channels.templates.faults import Sources
from loyaltyloop.channels.templates.flatten import Body
from loyaltyloop.channels.templates.markup import MARK, Attribute, Document, Edit, Tag
from loyaltyloop.channels.values.links import allowed

# fmt: off
_FORBIDDEN = frozenset((
    "applet", "base", "button", "embed", "form", "frame", "iframe", "input", "math", "object", "script",
    "select", "svg", "textarea",
))
# fmt: on


def link(parts: tuple[nodes.Expr, ...]) -> nodes.Expr:
    """The expression that prints a link's address as it leaves: `parts` are what stands in `href`."""
    return _through("_link", parts)


def _through(name: str, parts: tuple[nodes.Expr, ...]) -> nodes.Expr:
    values = [
        nodes.Const(unescape(part.data)) if isinstance(part, nodes.TemplateData) else part for part in parts
    ]
    whole = values[0] if len(values) == 1 else nodes.Filter(nodes.List(values), "_whole", [], [], None, None)
    return nodes.Filter(whole, name, [], [], None, None)


def lead_through(body: Body, sources: Sources) -> None:
    """Rewrite every `href` and `src`. FilesError for what must not stand in a message's tags."""
    document = Document.of(body)
    edits: list[Edit] = []
    tags = list(document.tags())
    if (stray := document.stray(tags)) is not None:
        raise sources.fault(document.line(stray), "a tag is not closed, or lacks a quote", STRAY)
    for tag in tags:
        _check_tag(tag, document, sources)
        for attribute in tag.attributes.values():
            edits += _edit(tag, attribute, document, sources)
    document.apply(edits)


def _edit(tag: Tag, attribute: Attribute, document: Document, sources: Sources) -> list[Edit]:
    if attribute.name == "data-text":
        start = attribute.start - len(' data-text="')
        return [Edit(start, attribute.end + 1, ())]
    address = attribute.name == "href" and tag.name in ("a", "area")
    if not (address or attribute.name in ("src", "background")) or not attribute.value:
        return []
    parts = document.between(attribute.start, attribute.end)
    if parts is None:
        raise sources.fault(document.line(tag.start), "an address is cut by {% %}", CUT)
    if len(parts) == 1 and isinstance(parts[0], nodes.TemplateData):
        _check_address(unescape(attribute.value), address, document.line(tag.start), sources)
        if not address:
            return []
    if attribute.value.startswith("#"):
        return []
    return [Edit(attribute.start, attribute.end, (_through("_link" if address else "_picture", parts),))]


def _check_address(value: str, address: bool, line: int, sources: Sources) -> None:
    if not (value.startswith("#") or allowed(value)) or (not address and value.startswith("mailto:")):
        raise sources.fault(line, f"{value!r} is no address that a message may hold", ADDRESS)


def _check_tag(tag: Tag, document: Document, sources: Sources) -> None:
    if not tag.name:
        if MARK in tag.text:
            raise sources.fault(document.line(tag.start), "a comment holds a value", COMMENT)
        return
    line = document.line(tag.start)
    if tag.name in _FORBIDDEN:
        raise sources.fault(line, f"<{tag.name}> does not work in messages", "Use text, pictures and links.")
    if tag.name == "meta" and MARK in tag.text:
        raise sources.fault(line, "<meta> holds a value of one customer", "Say it in the text.")
    named = tag.text.count(MARK) - sum(
        one.value.count(MARK) for one in tag.attributes.values() if not one.bare
    )
    if named:
        raise sources.fault(line, f"a value stands without quotes in <{tag.name}>", QUOTES)
    for attribute in tag.attributes.values():
        if attribute.name.startswith("on"):
            raise sources.fault(line, f"{attribute.name} does not work in messages", "Use a link.")


CUT = 'Write it as one expression: href="{{ a if condition else b }}".'
ADDRESS = "Write a whole address that begins with https:// (or http://, mailto:)."
STRAY = "Look for a missing > or quote; write &lt; for the sign <."
COMMENT = "Write notes as {# note #}: they are not sent."
QUOTES = 'Write values in quotes: title="{{ value }}".'
