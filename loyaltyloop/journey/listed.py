"""What templates read of things in a list: `pick.name` of `{% for pick in picks %}`. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2 import nodes

from loyaltyloop.journey.templates import Names, Templates, children

ITEM, _ROWS = "[]", "[[]]"  # in a path: one thing of the list before it; a list of such lists
_SAME = frozenset(("sort", "reverse", "list", "unique", "select", "reject", "selectattr", "rejectattr"))
_DEEPEST = 6  # words of a path
_MOST = 100_000  # nodes read for one template: a macro's are read for each list that it is handed

# A name of a template's own and what it stands for; None: something of which no more is known.
Bound = dict[str, Names | None]


# A macro, the file it stands in, and the fields that it tests first.
_Made = tuple[str, nodes.Macro, frozenset[str]]


@dataclass(frozen=True, order=True)
class Part:
    """A field of a thing in a list, where it stands. `of`: the path of the list, `("cart", "products")`."""

    file: str
    line: int
    of: Names
    field: str


@dataclass(frozen=True)
class _Body:
    """A file, or a macro with what it was handed. `asked`: fields that the macro tests first."""

    file: str
    nodes: list[nodes.Node]
    bound: Bound
    asked: frozenset[str] = frozenset()


def listed_parts(templates: Templates, file: str) -> list[Part]:
    """What a template reads of things in lists, also through macros that it hands such a list.

    A macro may be for several kinds of lists: what it tests first (`{% if item.reason %}`) is left out.
    """
    walk, tree = _Walk(templates), templates.tree(file)
    if tree is not None:
        walk.due.append(_Body(file, tree.body, {}))
    for one in walk.each():
        walk.at, walk.asked = one.file, one.asked
        walk.all(one.nodes, one.bound)
    return sorted(walk.found)


class _Walk:
    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.at, self.left = "", _MOST
        self.asked: frozenset[str] = frozenset()
        self.found: set[Part] = set()
        self.due: list[_Body] = []
        self._known: dict[str, dict[str, _Made]] = {}
        self._called: set[tuple[str, str, frozenset[tuple[str, Names | None]]]] = set()

    def each(self) -> Iterator[_Body]:
        """What is still to be read: more while it is read."""
        while self.due and self.left > 0:
            yield self.due.pop(0)

    def all(self, body: Iterable[nodes.Node], bound: Bound) -> None:
        """These nodes in their order; what they set is bound from there on."""
        for node in body:
            if self.left > 0:
                self.left -= 1
                self.node(node, bound)

    def node(self, node: nodes.Node, bound: Bound) -> None:
        """One node and all below it. A name that is set to several things stands for none of them."""
        match node:
            case nodes.For():
                self.node(node.iter, bound)
                inner = bound | _bound(node.target, _one_of(_path(node.iter, bound)))
                self.all([*([node.test] if node.test else []), *node.body], inner)
                self.all(node.else_, dict(bound))
            case nodes.Macro() | nodes.CallBlock():
                if isinstance(node, nodes.CallBlock):
                    self.node(node.call, bound)
                self.all(node.body, bound | {arg.name: None for arg in node.args})
            case nodes.Assign():
                self.node(node.node, bound)
                for name, path in _bound(node.target, _path(node.node, bound)).items():
                    bound[name] = path if bound.get(name, path) == path else None
            case nodes.AssignBlock():
                self.all(node.body, bound)
                bound |= _bound(node.target, None)
            case nodes.With():
                self.all(node.values, bound)
                made = [
                    _bound(name, _path(one, bound))
                    for name, one in zip(node.targets, node.values, strict=True)
                ]
                self.all(node.body, {**bound, **{name: path for one in made for name, path in one.items()}})
            case _:
                self._read(node, bound)
                self.all(children(node), bound)

    def _read(self, node: nodes.Node, bound: Bound) -> None:
        if isinstance(node, nodes.Call):
            self._call(node, bound)
        elif isinstance(node, nodes.Getattr | nodes.Getitem) and (path := _path(node, bound)):
            *of, item, field = ("", *path)
            if item == ITEM and field not in (ITEM, _ROWS) and field not in self.asked:
                self.found.add(Part(self.at, node.lineno, tuple(of[1:]), field))

    def _call(self, node: nodes.Call, bound: Bound) -> None:
        """A macro's body is read with what it is handed, where that is known."""
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        made = self._macros(self.at).get(name)
        if made is None:
            return
        file, macro, asked = made
        names = [arg.name for arg in macro.args]
        handed = dict(zip(names, node.args, strict=False)) | {one.key: one.value for one in node.kwargs}
        known: Bound = {name: _path(handed[name], bound) if name in handed else None for name in names}
        called = (file, macro.name, frozenset(known.items()))
        if any(known.values()) and called not in self._called:
            self._called.add(called)
            self.due.append(_Body(file, macro.body, known, asked))

    def _macros(self, file: str) -> dict[str, _Made]:
        """The macros that a file may call by their names there: its own, and those brought from others."""
        if file not in self._known:
            own = self.templates.all(file, nodes.Macro)
            found = self._known[file] = {one.name: (file, one, frozenset(_asked(one))) for one in own}
            for one in self.templates.all(file, nodes.FromImport):
                if isinstance(one.template, nodes.Const) and str(one.template.value) != file:
                    theirs = self._macros(str(one.template.value))
                    pairs = [(item, item) if isinstance(item, str) else item for item in one.names]
                    found |= {new: theirs[name] for name, new in pairs if name in theirs}
        return self._known[file]


def _asked(macro: nodes.Macro) -> Iterator[str]:
    """The fields that it tests, or has a default for."""
    for node in macro.find_all((nodes.If, nodes.CondExpr, nodes.Filter)):
        match node:
            case nodes.If(test=test) | nodes.CondExpr(test=test):
                yield from (one.attr for one in (nodes.Tuple([test], "load")).find_all(nodes.Getattr))
            case nodes.Filter(name="default" | "d", node=nodes.Getattr(attr=field)):
                yield field


def _bound(target: nodes.Node, path: Names | None) -> Bound:
    """The names that are written to: one alone stands for the path, of several nothing is known."""
    if isinstance(target, nodes.Name):
        return {target.name: path}
    return {one.name: None for one in target.find_all(nodes.Name)}


def _one_of(path: Names | None) -> Names | None:
    if path is None or len(path) >= _DEEPEST:
        return None
    return path[:-1] if path[-1] == _ROWS else (*path, ITEM)


def _path(node: nodes.Node | None, bound: Bound) -> Names | None:
    """What an expression stands for, by the names that every template has; None where that is not known."""
    match node:
        case nodes.Name(name=name):
            return bound.get(name, (name,))
        case nodes.Getattr(attr=field) | nodes.Getitem(arg=nodes.Const(value=str(field))):
            before = _path(node.node, bound)
            return (*before, field) if before and len(before) < _DEEPEST else None
        case nodes.Getitem(arg=nodes.Slice()) | nodes.Filter(name="default" | "d", args=[nodes.List()]):
            return _path(node.node, bound)
        case nodes.Getitem(arg=nodes.Const(value=int())) | nodes.Filter(name="first" | "last"):
            return _one_of(_path(node.node, bound))
        case nodes.Filter(name=name) if name in _SAME:
            return _path(node.node, bound)
        case nodes.Filter(name="batch" | "slice"):
            before = _path(node.node, bound)
            return (*before, _ROWS) if before and len(before) < _DEEPEST else None
        case nodes.CondExpr():
            one, other = _path(node.expr1, bound), _path(node.expr2, bound)
            return one if one == other or node.expr2 is None else None
        case _:
            return None
