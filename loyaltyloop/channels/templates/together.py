"""All files of a template brought together, with the shop's values: for compiling and for checking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from loyaltyloop.channels.templates.faults import Sources
from loyaltyloop.channels.templates.filters import filters
from loyaltyloop.channels.templates.flatten import Body, Flattener
from loyaltyloop.channels.templates.fold import fold
from loyaltyloop.channels.templates.sandbox import Sandbox
from loyaltyloop.journey.templates import children

RIGHT_TO_LEFT = frozenset(["ar", "fa", "he", "ur", "yi"])


@dataclass(frozen=True)
class Flat:
    """A template without layouts and macros: the whole document, the subject alone.

    `text`: the text part, where one was written by hand. `paths`: the names in it, as the author wrote them.
    """

    document: Body
    subject: Body
    text: Body | None
    paths: frozenset[str]
    sources: Sources


class Together:
    """Brings templates together; files that several share are read once for each language."""

    def __init__(self, templates: Mapping[str, str], known: Mapping[str, Any]) -> None:
        words = filters()
        self.templates = templates
        self.escaped = Sandbox(escaped=True, filters=words)
        self.plain = Sandbox(escaped=False, filters=words)
        self._known = known
        self._flatteners: dict[str, Flattener] = {}

    def flat(self, name: str, language: str) -> Flat:
        """The template of that name for readers of that language. FilesError says what is wrong."""
        flattener = self._flattener(language)
        document, subject = flattener.flatten(name)
        written = self._written(name, language)
        text = None if written is None else flattener.written(written)
        paths = frozenset(paths_in([*document, *subject, *(text or ())]))
        known = {**self._known, "language": language, "direction": _direction(language)}
        sources = flattener.sources
        return Flat(
            fold(document, known, self.escaped, sources),
            fold(subject, known, self.escaped, sources),
            None if text is None else fold(text, known, self.plain, sources),
            paths,
            sources,
        )

    def text(self, name: str, language: str) -> tuple[Body, frozenset[str]]:
        """A template that is text alone, and the names in it. FilesError says what is wrong."""
        flattener = self._flattener(language)
        body = flattener.written(name)
        paths = frozenset(paths_in(body))
        known = {**self._known, "language": language, "direction": _direction(language)}
        return fold(body, known, self.plain, flattener.sources), paths

    def _flattener(self, language: str) -> Flattener:
        found = self._flatteners.get(language)
        if found is None:
            found = self._flatteners[language] = Flattener(self.templates, self.escaped, language)
        return found

    def _written(self, name: str, language: str) -> str | None:
        stem = name.removesuffix(".html")
        names = (f"{stem}.{language}.txt", f"{stem}.txt")
        return next((own for own in names if own in self.templates), None)


def languages_of(templates: Mapping[str, str], name: str) -> Iterator[tuple[str, str]]:
    """(file, language) of each language in which `welcome/hello` is written beside the shop's own."""
    for file in templates:
        if file.startswith(f"{name}.") and file.endswith(".html"):
            middle = file[len(name) + 1 : -len(".html")]
            if middle and "." not in middle and "/" not in middle:
                yield file, middle


def _direction(language: str) -> str:
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def paths_in(body: Iterable[nodes.Node]) -> Iterator[str]:
    """Every name, and each longer one's beginnings: of `a.b.c` also `a.b`, but not `a`."""
    for node in body:
        if path := _path(node):
            parts = path.split(".")
            yield from (".".join(parts[:count]) for count in range(min(2, len(parts)), len(parts) + 1))
        else:
            yield from paths_in(children(node))


def _path(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            before = _path(node.node)
            return f"{before}.{node.attr}" if before else ""
    return ""
