"""A template, compiled once: the subject, the HTML with CSS in its tags, and the text part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template, nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateError

from loyaltyloop.channels.templates import plain_text, styles
from loyaltyloop.channels.templates.addresses import lead_through
from loyaltyloop.channels.templates.faults import LINES, fault
from loyaltyloop.channels.templates.flatten import Body, clone
from loyaltyloop.channels.templates.markup import Document, Edit, data, joined, printed
from loyaltyloop.channels.templates.together import Together

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
class CompiledText:
    """A message that is text alone, to be run with the names of one customer; `paths` as above."""

    name: str
    text: Template
    paths: frozenset[str]


class Workshop:
    """Compiles templates: sources by name, and what is known of the shop."""

    def __init__(self, templates: Mapping[str, str], known: Mapping[str, Any]) -> None:
        self.templates = templates
        self._together = Together(templates, known)

    def compile(self, name: str, language: str) -> Compiled:
        """The template of that name for readers of that language. FilesError says what is wrong."""
        flat = self._together.flat(name, language)
        document, plain = flat.document, self._together.plain
        text = plain_text.derive(document) if flat.text is None else flat.text
        styles.inline(document, flat.sources)
        lead_through(document, flat.sources)
        _add_unseen(document)
        _tighten(document)
        return Compiled(
            name,
            language,
            self._template(plain_text.derive(flat.subject), plain, name),
            self._template(document, self._together.escaped, name),
            self._template(text, plain, name),
            flat.text is not None,
            flat.paths,
        )

    def text(self, name: str, language: str) -> CompiledText:
        """A template that is text alone, such as `welcome/hello.sms.txt`. FilesError says what is wrong."""
        body, paths = self._together.text(name, language)
        return CompiledText(name, self._template(body, self._together.plain, name), paths)

    def _template(self, body: Body, environment: Environment, name: str) -> Template:
        whole = nodes.Template([clone(node) for node in body], lineno=1)
        whole.set_environment(environment)
        try:
            code = environment.compile(whole, name, name)
        except (TemplateError, RecursionError) as error:
            line = (getattr(error, "lineno", 1) or 1) % LINES
            raise fault(name, self.templates.get(name, ""), line, str(error), "Make it simpler.") from None
        return Template.from_code(environment, code, {})


def _add_unseen(body: Body) -> None:
    """What is at the end of a message and nobody sees: after the text part was derived."""
    document = Document.of(body)
    end = document.text.lower().rfind("</body")
    if end >= 0:
        document.apply([Edit(end, end, (nodes.Name("_unseen", "load"),))])


def _tighten(body: Body) -> None:
    """Indentation and empty lines are the author's; they are not sent."""
    for output in printed(body):
        output.nodes = joined(output.nodes)
        for index, node in enumerate(output.nodes):
            if isinstance(node, nodes.TemplateData):
                output.nodes[index] = data(_BLANK.sub("\n", node.data), node.lineno)
