"""Bodies of calls: Jinja2 to JSON, in which whatever is printed is JSON by construction.

Where a value stands alone it is printed as JSON (`{{ customer.email }}` with its quotation marks, a number
as a number, a list as a list); inside quotation marks as part of that text. No value can end its text or
bring a field along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from jinja2 import Template, nodes
from jinja2.runtime import Context

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.templates.faults import fault
from loyaltyloop.channels.templates.filling import filling
from loyaltyloop.channels.templates.filters import filters
from loyaltyloop.channels.templates.flatten import Body, Flattener
from loyaltyloop.channels.templates.fold import restrained
from loyaltyloop.channels.templates.json_lines import NotJson, marked, must_be_json, place_at, unmarked
from loyaltyloop.channels.templates.json_places import placed
from loyaltyloop.channels.templates.sandbox import (
    RANGE,
    Budget,
    Missing,
    Sandbox,
    bounded_concat,
    shown_in_text,
)
from loyaltyloop.channels.templates.together import paths_in
from loyaltyloop.channels.values.asked import QuestionIn
from loyaltyloop.channels.values.formats import Reader
from loyaltyloop.errors import FilesError
from loyaltyloop.journey.model import Shop

ENDING = ".json"
_DEFAULT = ".call.json"  # a name that no file of a project has
# What is posted where a `call` names no body: who, where, and what the journey was entered by.
DEFAULT = """\
{
  "type": "journey.call",
  "timestamp": {{ enrolment.decided_at }},
  "data": {
    "journey": {{ enrolment.journey }},
    "step": {{ enrolment.step }},
    "customer": {"id": {{ customer.user_id }}},
    "entered_at": {{ enrolment.entered_at }},
    "trigger": {{ trigger }}
  }
}
"""
_DEEPEST = 30


class Encoded(str):
    """Text that is JSON already, by the filter `tojson`."""

    __slots__ = ()


@dataclass(frozen=True)
class _Compiled:
    template: Template
    paths: frozenset[str]


class Bodies:
    """Makes bodies; each template is compiled when it is first asked for.

    `templates`: sources by their path below `templates/`. `shop`: what `shop` holds in a template.
    """

    def __init__(self, templates: Mapping[str, str], names: Mapping[str, object], shop: Shop) -> None:
        self._templates = {**templates, _DEFAULT: DEFAULT}
        self._names = {"shop": names}
        self._shop = shop
        words = {**filters(), "tojson": tojson, "_value": _value, "_within": _within}
        self._sandbox = Sandbox(escaped=False, filters=words)
        self._sandbox.shown = _shown
        self._language = str(names["language"])
        self._compiled: dict[str, _Compiled | FilesError] = {}
        self._paths: dict[str, frozenset[str]] = {}

    def compile(self, template: str) -> frozenset[str]:
        """The names that the body `desk/ticket` uses. FilesError says what is wrong with it, and where."""
        return self._compile(template).paths

    def uses_of(self, template: str) -> frozenset[str]:
        """The same; a broken template uses nothing: its calls are refused anyway."""
        with suppress(FilesError):
            return self.compile(template)
        return frozenset()

    def render(self, template: str, names: Mapping[str, object]) -> str:
        """The body of one call, surely JSON. CannotRender says why it cannot be made.

        `template`: the body's name, such as `desk/ticket`; empty: the body of a call that names none.
        """
        try:
            compiled = self._compile(template)
        except FilesError as error:
            raise CannotRender("template", error.problems[0].message) from error
        with filling(compiled.paths):
            text = self._run(compiled, names).strip()
        must_be_json(text)
        return text

    def fault(
        self, template: str, names: Mapping[str, object], wrong: NotJson, message: str, remedy: str
    ) -> FilesError:
        """A mistake at the line in which that template, made with these names, ceases to be JSON."""
        name = f"{template}{ENDING}"
        flattener, body = self._flat(name)
        text = self._run(self._compiled_of(name, marked(body)), names)
        plain = unmarked(text)
        before = len(plain) - len(plain.lstrip())
        place = place_at(text, before + wrong.at)
        if place is None:
            return fault(name, self._templates[name], 1, message, remedy)
        return flattener.sources.fault(place, message, remedy)

    def _run(self, compiled: _Compiled, names: Mapping[str, object]) -> str:
        own = {name: _answers(value) for name, value in names.items()}
        known = {**self._names, **own, "range": RANGE, "_budget": Budget(), "_reader": self._reader(names)}
        context = Context(self._sandbox, known, compiled.template.name, {})
        return bounded_concat(compiled.template.root_render_func(context))

    def _reader(self, names: Mapping[str, object]) -> Reader:
        customer = names.get("customer")
        own: Mapping[str, Any] = customer if isinstance(customer, dict) else {}
        zone = own.get("zone") or self._shop.timezone
        return Reader(self._shop.currency, own.get("locale") or self._language, zone)

    def _compile(self, template: str) -> _Compiled:
        name = f"{template}{ENDING}" if template else _DEFAULT
        if name not in self._compiled:
            try:
                self._compiled[name] = self._made(name)
            except FilesError as error:
                self._compiled[name] = error
        found = self._compiled[name]
        if isinstance(found, FilesError):
            raise found
        return found

    def _made(self, name: str) -> _Compiled:
        _, body = self._flat(name)
        return self._compiled_of(name, body)

    def _flat(self, name: str) -> tuple[Flattener, Body]:
        """The body without what it is put together from, ready to be compiled."""
        flattener = Flattener(self._templates, self._sandbox, self._language)
        body = flattener.written(name)
        self._paths[name] = frozenset(paths_in(body))
        held = restrained(body, {}, self._sandbox, flattener.sources)
        return flattener, placed(held, self._sandbox, flattener.sources)

    def _compiled_of(self, name: str, body: Body) -> _Compiled:
        whole = nodes.Template(body, lineno=1)
        whole.set_environment(self._sandbox)
        code = self._sandbox.compile(whole, name, name)
        return _Compiled(Template.from_code(self._sandbox, code, {}), self._paths[name])


def _answers(value: object) -> object:
    """A question as it was answered; whoever is called needs no links of its message."""
    if not isinstance(value, QuestionIn):
        return value
    told = value.names(lambda _key, _number: "")
    return {name: told[name] for name in ("question", "answer", "answer_text", "comment")}


# ── printing ────────────────────────────────────────────────────────────────


def _shown(value: Any) -> str:
    """What leaves `_value` and `_within` as it is; what `{% set %}` collects, as text."""
    return value if isinstance(value, str) else shown_in_text(value)


def tojson(value: Any) -> Encoded:
    """Filter: the value as JSON, where an author says so."""
    return Encoded(encoded(value))


def _value(value: Any) -> str:
    return value if type(value) is Encoded else encoded(value)


def _within(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else shown_in_text(value)
    return json.dumps(_instant(value) if isinstance(value, datetime) else text)[1:-1]


def encoded(value: Any) -> str:
    """The value as JSON in ASCII, keys in order. CannotRender for a value that is missing or no data."""
    return json.dumps(_plain(value, 0), sort_keys=True)


def _plain(value: Any, depth: int) -> Any:
    """The value in what JSON has: amounts of money are numbers, instants texts of ISO 8601 in UTC."""
    if depth > _DEEPEST:
        raise CannotRender("bound", "a value is nested too deeply")
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal() | float() if isfinite(value):
            return _number(value)
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(name): _plain(one, depth + 1) for name, one in value.items()}
        case Sequence() | set() | frozenset():
            items = sorted(value) if isinstance(value, set | frozenset) else value
            return [_plain(one, depth + 1) for one in items]
        case Missing():
            value.refuse()
    raise CannotRender("value", f"a {type(value).__name__} is nothing that JSON has")


def _number(value: Decimal | float) -> int | float:
    whole = Decimal.to_integral_value(Decimal(value)) if isfinite(value) else None
    return int(whole) if whole is not None and whole == value and abs(whole) < 2**53 else float(value)


def _instant(value: datetime) -> str:
    known = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return known.isoformat().replace("+00:00", "Z")
