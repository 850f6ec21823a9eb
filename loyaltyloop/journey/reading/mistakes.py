"""Errors of the schema to problems: at the unexpected key, with what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from loyaltyloop.errors import Problem
from loyaltyloop.journey.model import VERBS
from loyaltyloop.journey.reading.tree import Node, Path, Source
from loyaltyloop.journey.schema.changes import ChangesFile
from loyaltyloop.journey.schema.values import shown, written

Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], source: Source) -> tuple[Model | None, list[Problem]]:
    """The file by its model, or None; and everything that is wrong with it."""
    told = dict(empty_words(source.root, ()))
    empty = [source.problem(path, "empty-word", "error", *said) for path, said in told.items()]
    try:
        read = model.model_validate(source.plain())
    except ValidationError as error:
        found = error.errors(include_url=False)
        errors = [one for one in found if one["input"] is not None or way(one) not in told]
        problems = [_problem(model, source, one) for one in errors if not _misspelt(one, errors)]
        return None, empty + problems
    return (None if empty else read), empty


def way(error: ErrorDetails) -> Path:
    """The way in the file to what an error is about: without the tags that choose between models."""
    *before, last = error["loc"] or ("~",)
    tagged = [part for part in before if not str(part).startswith(("~", "["))]
    # A word that is not known there is one of the file's, whatever it begins with.
    own = error["type"] == "extra_forbidden" or not str(last).startswith(("~", "["))
    return (*tagged, last) if own else tuple(tagged)


def empty_words(node: Node, path: Path) -> Iterator[tuple[Path, tuple[str, str]]]:
    """Words and items without a value: the way to each, what is wrong, what to write."""
    match node.value:
        case dict() as mapping:
            for key, inner in mapping.items():
                here = (*path, key)
                if inner.value is None and not _may_be_empty(path, key):
                    remedy = "Write {} for a path without steps." if path[-1:] == ("paths",) else ""
                    remedy = remedy or "Write its value behind the colon, or delete the line."
                    yield here, (f"'{key}' says nothing", remedy)
                yield from empty_words(inner, here)
        case list() as items:
            for index, inner in enumerate(items):
                if inner.value is None:
                    yield (*path, index), ("an empty item", "Delete the '-', or write an item behind it.")
                yield from empty_words(inner, (*path, index))


def _may_be_empty(path: Path, key: str) -> bool:
    """Does a key without a value mean something here, or is it looked at by a rule of its own?"""
    match path:
        case ("brand",):
            return True
        case (*_, int(), "answers"):
            return True
        case (*_, int(), "set"):
            return key not in ChangesFile.model_fields
        case _:
            return False


def _misspelt(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Is the missing word there, but misspelt? Then one problem is enough."""
    if error["type"] != "missing":
        return False
    beside = [
        str(other["loc"][-1])
        for other in errors
        if other["type"] == "extra_forbidden" and other["loc"][:-1] == error["loc"][:-1]
    ]
    return alike(str(error["loc"][-1]), beside) is not None


def meant_word(model: type[BaseModel], error: ErrorDetails) -> str | None:
    """The word that was probably meant by one that is not known there."""
    return alike(str(error["loc"][-1]), _words(_model_at(model, error["loc"][:-1])))


def _problem(model: type[BaseModel], source: Source, error: ErrorDetails) -> Problem:
    loc = error["loc"]
    path = way(error)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        message, remedy = _unknown(str(path[-1]), _words(_model_at(model, loc[:-1])))
        return source.problem(path, "unknown-word", "error", message, remedy)
    if kind == "missing":
        message, remedy = _missing(str(path[-1]), path, source)
        return source.problem(path[:-1], "missing-word", "error", message, remedy)
    if kind == "no-verb":
        return source.problem(path, "one-verb", "error", *_no_verb(error["input"]))
    if kind == "list-as-test":
        remedy = "Write {one_of: [...]} for: equal to one of these, or {has: ...} for an element."
        return source.problem(path, "wrong-value", "error", error["msg"], remedy, at="value")
    if kind == "wrong":
        key = context.get("key")
        path, at = ((*path, key), "key") if key else (path, "value")
        remedy = str(context.get("remedy", ""))
        return source.problem(
            path, "wrong-value", "error", error["msg"], remedy, "key" if at == "key" else "value"
        )
    message, remedy = _other(kind, context, error["input"])
    return source.problem(path, "wrong-value", "error", message, remedy, at="value")


# ── words ───────────────────────────────────────────────────────────────────


def alike(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.7)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str], what: str) -> str:
    """`Did you mean 'x'?`, or all that is known."""
    names = sorted(known)
    if meant := alike(word, names):
        return f"Did you mean '{meant}'?"
    if names:
        return f"{what}: {', '.join(names)}."
    return f"{what} none yet." if what.endswith("There are") else f"{what}: there are none."


def perhaps(word: str, known: Iterable[str]) -> str:
    """A sentence to end with: ` Did you mean 'x'?`; empty where nothing is like it."""
    meant = alike(word, known)
    return f" Did you mean '{meant}'?" if meant else ""


def _unknown(word: str, known: list[str]) -> tuple[str, str]:
    if word == "<<":
        return "merge keys (<<) are not read", "Write the words out, or make a segment in shop.yaml."
    return f"the word '{word}' is not known here", did_you_mean(word, known, "Known here")


def _missing(word: str, path: Path, source: Source) -> tuple[str, str]:
    node, _ = list(source.walk(path[:-1]))[-1]
    verb = next((key for key in node.value if key in VERBS), "") if isinstance(node.value, dict) else ""
    whose = f" of this '{verb}'" if verb else ""
    return f"'{word}'{whose} is missing", f"Write '{word}: ...' here."


def _no_verb(value: Any) -> tuple[str, str]:
    if not isinstance(value, dict):
        return f"a step is a mapping, not {shown(value)}", "Write for example '- wait: 2 days'."
    verbs = [word for word in value if word in VERBS]
    if len(verbs) == 1:  # of all steps, where one verb alone is no step
        return (
            f"no '{verbs[0]}' stands in 'at_end'",
            "Write it among the 'steps'. Here stand 'set' and 'call'.",
        )
    if verbs:
        both = " and ".join(f"'{verb}'" for verb in verbs)
        return f"a step has one verb; this has {both}", "Begin a new step with '- ' before the second verb."
    meant = next((f"Did you mean '{near}'?" for word in value if (near := alike(word, VERBS))), "")
    return "a step needs a verb", meant or f"Begin it with one of {', '.join(VERBS)}."


def _other(kind: str, context: dict[str, Any], value: object) -> tuple[str, str]:
    match kind:
        case "literal_error":
            expected = [
                word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")
            ]
            return f"{shown(value)} is not known here", did_you_mean(str(value), expected, "Write one of")
        case "model_type" | "dict_type" | "model_attributes_type":
            return (
                f"a mapping is wanted, not {shown(value)}",
                "Write 'word: value' lines, indented, below it.",
            )
        case "list_type":
            return f"a list is wanted, not {shown(value)}", "Begin each item with '- ', on a line of its own."
        case "bool_type":
            return f"true or false is wanted, not {shown(value)}", "Write true or false, without quotes."
        case "string_type":
            return f"text is wanted, not {shown(value)}", f'Put it in quotes: "{written(value)}".'
        case "too_short":
            return f"{context['actual_length']} are too few", f"Write at least {context['min_length']}."
        case "too_long":
            return f"{context['actual_length']} are too many", f"Write at most {context['max_length']}."
        case _:
            return f"{shown(value)} does not belong here", "See docs/language.md for what does."


# ── which model an error is about ───────────────────────────────────────────


def _words(model: type[BaseModel] | None) -> list[str]:
    fields = model.model_fields.items() if model else ()
    return [field.alias or name for name, field in fields]


def _model_at(model: Any, loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that the way through a file leads to; tags (`~send`) choose between models."""
    if get_origin(model) is Annotated:
        model = get_args(model)[0]
    if isinstance(model, type) and issubclass(model, BaseModel):
        if not loc:
            return model
        hints = get_type_hints(model, include_extras=True)  # also of models named before they stand there
        by_alias = {field.alias or name: hints[name] for name, field in model.model_fields.items()}
        return _model_at(by_alias.get(str(loc[0])), loc[1:])
    inner = get_args(model)
    if get_origin(model) in (list, dict) and loc:
        return _model_at(inner[-1], loc[1:])
    return _of_union(inner, loc)


def _of_union(members: tuple[Any, ...], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    for member in members:
        tags = [mark.tag for mark in getattr(member, "__metadata__", ()) if isinstance(mark, Tag)]
        if tags and loc and tags[0] == loc[0]:
            return _model_at(member, loc[1:])
    for member in members:
        if found := _model_at(member, loc):
            return found
    return None
