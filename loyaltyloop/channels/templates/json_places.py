"""Where in JSON a template prints: outside of texts or inside one. Told from the template's own words."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import nodes
from jinja2.environment import Environment

from loyaltyloop.channels.templates.faults import Sources
from loyaltyloop.channels.templates.flatten import Body


def placed(body: Body, environment: Environment, sources: Sources) -> Body:
    """The body with `_value` or `_within` around whatever is printed. FilesError where neither would do."""
    if _Places(environment, sources).walk(body, inside=False):
        line = body[-1].lineno if body else 1
        raise sources.fault(line, "a text is not closed: a quotation mark is missing", QUOTES)
    return body


class _Places:
    def __init__(self, environment: Environment, sources: Sources) -> None:
        self._environment = environment
        self._sources = sources
        self._broken = False  # does what stands before end in the middle of an escape?

    def walk(self, body: Sequence[nodes.Node], inside: bool) -> bool:
        """Wrap what is printed here; whether a text is open behind it."""
        for node in body:
            inside = self._node(node, inside)
        return inside

    def _node(self, node: nodes.Node, inside: bool) -> bool:
        match node:
            case nodes.Output():
                return self._output(node, inside)
            case nodes.If():
                branches = [node.body, *(one.body for one in node.elif_), node.else_]
                return self._alike(node, [self.walk(branch, inside) for branch in branches])
            case nodes.For():
                ways = [self.walk(node.body, inside), self.walk(node.else_, inside)]
                return self._alike(node, [inside, *ways])
            case nodes.With():
                return self.walk(node.body, inside)
            case _:
                return inside  # `set` prints nothing here

    def _alike(self, node: nodes.Node, ends: list[bool]) -> bool:
        if len(set(ends)) > 1:
            message = "a text begins or ends on one way through this block, and not on the others"
            raise self._sources.fault(node.lineno, message, QUOTES)
        return ends[0]

    def _output(self, output: nodes.Output, inside: bool) -> bool:
        for index, node in enumerate(output.nodes):
            if isinstance(node, nodes.TemplateData):
                inside, self._broken = scanned(node.data, inside)
                continue
            if self._broken:
                raise self._sources.fault(node.lineno, "a backslash stands before what is printed", QUOTES)
            wrapped = nodes.Filter(node, "_within" if inside else "_value", [], [], None, None)
            wrapped.set_lineno(node.lineno)
            wrapped.set_environment(self._environment)
            output.nodes[index] = wrapped
        return inside


def scanned(text: str, inside: bool) -> tuple[bool, bool]:
    """Whether a text of JSON is open behind these words, and whether they end in a backslash of its own."""
    escaped = False
    for sign in text:
        if escaped:
            escaped = False
        elif inside and sign == "\\":
            escaped = True
        elif sign == '"':
            inside = not inside
    return inside, escaped


QUOTES = (
    'Write texts with both quotation marks, and print inside or outside of them: "to {{ name }}", {{ name }}.'
)
