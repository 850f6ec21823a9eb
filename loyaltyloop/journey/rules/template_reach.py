"""What a template may do: filters that there are, no calls into objects, loops that end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from jinja2 import nodes

from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.rules.rule import Context, Found, Rule
from loyaltyloop.journey.rules.template_files import at_line

# What the sandbox of `channels` offers; a test holds both equal.
FILTERS = frozenset(
    (
        *(
            "default",
            "d",
            "upper",
            "lower",
            "capitalize",
            "title",
            "trim",
            "first",
            "last",
            "length",
            "count",
        ),
        *("list", "sort", "unique", "min", "max", "float", "int", "abs", "truncate", "wordcount", "dictsort"),
        *("items", "reverse", "urlencode", "map", "select", "reject", "selectattr", "rejectattr", "money"),
        *("date", "join", "replace", "round", "sum", "batch", "slice"),
    )
)
LOOPS = 2_000
_CALLABLE = frozenset(("range", "super", "caller"))


N = TypeVar("N", bound=nodes.Node)


def _all(context: Context, kind: type[N]) -> Iterator[tuple[str, N]]:
    """Every node of that kind, with its file."""
    for name in context.templates:
        for node in context.parsed.all(name, kind):
            yield name, node


def _unknown_filter(context: Context) -> Iterator[Found]:
    for name, one in _all(context, nodes.Filter):
        if one.name not in FILTERS:
            remedy = did_you_mean(one.name, FILTERS, "The filters are")
            message = f"there is no filter '{one.name}'"
            yield at_line(context, name, one.lineno, message, remedy, one.name)


def _out_of_reach(context: Context) -> Iterator[Found]:
    for name, attribute in _all(context, nodes.Getattr):
        if attribute.attr.startswith("_"):
            message = f"'{attribute.attr}' is out of reach of a template"
            remedy = "Use the fields of customer, trigger, order, shop and of steps."
            yield at_line(context, name, attribute.lineno, message, remedy, attribute.attr)
    for name, call in _all(context, nodes.Call):
        own = context.parsed.own(name) | _CALLABLE
        root = _root(call.node)
        if root is None or root not in own or (root == "range" and not isinstance(call.node, nodes.Name)):
            message = "a template can call nothing but range(...) and its macros"
            remedy = "Write {{ value | filter }} instead of {{ value.method() }}."
            yield at_line(context, name, call.lineno, message, remedy, _last(call.node))


def _root(node: nodes.Node) -> str | None:
    while isinstance(node, nodes.Getattr):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else None


def _last(node: nodes.Node) -> str:
    match node:
        case nodes.Getattr():
            return node.attr
        case nodes.Name():
            return node.name
        case _:
            return ""


def _endless(context: Context) -> Iterator[Found]:
    for name, call in _all(context, nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "range":
            sizes = [arg.value for arg in call.args if isinstance(arg, nodes.Const)]
            if any(isinstance(size, int) and size > LOOPS for size in sizes):
                message = f"a template may loop {LOOPS:,} times"
                yield at_line(context, name, call.lineno, message, "Loop over less.", "range")


RULES = (
    Rule("unknown-filter", "error", "A filter that templates do not have.", _unknown_filter),
    Rule("out-of-reach", "error", "A template that calls or reaches into objects.", _out_of_reach),
    Rule("endless-loop", "error", "A template that loops too often.", _endless),
)
