"""Messages that are text alone: `hello.sms.txt` and `hello.push.txt`, each in any language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from jinja2 import Template

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.templates.compile import CompiledText, Workshop
from loyaltyloop.channels.templates.filling import filling
from loyaltyloop.channels.templates.plain_text import tidy
from loyaltyloop.channels.values.links import Links
from loyaltyloop.errors import FilesError
from loyaltyloop.journey.written import ENDINGS, language_of

Known = dict[str, object]
# What a message's template is run with: its links, and the names in reach.
Know = Callable[[str, Mapping[str, object], Collection[str]], tuple[Links, Known]]
Run = Callable[[Template, Known], str]


@dataclass(frozen=True)
class Written:
    """A message's text, where its links lead, by their number, and where its reader unsubscribes."""

    text: str
    links: list[str]
    unsubscribe: str


class Texts:
    """Renders one channel's templates; each is compiled when it is first asked for."""

    def __init__(self, channel: str, workshop: Workshop, language: str, know: Know, run: Run) -> None:
        self._ending = ENDINGS[channel]
        self._workshop, self._language, self._know, self._run = workshop, language, know, run
        self._compiled: dict[tuple[str, str], CompiledText | FilesError] = {}

    def compile(self, template: str, language: str | None = None) -> CompiledText:
        """The compiled text of `welcome/hello` in that language. FilesError says what is wrong, and where."""
        chosen = self._choose(template, language)
        if chosen not in self._compiled:
            try:
                self._compiled[chosen] = self._workshop.text(*chosen)
            except FilesError as error:
                self._compiled[chosen] = error
        found = self._compiled[chosen]
        if isinstance(found, FilesError):
            raise found
        return found

    def uses_of(self, template: str) -> frozenset[str]:
        """The names that it uses, in any of its languages; a broken one uses nothing: it is refused."""
        found: set[str] = set()
        for language in self.languages(template):
            with suppress(FilesError):
                found |= self.compile(template, language).paths
        return frozenset(found)

    def languages(self, template: str) -> Iterator[str | None]:
        """Those in which it is written; None: the shop's own."""
        for file in self._workshop.templates:
            if file.startswith(f"{template}.") and file.endswith(self._ending):
                yield language_of(file, template, self._ending) or None

    def render(
        self, template: str, key: str, names: Mapping[str, object], language: str | None = None
    ) -> Written:
        """The message with this key (a UUID) for one customer. CannotRender says why it cannot be made."""
        try:
            compiled = self.compile(template, language)
        except FilesError as error:
            raise CannotRender("template", error.problems[0].message) from error
        links, known = self._know(key, names, compiled.paths)
        with filling(compiled.paths):
            text = tidy(self._run(compiled.text, known)).rstrip("\n")
        return Written(links.in_text(text), links.urls, links.unsubscribe)

    def _choose(self, template: str, language: str | None) -> tuple[str, str]:
        whole = (language or "").replace("_", "-").lower()
        for own in dict.fromkeys((whole, whole.partition("-")[0])):
            if own and (file := f"{template}.{own}{self._ending}") in self._workshop.templates:
                return file, own
        return f"{template}{self._ending}", self._language
