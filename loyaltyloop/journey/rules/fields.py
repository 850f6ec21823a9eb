"""Fields of customers, orders, baskets and products: known ones, compared as their kind allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from loyaltyloop.journey.conditions.condition import Scalar
from loyaltyloop.journey.conditions.facts import (
    CART,
    CUSTOMER,
    FACTS,
    LINE,
    ORDER,
    ORDER_STATES,
    PRODUCT,
    Kind,
)
from loyaltyloop.journey.reading.mistakes import alike, did_you_mean
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found
from loyaltyloop.journey.schema.conditions import Comparison, Test
from loyaltyloop.journey.schema.steps import RecommendFile, SetFile
from loyaltyloop.journey.schema.values import shown
from loyaltyloop.journey.scoring import MODELS

_TABLES: Mapping[str, Mapping[str, Kind]] = {"customer": CUSTOMER, "order": ORDER, "cart": CART}
_ORDERED = ("over", "under", "at_least", "at_most")
Place = tuple[Source, Path, str, Test, Mapping[str, Kind], str]


def _tests(context: Context) -> Iterator[Place]:
    """Every field that is compared, with the table that knows it and what it is a field of."""
    for source, _, place in context.conditions:
        for subject, table in _TABLES.items():
            fields = getattr(place.condition, subject) or {}
            for name, test in fields.items():
                yield source, (*place.path, subject, name), name, test, table, subject
        for subject in ("predicted", "scored"):
            numbers = getattr(place.condition, subject) or {}
            for name, test in numbers.items():
                yield source, (*place.path, subject, name), name, test, {name: "number"}, subject
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, RecommendFile):
                for name, test in (one.file.where or {}).items():
                    yield seen.read.source, (*one.path, "where", name), name, test, PRODUCT, "product"


def _with_elements(context: Context) -> Iterator[Place]:
    """The same, and the fields of the products in them."""
    for source, path, name, test, table, subject in _tests(context):
        yield source, path, name, test, table, subject
        if name == "products" and isinstance(test, Comparison) and isinstance(test.has, dict):
            for field, inner in test.has.items():
                yield source, (*path, "has", field), field, inner, LINE, "product"


def _unknown_field(context: Context) -> Iterator[Found]:
    for source, path, name, _, table, subject in _with_elements(context):
        if subject != "customer" and name not in table:
            remedy = did_you_mean(name, table, f"Fields of the {subject}")
            yield found(source, path, f"the {subject} has no field '{name}'", remedy)


def attributes(context: Context) -> frozenset[str]:
    """Attributes of customers that the project knows: the tables' and those that a `set` writes."""
    own = {
        name
        for seen in context.journeys
        for one in seen.placed
        if isinstance(one.file, SetFile)
        for name in one.file.set.model_extra or {}
    }
    told = {"topics_off"} if context.shop is not None and context.shop.file.topics else set()
    return frozenset(CUSTOMER) | own | told


def _misspelt(context: Context) -> Iterator[Found]:
    known = attributes(context)
    for source, path, name, _, _, subject in _tests(context):
        if subject == "customer" and name not in known and (meant := alike(name, known)):
            message = f"'{name}' is no attribute that Loyalty Loop knows"
            remedy = f"Did you mean '{meant}'? It is right if your shop sends '{name}'; else it never holds."
            yield found(source, path, message, remedy)


def _unknown_attribute(context: Context) -> Iterator[Found]:
    known = attributes(context)
    for source, path, name, _, _, subject in _tests(context):
        if subject == "customer" and name not in known and not alike(name, known):
            message = f"'{name}' is no attribute that Loyalty Loop knows"
            remedy = "Right if your shop sends it (a column of customers.csv, a trait); else it never holds."
            yield found(source, path, message, remedy)


# ── kinds ───────────────────────────────────────────────────────────────────


def _wrong_kind(context: Context) -> Iterator[Found]:
    for source, path, name, test, table, subject in _with_elements(context):
        kind = table.get(name)
        if kind is not None and (said := _misfit(kind, test)):
            share = subject == "predicted" and name in MODELS and MODELS[name].most == 1
            remedy = _SHARE if share else _WRITE[kind]
            yield found(source, path, f"'{name}' is {_KINDS[kind]}: {said}", remedy)


_KINDS = {
    "text": "text",
    "number": "a number",
    "money": "an amount of money",
    "instant": "an instant",
    "date": "a date",
    "list": "a list",
    "bool": "true or false",
}
_WRITE = {
    "text": "Write text, or {one_of: [...]}, {contains: ...}, {known: true}.",
    "number": "Write digits without quotes, or {over: 2}, {between: [1, 3]}, {known: true}.",
    "money": "Write digits without quotes or sign, in the shop's currency: {over: 50}.",
    "instant": "Write {before: 30 days ago}, {after: 2026-01-31} or {known: true}.",
    "date": "Write {before: 2000-01-01}, {after: 30 days ago} or {known: true}.",
    "list": "Write {has: ...} for an element, or {known: true}.",
    "bool": "Write true or false, without quotes.",
}
_SHARE = "Write a share of 1, without quotes and %: {over: 0.7}, {between: [0.3, 0.7]}, {known: true}."


def _misfit(kind: Kind, test: Test) -> str | None:
    words = test.model_fields_set if isinstance(test, Comparison) else {"is"}
    words = {word.rstrip("_") for word in words} - {"known"}
    match kind:
        case "list":
            return _first(words - {"has"}, "does not fit")
        case "instant" | "date":
            return _first(words - {"before", "after"}, "does not fit")
        case _ if words & {"has", "before", "after"}:
            return _first(words & {"has", "before", "after"}, "does not fit")
        case _:
            values = [value for value in _values(test) if not _fits(kind, value)]
            return f"{shown(values[0])} never compares with it" if values else None


def _first(words: set[str], said: str) -> str | None:
    return f"'{min(words)}' {said}" if words else None


def _values(test: Test) -> list[Scalar]:
    if not isinstance(test, Comparison):
        return [test]
    single = [test.is_, test.not_, *(getattr(test, word) for word in _ORDERED)]
    return [value for value in [*single, *(test.between or ()), *(test.one_of or ())] if value is not None]


def _fits(kind: Kind, value: Scalar) -> bool:
    match kind:
        case "number" | "money":
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _unknown_status(context: Context) -> Iterator[Found]:
    for source, path, name, test, _, subject in _tests(context):
        if subject == "order" and name == "status":
            for value in _values(test):
                if isinstance(value, str) and value not in ORDER_STATES:
                    remedy = did_you_mean(value, ORDER_STATES, "Write one of")
                    yield found(source, path, f"no order has the status '{value}'", remedy, "value")


def _impossible(context: Context) -> Iterator[Found]:
    for source, path, name, test, _, _ in _with_elements(context):
        if isinstance(test, Comparison) and _empty_range(test):
            message = f"no value of '{name}' fits this comparison"
            yield found(source, path, message, "Write the lower bound first: {over: 10, under: 50}.")


def _empty_range(test: Comparison) -> bool:
    lows = [(test.over, True), (test.at_least, False)]
    highs = [(test.under, True), (test.at_most, False)]
    if test.between is not None:
        lows, highs = [*lows, (test.between[0], False)], [*highs, (test.between[1], False)]
    return any(
        _crossed(low, high, open_low or open_high) for low, open_low in lows for high, open_high in highs
    )


def _crossed(low: Scalar | None, high: Scalar | None, open_end: bool) -> bool:
    match low, high:
        case (int() | Decimal(), int() | Decimal()) | (str(), str()):
            return low >= high if open_end else low > high  # type: ignore[operator]
        case _:
            return False


def _fact_set(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, SetFile):
                for name in sorted(FACTS & set(one.file.set.model_extra or {})):
                    message = f"'{name}' is kept from the shop's events; no step can set it"
                    remedy = "Set an attribute of another name."
                    yield seen.found((*one.path, "set", name), message, remedy)


RULES = (
    Rule(
        "unknown-field",
        "error",
        "A field that orders, baskets or products do not have.",
        _unknown_field,
        alone=True,
    ),
    Rule(
        "misspelt-attribute",
        "warning",
        "An attribute that is nearly one that customers have.",
        _misspelt,
        alone=True,
    ),
    Rule(
        "unknown-attribute",
        "warning",
        "An attribute that only the shop can know.",
        _unknown_attribute,
        alone=True,
    ),
    Rule(
        "wrong-kind", "error", "A comparison that the kind of field does not allow.", _wrong_kind, alone=True
    ),
    Rule("unknown-status", "error", "A status that no order has.", _unknown_status, alone=True),
    Rule("impossible-range", "error", "A range in which there is nothing.", _impossible, alone=True),
    Rule("fact-set", "error", "`set` on what the shop's events alone decide.", _fact_set, alone=True),
)
