"""The filters that a template may use, each with its bounds. There are no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from jinja2 import filters as jinja
from jinja2 import pass_context, pass_environment, pass_eval_context
from jinja2.environment import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.templates.sandbox import COPIES, Missing, room, take
from loyaltyloop.channels.values import formats, links

# fmt: off
PLAIN = (
    "default", "d", "upper", "lower", "capitalize", "title", "trim", "first", "last", "length",
    "count", "list", "sort", "unique", "min", "max", "float", "int", "abs", "truncate",
    "wordcount", "dictsort", "items", "reverse", "urlencode", "map", "select", "reject",
    "selectattr", "rejectattr",
)
# fmt: on


def filters() -> Mapping[str, Callable[..., Any]]:
    """Every filter by its name; those with an underscore are put in by the compiler, not by authors."""
    return {name: jinja.FILTERS[name] for name in PLAIN} | {
        "_take": take,
        "_link": links.link,
        "_picture": links.picture,
        "_whole": links.whole,
        "money": money,
        "date": date,
        "join": join,
        "replace": replace,
        "round": round_to,
        "sum": total,
        "batch": batch,
        "slice": columns,
    }


@pass_context
def money(context: Context, value: Any, currency: str | None = None) -> str:
    """An amount in major units as the customer reads it; without a currency, the shop's."""
    if type(value) is formats.Money:
        return value.text
    known = context.parent["_reader"]
    return formats.money(_present(value), currency or known.currency, known.locale)


@pass_context
def date(context: Context, value: Any, style: str = "long") -> str:
    """A date, or an instant's day in the customer's zone: `long`, `short`, `month`, `year` or `iso`."""
    known = context.parent["_reader"]
    return formats.day(_present(value), style, known.locale, known.zone)


def _present(value: Any) -> Any:
    if isinstance(value, Missing):
        value.refuse()
    return value


@pass_eval_context
def join(
    settings: EvalContext, values: Iterable[Any], between: str = "", attribute: str | None = None
) -> Any:
    """The elements as one text."""
    parts = list(values)
    if attribute is None:
        room(sum(len(str(part)) for part in parts) + len(between) * len(parts))
    return jinja.sync_do_join(settings, parts, between, attribute)


def replace(text: Any, old: str, new: str) -> str:
    """Every `old` replaced by `new`."""
    found = str(text)
    room(len(found) + found.count(str(old)) * len(str(new)))
    return found.replace(str(old), str(new))


def round_to(value: Any, places: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    """`common`, `ceil` or `floor`, to at most 6 places."""
    if not isinstance(places, int) or not 0 <= places <= 6:
        raise CannotRender("bound", "round goes to 0 up to 6 places")
    return jinja.do_round(float(value), places, method)


@pass_environment
def total(environment: Environment, values: Iterable[Any], attribute: str | None = None) -> Any:
    """The sum of numbers."""
    return jinja.sync_do_sum(environment, values, attribute)


def batch(values: Iterable[Any], count: int) -> list[list[Any]]:
    """Rows of at most `count`."""
    return [list(row) for row in jinja.do_batch(list(values), _copies(count))]


def columns(values: Iterable[Any], count: int) -> list[list[Any]]:
    """So many columns, as even as can be."""
    return [list(column) for column in jinja.sync_do_slice(list(values), _copies(count))]


def _copies(count: Any) -> int:
    if not isinstance(count, int) or not 1 <= count <= COPIES:
        raise CannotRender("bound", f"batch and slice make 1 up to {COPIES}")
    return count
