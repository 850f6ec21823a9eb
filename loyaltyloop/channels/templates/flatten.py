"""One template out of many: layouts, includes and macros are put in their places, once.

What comes out is one list of nodes without `extends`, `block`, `include`, `import` and `macro`: so CSS is
inlined and the text part derived from what the customer gets, and a message is rendered without a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateSyntaxError

from loyaltyloop.channels.templates.faults import LINES, ROOT, Sources, fault
from loyaltyloop.journey.templates import TOO_DEEP, nodes_below

EXPANSIONS = 500  # blocks, macros and includes put in their places, of one template
SIZE = 500_000  # characters of one template file
N = TypeVar("N", bound=nodes.Node)
Body = list[nodes.Node]


def clone(node: N) -> N:
    """The node and all below it, anew."""
    fields = [_clone(getattr(node, name)) for name in node.fields]
    return type(node)(*fields, lineno=node.lineno, environment=node.environment)


def _clone(value: Any) -> Any:
    if isinstance(value, nodes.Node):
        return clone(value)
    if isinstance(value, list):
        return [_clone(item) for item in value]
    return tuple(_clone(item) for item in value) if isinstance(value, tuple) else value


@dataclass(eq=False)
class File:
    """One template file, parsed: its macros by the names they have there, its blocks, its parent."""

    name: str
    source: str
    body: Body
    parent: str | None = None
    blocks: dict[str, nodes.Block] = field(default_factory=dict)
    macros: dict[str, tuple[File, nodes.Macro]] = field(default_factory=dict)


Blocks = Mapping[str, tuple[tuple[File, nodes.Block], ...]]  # nearest first: the child's, then its parents'


@dataclass(frozen=True)
class Place:
    """Where the walk is: in which file, under which blocks, inside what; `above` is what `super()` means."""

    file: File
    blocks: Blocks
    above: tuple[tuple[File, nodes.Block], ...] | None = None
    within: tuple[str, ...] = ()

    def into(self, file: File, what: str, node: nodes.Node) -> Place:
        """One level deeper. FilesError when it goes round in a circle."""
        if what in self.within:
            line = node.lineno % LINES
            raise fault(self.file.name, self.file.source, line, f"{what} uses itself", "Break the circle.")
        return Place(file, self.blocks, None, (*self.within, what))


class Flattener:
    """Flattens templates of one language; `templates` are sources by name, as `extends` names them."""

    def __init__(self, templates: Mapping[str, str], environment: Environment, language: str) -> None:
        self._templates = templates
        self._environment = environment
        self._language = language
        self._files: dict[str, File] = {}
        self.sources = Sources()
        self._left = EXPANSIONS

    def flatten(self, name: str) -> tuple[Body, Body]:
        """The whole document and the subject alone. FilesError tells what is wrong, and where."""
        document, before, place = self._whole(name)
        subject = place.blocks.get("subject")
        if subject is None:
            raise fault(name, self._templates.get(name, ""), 1, "the message has no subject", SUBJECT)
        return document, [*before, *self._block(subject, place)]

    def written(self, name: str) -> Body:
        """A text part that was written by hand. FilesError tells what is wrong, and where."""
        return self._whole(name)[0]

    def _whole(self, name: str) -> tuple[Body, Body, Place]:
        self._left = EXPANSIONS
        chain = self._chain(name)
        before = [node for file in chain[:-1] for node in file.body if isinstance(node, nodes.Assign)]
        place = Place(chain[-1], _blocks(chain), within=(ROOT + chain[-1].name,))
        return [*map(clone, before), *self._walk(chain[-1].body, place)], [*map(clone, before)], place

    def _chain(self, name: str) -> list[File]:
        chain = [self._load(name, None, 0)]
        while parent := chain[-1].parent:
            file = self._load(parent, chain[-1], 1)
            if file in chain:
                raise fault(file.name, file.source, 1, f"{file.name} extends itself", "Break the circle.")
            chain.append(file)
        return chain

    def _load(self, name: str, asker: File | None, line: int) -> File:
        found = self._variant(name)
        if found in self._files:
            return self._files[found]
        if found not in self._templates:
            where = asker or File(name, "", [])
            raise fault(where.name, where.source, line or 1, f"there is no template {name!r}", MISSING)
        file = self._files[found] = self._parse(found)
        for node in _statements(file.body):
            self._declare(file, node)
        return file

    def _variant(self, name: str) -> str:
        stem, _, suffix = name.rpartition(".")
        own = f"{stem}.{self._language}.{suffix}"
        return own if own in self._templates else name

    def _parse(self, name: str) -> File:
        source = self._templates[name]
        if len(source) > SIZE:
            raise fault(
                name, "", 1, f"the template is longer than {SIZE} characters", "Split it, or shorten it."
            )
        try:
            body = self._environment.parse(source, name).body
            below = [(node, nodes_below(node)) for node in body]
        except TemplateSyntaxError as error:
            raise fault(name, source, error.lineno, error.message or "this is not Jinja2", SYNTAX) from None
        except RecursionError:
            raise fault(name, source, 1, TOO_DEEP, "Make it simpler.") from None
        base = self.sources.add(name, source)
        for top, inner in below:
            line = top.lineno
            for node in (top, *inner):
                node.lineno = base + (node.lineno or line)
        return File(name, source, body)

    def _declare(self, file: File, node: nodes.Node) -> None:
        match node:
            case nodes.Extends():
                file.parent = self._constant(node.template, node)
            case nodes.Block():
                file.blocks[node.name] = node
            case nodes.Macro():
                file.macros[node.name] = (file, node)
            case nodes.Import():
                module = self._load(self._constant(node.template, node), file, node.lineno % LINES)
                file.macros |= {f"{node.target}.{name}": macro for name, macro in module.macros.items()}
            case nodes.FromImport():
                self._import(file, node)

    def _import(self, file: File, node: nodes.FromImport) -> None:
        module = self._load(self._constant(node.template, node), file, node.lineno % LINES)
        for item in node.names:
            name, alias = item if isinstance(item, tuple) else (item, item)
            if name not in module.macros:
                raise self.sources.fault(node.lineno, f"{module.name} has no macro {name!r}", MACRO)
            file.macros[alias] = module.macros[name]

    def _constant(self, node: nodes.Expr, at: nodes.Node) -> str:
        if isinstance(node, nodes.Const) and isinstance(node.value, str):
            return node.value
        raise self.sources.fault(at.lineno, "a template must be named by a text in quotes", MISSING)

    def _walk(self, body: Body, place: Place) -> Body:
        return [made for node in body for made in self._place(node, place)]

    def _place(self, node: nodes.Node, place: Place) -> Body:
        match node:
            case nodes.Output():
                return [made for child in node.nodes for made in self._printed(child, place)]
            case nodes.Block():
                return self._block(place.blocks.get(node.name, ((place.file, node),)), place)
            case nodes.Include():
                return self._include(node, place)
            case nodes.Extends() | nodes.Macro() | nodes.Import() | nodes.FromImport():
                return []
            case nodes.For() | nodes.If() | nodes.With() | nodes.AssignBlock() | nodes.Assign():
                return [self._nested(node, place)]
        word = type(node).__name__.lower()
        raise self.sources.fault(node.lineno, f"{word} is no part of a message", BLOCKS)

    def _nested(self, node: nodes.Node, place: Place) -> nodes.Node:
        bare = {name: getattr(node, name) for name in ("body", "else_", "elif_") if hasattr(node, name)}
        values = [
            self._walk(bare[name], place) if name in bare else _clone(getattr(node, name))
            for name in node.fields
        ]
        return type(node)(*values, lineno=node.lineno, environment=node.environment)

    def _printed(self, child: nodes.Node, place: Place) -> Body:
        if isinstance(child, nodes.Call):
            name = _dotted(child.node)
            if name == "super" and place.above is not None:
                return self._block(place.above, place)
            if name in place.file.macros:
                return self._macro(name, child, place)
        return [nodes.Output([clone(child)], lineno=child.lineno, environment=child.environment)]

    def _block(self, found: tuple[tuple[File, nodes.Block], ...], place: Place) -> Body:
        if not found:
            return []
        self._spend(found[0][1])
        (file, block), above = found[0], found[1:]
        return self._walk(block.body, Place(file, place.blocks, above, place.within))

    def _include(self, node: nodes.Include, place: Place) -> Body:
        name = self._constant(node.template, node)
        if node.ignore_missing and self._variant(name) not in self._templates:
            return []
        file = self._load(name, place.file, node.lineno % LINES)
        self._spend(node)
        return self._walk(file.body, place.into(file, ROOT + file.name, node))

    def _macro(self, name: str, call: nodes.Call, place: Place) -> Body:
        self._spend(call)
        file, macro = place.file.macros[name]
        given = self._arguments(macro, call)
        inside = place.into(file, f"the macro {macro.name}", call)
        body = self._walk(macro.body, inside)
        defaults = dict(zip(reversed(macro.args), map(clone, reversed(macro.defaults)), strict=False))
        # A default may name the arguments before it, so each stands inside those.
        for argument, value in defaults.items():
            if argument.name not in given:
                body = [self._with({argument.name: value}, body, call)]
        return [self._with(given, body, call)]

    def _with(self, values: dict[str, nodes.Expr], body: Body, call: nodes.Call) -> nodes.With:
        targets: list[nodes.Expr] = [nodes.Name(name, "param") for name in values]
        made = nodes.With(targets, list(values.values()), body, lineno=call.lineno)
        made.set_environment(self._environment)
        return made

    def _arguments(self, macro: nodes.Macro, call: nodes.Call) -> dict[str, nodes.Expr]:
        names = [argument.name for argument in macro.args]
        needed = names[: len(names) - len(macro.defaults)]
        given = {name: clone(value) for name, value in zip(names, call.args, strict=False)}
        given |= {keyword.key: clone(keyword.value) for keyword in call.kwargs}
        left = set(needed) - set(given) or set(given) - set(names)
        if left or len(call.args) > len(names) or call.dyn_args or call.dyn_kwargs:
            text = f"{macro.name}({', '.join(names)}) is called with other arguments"
            raise self.sources.fault(call.lineno, text, MACRO)
        return given

    def _spend(self, node: nodes.Node) -> None:
        self._left -= 1
        if self._left < 0:
            text = f"the template is put together from more than {EXPANSIONS} parts"
            raise self.sources.fault(node.lineno, text, "Make it simpler.")


def _blocks(chain: list[File]) -> Blocks:
    names = {name for file in chain for name in file.blocks}
    return {name: tuple((file, file.blocks[name]) for file in chain if name in file.blocks) for name in names}


def _statements(body: Body) -> Iterator[nodes.Node]:
    for node in body:
        yield node
        yield from node.find_all((nodes.Block, nodes.Macro, nodes.Import, nodes.FromImport))


def _dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_dotted(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""


SUBJECT = "Write {% block subject %}What it is about{% endblock %}."
MISSING = 'Name a file below templates/, as {% extends "layout/email.html" %}.'
MACRO = "Look at the macro's first line for its name and its arguments."
SYNTAX = "Write {{ name }} to print, {% word %} to decide, {# note #} for notes; close each block you open."
BLOCKS = "Use if, for, set, with, block, include, and macros that are printed: {{ button(...) }}."
