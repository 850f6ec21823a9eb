"""What is known when a template is compiled is worked out then: the shop, the language, and what follows.

Here the template's words are also held to what a message may do: loops are paid for, texts are joined within
bounds, and no name of the engine's own is in reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.nodes import EvalContext
from jinja2.visitor import NodeTransformer
from markupsafe import escape

from loyaltyloop.channels.templates.faults import Sources
from loyaltyloop.channels.templates.flatten import Body
from loyaltyloop.channels.templates.markup import data
from loyaltyloop.channels.templates.sandbox import Missing


def fold(body: Body, known: Mapping[str, Any], environment: Environment, sources: Sources) -> Body:
    """The body with the known names in their places. FilesError for what a template must not do."""
    return _merge(restrained(body, known, environment, sources), EvalContext(environment), sources)


def restrained(body: Body, known: Mapping[str, Any], environment: Environment, sources: Sources) -> Body:
    """The body with the known names in their places, held to what a message may do; not yet merged."""
    folding = _Fold(known, environment, sources)
    return [made for node in body for made in folding.visit_list(node)]


_JINJA = frozenset(("self", "super", "caller", "varargs", "kwargs"))


class _Fold(NodeTransformer):
    def __init__(self, known: Mapping[str, Any], environment: Environment, sources: Sources) -> None:
        self._known = known
        self._environment = environment
        self._sources = sources
        self._paths: dict[nodes.Node, str] = {}  # what stands in the place of a known name: that name

    def visit_Name(self, node: nodes.Name) -> Any:  # noqa: N802
        if node.name.startswith("_") or node.name in _JINJA:
            raise self._sources.fault(node.lineno, f"{node.name!r} is out of reach of a template", NAMES)
        if node.ctx == "load" and node.name in self._known:
            return self._const(self._known[node.name], node.name, node)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> Any:  # noqa: N802
        if node.attr.startswith("_"):
            raise self._sources.fault(node.lineno, f"{node.attr!r} is out of reach of a template", NAMES)
        self.generic_visit(node)
        if not (isinstance(node.node, nodes.Const) and isinstance(node.node.value, dict)):
            return node
        value = node.node.value.get(node.attr)
        path = f"{self._paths.get(node.node, '')}.{node.attr}"
        if value is None or value == "":
            # An empty mapping's key: missing when the message is made, and named as the author wrote it.
            return self._at(nodes.Getattr(self._at(nodes.Const({}), node), path, "load"), node)
        return self._const(value, path, node)

    def visit_If(self, node: nodes.If) -> Any:  # noqa: N802
        if node.elif_:
            then, *rest = node.elif_
            then.elif_, then.else_ = rest, node.else_
            node.elif_, node.else_ = [], [then]
        self.generic_visit(node)
        held = _truth(node.test)
        return node if held is None else node.body if held else node.else_

    def visit_For(self, node: nodes.For) -> Any:  # noqa: N802
        if node.recursive:
            raise self._sources.fault(node.lineno, "a recursive loop is out of reach of a template", LOOPS)
        self.generic_visit(node)
        node.iter = self._filter(node.iter, "_take")
        return node

    def visit_Concat(self, node: nodes.Concat) -> Any:  # noqa: N802
        self.generic_visit(node)
        return self._filter(self._at(nodes.List(node.nodes), node), "join")

    def visit_Filter(self, node: nodes.Filter) -> Any:  # noqa: N802
        if node.name not in self._environment.filters or node.name.startswith("_"):
            shown = ", ".join(sorted(name for name in self._environment.filters if name[0] != "_"))
            raise self._sources.fault(
                node.lineno, f"there is no filter {node.name!r}", f"There are: {shown}."
            )
        self.generic_visit(node)
        return node

    def visit_Test(self, node: nodes.Test) -> Any:  # noqa: N802
        if node.name not in self._environment.tests:
            shown = ", ".join(sorted(self._environment.tests))
            raise self._sources.fault(node.lineno, f"there is no test {node.name!r}", f"There are: {shown}.")
        self.generic_visit(node)
        return node

    def visit_Call(self, node: nodes.Call) -> Any:  # noqa: N802
        if not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
            raise self._sources.fault(node.lineno, "only range(...) and printed macros can be called", CALLS)
        self.generic_visit(node)
        return node

    def _const(self, value: object, path: str, node: nodes.Node) -> Any:
        made = self._at(nodes.Const(value), node)
        self._paths[made] = path
        return made

    def _filter(self, node: Any, name: str) -> Any:
        return self._at(nodes.Filter(node, name, [], [], None, None), node)

    def _at(self, made: nodes.Expr, node: nodes.Node) -> Any:
        made.set_lineno(node.lineno)
        made.set_environment(self._environment)
        return made


def _truth(test: nodes.Node) -> bool | None:
    match test:
        case nodes.Const():
            return bool(test.value)
        case nodes.Getattr(node=nodes.Const()):
            return False
        case nodes.Not():
            held = _truth(test.node)
            return None if held is None else not held
    return None


def _merge(body: Body, settings: EvalContext, sources: Sources) -> Body:
    """Neighbouring outputs made one, with what is known written out."""
    made: Body = []
    for node in body:
        if not isinstance(node, nodes.Output):
            for name in ("body", "elif_", "else_"):
                if hasattr(node, name):
                    setattr(node, name, _merge(getattr(node, name), settings, sources))
            made.append(node)
            continue
        parts = [_written(part, settings, sources) for part in node.nodes]
        if made and isinstance(made[-1], nodes.Output):
            made[-1].nodes += parts
        else:
            node.nodes = parts
            made.append(node)
    return made


def _written(part: nodes.Expr, settings: EvalContext, sources: Sources) -> nodes.Expr:
    if isinstance(part, nodes.TemplateData):
        return part
    try:
        value = part.as_const(settings)
    except nodes.Impossible:
        return part
    if isinstance(value, Missing):
        raise sources.fault(part.lineno, f"{value.path} is printed and has no value", UNSET)
    return data(str(escape(value)), part.lineno) if isinstance(value, str | int | float) else part


UNSET = "Set it in journeys/shop.yaml, or print it inside {% if %}."
NAMES = "Use the names of the docs: customer, trigger, order, shop, links, and the steps before the message."
LOOPS = "Write one loop inside another."
CALLS = "Write {{ value | filter }} instead of {{ value.method() }}, and print macros: {{ button(...) }}."
