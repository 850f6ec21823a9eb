"""A template, compiled once: the subject, the HTML with CSS in its tags, and the text part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template, nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateError

from loyaltyloop.channels import filters, links, plain_text, styles
from loyaltyloop.channels.addresses import lead_through
from loyaltyloop.channels.faults import LINES, fault
from loyaltyloop.channels.flatten import Body, Flattener, clone
from loyaltyloop.channels.fold import fold
from loyaltyloop.channels.markup import Document, Edit, data, joined, printed
from loyaltyloop.channels.sandbox import Sandbox, take

RIGHT_TO_LEFT = frozenset(["ar", "fa", "he", "ur", "yi"])
_BLANK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class Compiled:
    """The parts of a message, to be run with the names of one customer.

    `paths`: the names as the author wrote them (`customer.first_name`), to say what was missing.
    """

    name: str
    language: str
    subject: Template
    html: Template
    text: Template
    text_is_written: bool
    paths: frozenset[str]


@dataclass(frozen=True)
class Workshop:
    """What templates are compiled with: sources by name, the shop's values, and where they run."""

    templates: Mapping[str, str]
    known: Mapping[str, Any]
    escaped: Sandbox
    plain: Sandbox

    @classmethod
    def of(cls, templates: Mapping[str, str], known: Mapping[str, Any]) -> Workshop:
        """`known`: the values that are the same in every message: `shop`."""
        words: dict[str, Callable[..., Any]] = {
            **filters.filters(),
            "_take": take,
            "_link": links.link,
            "_picture": links.picture,
        }
        return cls(
            templates, known, Sandbox(escaped=True, filters=words), Sandbox(escaped=False, filters=words)
        )

    def compile(self, name: str, language: str) -> Compiled:
        """The template of that name for readers of that language. FilesError says what is wrong."""
        flattener = Flattener(self.templates, self.escaped, language)
        document, subject = flattener.flatten(name)
        known = {**self.known, "language": language, "direction": _direction(language)}
        paths = frozenset(_paths([*document, *subject]))
        document = fold(document, known, self.escaped, flattener.sources)
        subject = fold(subject, known, self.escaped, flattener.sources)
        text, written = self._text(name, language, document, known)
        styles.inline(document, flattener.sources)
        lead_through(document, flattener.sources)
        _add_pixel(document)
        _tighten(document)
        return Compiled(
            name,
            language,
            self._template(plain_text.derive(subject), self.plain, name),
            self._template(document, self.escaped, name),
            self._template(text, self.plain, name),
            written,
            paths,
        )

    def _text(self, name: str, language: str, document: Body, known: Mapping[str, Any]) -> tuple[Body, bool]:
        stem = name.removesuffix(".html")
        for own in (f"{stem}.{language}.txt", f"{stem}.txt"):
            if own in self.templates:
                flattener = Flattener(self.templates, self.plain, language)
                return fold(flattener.written(own), known, self.plain, flattener.sources), True
        return plain_text.derive(document), False

    def _template(self, body: Body, environment: Environment, name: str) -> Template:
        whole = nodes.Template([clone(node) for node in body], lineno=1)
        whole.set_environment(environment)
        try:
            code = environment.compile(whole, name, name)
        except (TemplateError, RecursionError) as error:
            line = (getattr(error, "lineno", 1) or 1) % LINES
            raise fault(name, self.templates.get(name, ""), line, str(error), "Make it simpler.") from None
        return Template.from_code(environment, code, {})


def _direction(language: str) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _paths(body: Iterable[nodes.Node]) -> Iterator[str]:
    """Every name, and each longer one's beginnings: of `a.b.c` also `a.b`, but not `a`."""
    for node in body:
        if path := _path(node):
            parts = path.split(".")
            yield from (".".join(parts[:count]) for count in range(min(2, len(parts)), len(parts) + 1))
        else:
            yield from _paths(node.iter_child_nodes())


def _path(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            before = _path(node.node)
            return f"{before}.{node.attr}" if before else ""
    return ""


def _add_pixel(body: Body) -> None:
    """The picture that tells of an opening: at the end, only where `_open` is given."""
    document = Document.of(body)
    end = document.text.lower().rfind("</body")
    if end >= 0:
        document.apply([Edit(end, end, (nodes.Name("_pixel", "load"),))])


def _tighten(body: Body) -> None:
    """Indentation and empty lines are the author's; they are not sent."""
    for output in printed(body):
        output.nodes = joined(output.nodes)
        for index, node in enumerate(output.nodes):
            if isinstance(node, nodes.TemplateData):
                output.nodes[index] = data(_BLANK.sub("\n", node.data), node.lineno)
