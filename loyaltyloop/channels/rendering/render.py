"""A message as one customer gets it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from jinja2 import Template
from jinja2.runtime import Context
from markupsafe import Markup

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.templates.compile import Compiled, Workshop
from loyaltyloop.channels.templates.filling import filling
from loyaltyloop.channels.templates.json_bodies import Bodies
from loyaltyloop.channels.templates.plain_text import tidy
from loyaltyloop.channels.templates.sandbox import RANGE, Budget, bounded_concat
from loyaltyloop.channels.templates.texts import Texts
from loyaltyloop.channels.templates.together import languages_of
from loyaltyloop.channels.values.asked import QuestionIn
from loyaltyloop.channels.values.formats import Reader
from loyaltyloop.channels.values.links import TRAP, Links, destination, host_of
from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.channels.values.tokens import Maker
from loyaltyloop.errors import FilesError
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.templates import Templates
from loyaltyloop.journey.written import ENDINGS, language_of

SUBJECT = 250  # characters
_OWN = (("unsubscribe", "u"), ("preferences", "p"), ("view", "v"))
PIXEL = '<img src="%s" width="1" height="1" alt="" style="display:block;border:0">'
# Followed by programs alone: not shown, not read out, not reached by keys, and in no text part.
HIDDEN = (
    '<div aria-hidden="true" style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
    '<a href="%s" tabindex="-1" rel="nofollow" style="display:none;mso-hide:all">&zwnj;</a></div>'
)


@dataclass(frozen=True)
class Rendered:
    """A message's parts, where its links lead, by their number, and where its reader unsubscribes."""

    subject: str
    html: str
    text: str
    links: list[str]
    unsubscribe: str  # empty: nobody can, from a transactional message


class Renderer:
    """Renders templates; each is compiled when it is first asked for.

    `templates`: sources by their path below `templates/`, as `extends` names them ("welcome/hello.html"; a
    leading "templates/" is dropped). `public_url`: where links lead, without a slash at its end.
    """

    def __init__(self, templates: Mapping[str, str], shop: Shop, public_url: str, secret: bytes) -> None:
        sources = {name.removeprefix("templates/"): text for name, text in templates.items()}
        names = shop_names(shop)
        self.language = str(names["language"])
        self._workshop = Workshop(sources, {"shop": names})
        self.bodies = Bodies(sources, names, shop)
        self._public = public_url.rstrip("/")
        self._maker = Maker(secret)
        self._host = host_of(shop.url)
        self._currency = shop.currency
        self._zone = shop.timezone
        self._compiled: dict[tuple[str, str], Compiled | FilesError] = {}
        self._chosen: dict[tuple[str, str | None], tuple[str, str]] = {}
        self._used: dict[str, frozenset[str]] = {}
        self._needed: dict[tuple[str, str, str], bool] = {}
        self._follows: dict[tuple[object, object, str], Callable[[str], str]] = {}
        self.texts = {
            name: Texts(name, self._workshop, self.language, partial(self._known, medium=name), _run)
            for name in ("sms", "push")
        }

    def compile(self, template: str, language: str | None = None) -> Compiled:
        """The compiled template, for readers of that language. FilesError says what is wrong, and where."""
        chosen = self._chosen.get((template, language))
        if chosen is None:
            chosen = self._chosen[template, language] = self._choose(template, language)
        name, own = chosen
        if (name, own) not in self._compiled:
            try:
                self._compiled[name, own] = self._workshop.compile(name, own)
            except FilesError as error:
                self._compiled[name, own] = error
        found = self._compiled[name, own]
        if isinstance(found, FilesError):
            raise found
        return found

    def uses(self, sent: Iterable[tuple[str, str | None]]) -> frozenset[str]:
        """The names these templates use, each for readers of its language: `customer.first_name`, `picks`.

        A broken template uses nothing: its messages are refused anyway.
        """
        found: set[str] = set()
        for template, language in set(sent):
            with suppress(FilesError):
                found |= self.compile(template, language).paths
        return frozenset(found)

    def uses_of(self, template: str) -> frozenset[str]:
        """The names that a template uses, in any of its languages."""
        found = self._used.get(template)
        if found is None:
            name = template.removeprefix("templates/").removesuffix(".html")
            others = languages_of(self._workshop.templates, name)
            found = self._used[template] = self.uses(
                [(template, None), *((template, language) for _, language in others)]
            )
        return found

    def needs(self, template: str, name: str, channel: str = "email") -> bool:
        """Does it print something of this name, no default or test around, for readers of any language?"""
        found = self._needed.get((template, name, channel))
        if found is None:
            stem = template.removeprefix("templates/").removesuffix(".html")
            read = Templates(self._workshop.templates)
            endings = (".html", ".txt") if channel == "email" else (ENDINGS[channel],)
            files = [
                file for file in read.texts for one in endings if language_of(file, stem, one) is not None
            ]
            uses = [use for file in files for use in read.reach(file).uses if use.path[0] == name]
            found = self._needed[template, name, channel] = any(
                use.printed and not use.guarded for use in uses
            )
        return found

    def render(
        self, template: str, key: str, names: Mapping[str, object], language: str | None = None
    ) -> Rendered:
        """The message with this key (a UUID) for one customer. CannotRender says why it cannot be made.

        `names`: what the template may print (`customer`, `trigger`, ..., the steps by name); `message` holds
        `journey`, `step` and `purpose`. `language`: the reader's, as `de` or `de-DE`.
        """
        try:
            compiled = self.compile(template, language)
        except FilesError as error:
            raise CannotRender("template", error.problems[0].message) from error
        links, known = self._known(key, names, compiled.paths)
        with filling(compiled.paths):
            html = _run(compiled.html, known)
            subject = " ".join(_run(compiled.subject, known).split())
            text = _run(compiled.text, known)
        return _finished(subject, html, text, links, compiled)

    def _choose(self, template: str, language: str | None) -> tuple[str, str]:
        name = template.removeprefix("templates/").removesuffix(".html")
        for own in _languages(language):
            if f"{name}.{own}.html" in self._workshop.templates:
                return f"{name}.{own}.html", own
        return f"{name}.html", self.language

    def _known(
        self, key: str, names: Mapping[str, object], paths: Collection[str], medium: str = "email"
    ) -> tuple[Links, dict[str, object]]:
        message = names.get("message")
        about: Mapping[str, Any] = message if isinstance(message, dict) else {}
        raw = bytes.fromhex(key.replace("-", ""))
        follow = self._follow(about.get("journey"), about.get("step"), medium)
        links = Links(raw, self._public, self._maker, follow)
        make, public = self._maker.make, self._public
        silent = about.get("purpose") == "transactional"
        # A signature costs more than asking whether the template shows it.
        own = {
            name: f"{public}/{kind}/{make(kind.encode() + raw)}"
            for name, kind in _OWN
            if f"links.{name}" in paths or "links" in paths or (kind == "u" and not silent)
        }
        links.unsubscribe = "" if silent else own["unsubscribe"]
        return links, {
            **{name: self._shown(value, links) for name, value in names.items()},
            "links": links.own(own),
            "range": RANGE,
            "_links": links,
            "_budget": Budget(),
            "_reader": self._reader(names.get("customer")),
            "_unseen": self._unseen(raw, silent),
        }

    def _shown(self, value: object, links: Links) -> object:
        """A question with the links of its answers; any other value as it is."""
        if not isinstance(value, QuestionIn):
            return value
        make, page = self._maker.make, f"{self._public}/a/"
        names = value.names(lambda key, number: page + make(b"a" + key + number.to_bytes(2, "big")))
        links.own(cast("dict[str, str]", names["links"]))
        return names

    def _unseen(self, key: bytes, silent: bool) -> Markup:
        """What stands at the end and is not seen: it tells of openings, and programs from people."""
        make, public = self._maker.make, self._public
        trap = HIDDEN % f"{public}/c/{make(b'c' + key + TRAP.to_bytes(2, 'big'))}"
        # Markup: base64url behind our own address holds nothing to escape.
        return Markup(trap if silent else PIXEL % f"{public}/o/{make(b'o' + key)}.gif" + trap)

    def _follow(self, journey: object, step: object, medium: str) -> Callable[[str], str]:
        """Where links of this step lead; kept, as thousands of messages share it."""
        found = self._follows.get((journey, step, medium))
        if found is None:
            host, campaign, content = self._host, str(journey or ""), str(step or "")
            found = self._follows[journey, step, medium] = lambda url: destination(
                url, host, campaign, content, medium
            )
        return found

    def _reader(self, customer: object) -> Reader:
        known: Mapping[str, Any] = customer if isinstance(customer, dict) else {}
        locale, zone = known.get("locale"), known.get("zone")
        return Reader(self._currency, locale or self.language, zone or self._zone)


def _run(template: Template, known: dict[str, Any]) -> str:
    known["_budget"].renew()
    context = Context(template.environment, known, template.name, {})
    return bounded_concat(template.root_render_func(context))


def _languages(language: str | None) -> Iterator[str]:
    """`de-AT` is served by `de-at`, else `de`."""
    if language:
        whole = language.replace("_", "-").lower()
        yield whole
        if "-" in whole:
            yield whole.split("-")[0]


def _finished(subject: str, html: str, text: str, links: Links, compiled: Compiled) -> Rendered:
    if not subject:
        raise CannotRender("missing", "a subject")
    if len(subject) > SUBJECT:
        raise CannotRender("bound", f"the subject is longer than {SUBJECT} characters")
    if compiled.text_is_written:
        text = links.in_text(text)
    return Rendered(subject, html, tidy(text), links.urls, links.unsubscribe)
