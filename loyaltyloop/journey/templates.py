"""What templates use: names, with their place, through layouts, blocks and macros. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from jinja2 import Environment, TemplateSyntaxError, nodes

Names = tuple[str, ...]
N = TypeVar("N", bound=nodes.Node)
_SAFE = Environment(autoescape=True)
DEEPEST = 150  # levels of nodes in one template: each takes several calls of every walk through it
TOO_DEEP = "the template is nested too deeply"
# What Jinja itself brings along.
_OF_JINJA = frozenset(("loop", "super", "self", "caller", "varargs", "kwargs", "range"))


@dataclass(frozen=True)
class Use:
    """A name in a template: `customer.first_name`, where it stands.

    `printed`: its value is needed (a test only asks whether there is one). `guarded`: there is a default,
    or a test around it.
    """

    file: str
    line: int
    path: Names
    printed: bool
    guarded: bool


@dataclass
class Reached:
    """Everything that one template brings together."""

    uses: list[Use] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    missing: list[tuple[str, int, str]] = field(
        default_factory=list
    )  # file, line, the name that is not there
    blocks: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Parsed:
    """A template's tree, and every node in it as they stand there."""

    tree: nodes.Template
    below: list[nodes.Node]


class Templates:
    """The templates of a project by name (`welcome/hello.html`), parsed once."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts
        self._reached: dict[str, Reached] = {}
        self._own: dict[str, frozenset[str]] = {}

    @cached_property
    def parsed(self) -> dict[str, Parsed | TemplateSyntaxError]:
        """Each template's tree, or what is wrong with it."""
        return {name: _parse(text) for name, text in self.texts.items()}

    def tree(self, name: str) -> nodes.Template | None:
        """The tree of a template; None where there is none to be had."""
        parsed = self.parsed.get(name)
        return parsed.tree if isinstance(parsed, Parsed) else None

    def all(self, name: str, kind: type[N]) -> list[N]:
        """Every node of that kind in a template, as they stand there; none where it cannot be read."""
        parsed = self.parsed.get(name)
        found = parsed.below if isinstance(parsed, Parsed) else []
        return [node for node in found if isinstance(node, kind)]

    def own(self, name: str) -> frozenset[str]:
        """Names that a template makes itself: loops, `set`, macros and their words, imports."""
        if name not in self._own:
            self._own[name] = frozenset(self._made(name))
        return self._own[name]

    def _made(self, name: str) -> Iterator[str]:
        for node in self.all(name, nodes.Node):
            match node:
                case nodes.Name() if node.ctx in ("store", "param"):
                    yield node.name
                case nodes.Macro():
                    yield node.name
                case nodes.Import():
                    yield node.target
                case nodes.FromImport():
                    yield from (item if isinstance(item, str) else item[1] for item in node.names)

    def reach(self, name: str) -> Reached:
        """All that a template uses, its layout's blocks replaced by its own."""
        if name not in self._reached:
            self._reached[name] = self._reach(name)
        return self._reached[name]

    def _reach(self, name: str) -> Reached:
        reached = Reached()
        chain = list(self._chain(name, reached))
        blocks: dict[str, list[tuple[str, nodes.Block]]] = {}
        for file, _ in chain:
            for block in self.all(file, nodes.Block):
                blocks.setdefault(block.name, []).append((file, block))
        reached.blocks = set(blocks)
        walk = _Walk(self, reached, blocks)
        for position, (file, tree) in enumerate(chain):
            walk.file(file, tree, whole=position == len(chain) - 1)
        return reached

    def layouts(self, name: str) -> list[str]:
        """The layout of a template, that one's layout, and so on; none where one of them is missing."""
        reached = Reached()
        files = [file for file, _ in self._chain(name, reached)]
        return [] if reached.missing else files[1:]

    def _chain(self, name: str, reached: Reached) -> Iterator[tuple[str, nodes.Template]]:
        """The template, its layout, the layout's layout."""
        seen: set[str] = set()
        while (tree := self.tree(name)) and name not in seen:
            seen.add(name)
            reached.files.append(name)
            yield name, tree
            parent = next(iter(self.all(name, nodes.Extends)), None)
            if parent is None or not isinstance(parent.template, nodes.Const):
                return
            if parent.template.value not in self.texts:
                reached.missing.append((name, parent.lineno, str(parent.template.value)))
                return
            name = str(parent.template.value)


def _parse(text: str) -> Parsed | TemplateSyntaxError:
    try:
        tree = _SAFE.parse(text)
        return Parsed(tree, nodes_below(tree))
    except TemplateSyntaxError as error:
        return error
    except RecursionError:
        return TemplateSyntaxError(TOO_DEEP, 1)


def nodes_below(tree: nodes.Node) -> list[nodes.Node]:
    """Every node below this one, as they stand there. TemplateSyntaxError where they nest too deeply."""
    found: list[nodes.Node] = []
    due = [(node, 1) for node in reversed(children(tree))]
    while due:
        node, depth = due.pop()
        if depth > DEEPEST:
            raise TemplateSyntaxError(TOO_DEEP, node.lineno)
        found.append(node)
        due += [(child, depth + 1) for child in reversed(children(node))]
    return found


def children(node: nodes.Node) -> list[nodes.Node]:
    """The nodes right below. Jinja's own way through them takes twice the time."""
    found: list[nodes.Node] = []
    for name in node.fields:
        value = getattr(node, name, None)
        if isinstance(value, nodes.Node):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, nodes.Node)]
    return found


@dataclass
class _Walk:
    templates: Templates
    reached: Reached
    blocks: Mapping[str, list[tuple[str, nodes.Block]]]
    at: str = ""
    own: frozenset[str] = frozenset()
    within: tuple[str, ...] = ()  # the blocks around

    def file(self, file: str, tree: nodes.Template, whole: bool) -> None:
        """A file's uses; not `whole`: of a child, whose blocks are walked in the layout's places."""
        before, self.at, self.own = (self.at, self.own), file, self.templates.own(file)
        for node in tree.body:
            if whole or not isinstance(node, nodes.Block | nodes.Output):
                self.node(node, frozenset(), False)
        self.at, self.own = before

    def node(self, node: nodes.Node, guards: frozenset[Names], asked: bool) -> None:
        match node:
            case nodes.Block():
                self._block(node, guards)
            case nodes.Include() | nodes.Import() | nodes.FromImport():
                self._other(node)
            case nodes.Extends():
                pass
            case nodes.If():
                self._if(node, guards)
            case nodes.CondExpr():
                self.node(node.test, guards, True)
                inner = guards | set(_paths(node.test))
                self._all([node.expr1, *([node.expr2] if node.expr2 else [])], inner, asked)
            case nodes.Or():
                self.node(node.left, guards, True)
                self.node(node.right, guards, asked)
            case nodes.And():
                self.node(node.left, guards, True)
                self.node(node.right, guards | set(_paths(node.left)), asked)
            case nodes.Filter(name="default" | "d"):
                self._default(node, guards, asked)
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                self._use(node, guards, asked)
            case _:
                self._all(children(node), guards, asked)

    def _all(self, parts: Iterable[nodes.Node], guards: frozenset[Names], asked: bool) -> None:
        for part in parts:
            self.node(part, guards, asked)

    def _block(self, block: nodes.Block, guards: frozenset[Names]) -> None:
        """The nearest definition of the block; its layout's too where it says `super()`."""
        if block.name in self.within:  # a mistake that another rule tells
            return
        before, self.within = (self.at, self.own, self.within), (*self.within, block.name)
        for file, nearest in self.blocks.get(block.name, [(self.at, block)]):
            self.at, self.own = file, self.templates.own(file)
            self._all(nearest.body, guards, False)
            if not any(call.name == "super" for call in nearest.find_all(nodes.Name)):
                break
        self.at, self.own, self.within = before

    def _other(self, node: nodes.Include | nodes.Import | nodes.FromImport) -> None:
        if not isinstance(node.template, nodes.Const):
            return
        name = str(node.template.value)
        tree = self.templates.tree(name)
        if name not in self.templates.texts:
            self.reached.missing.append((self.at, node.lineno, name))
        elif name not in self.reached.files:
            self.reached.files.append(name)
            if tree is not None:
                self.file(name, tree, whole=True)

    def _if(self, node: nodes.If, guards: frozenset[Names]) -> None:
        self.node(node.test, guards, True)
        inner = guards | set(_paths(node.test))
        self._all(node.body, inner, False)
        for other in node.elif_:
            self._if(other, inner)
        self._all(node.else_, inner, False)

    def _default(self, node: nodes.Filter, guards: frozenset[Names], asked: bool) -> None:
        if node.node is not None:
            self.node(node.node, guards | set(_paths(node.node)), asked)
        self._all(node.args, guards, asked)

    def _use(self, node: nodes.Expr, guards: frozenset[Names], asked: bool) -> None:
        path = path_of(node)
        if path is None:
            self._all(children(node), guards, asked)
        elif path[0] not in self.own and path[0] not in _OF_JINJA and getattr(node, "ctx", "load") == "load":
            guarded = any(path[: len(guard)] == guard for guard in guards)
            self.reached.uses.append(Use(self.at, node.lineno, path, not asked, guarded))


def path_of(node: nodes.Node) -> Names | None:
    """`a.b["c"]` as ("a", "b", "c"); an index ends it. None for what is no name."""
    match node:
        case nodes.Name():
            return (node.name,)
        case nodes.Getattr():
            before = path_of(node.node)
            return None if before is None else (*before, node.attr)
        case nodes.Getitem(arg=nodes.Const(value=str() as key)):
            before = path_of(node.node)
            return None if before is None else (*before, key)
        case _:
            return None


def _paths(node: nodes.Node) -> Iterator[Names]:
    """The whole paths in an expression: of `a.b` not `a`."""
    if path := path_of(node):
        yield path
    else:
        for part in children(node):
            yield from _paths(part)
