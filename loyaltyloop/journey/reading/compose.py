"""Events of the YAML parser to a tree: bounded in depth and size, every refusal with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from loyaltyloop.errors import Problem
from loyaltyloop.journey.reading.tree import Node, Plain, Source

MOST_NODES = 10_000  # after aliases have been expanded
DEEPEST = 60

_INT = re.compile(r"[-+]?\d{1,30}")
_FLOAT = re.compile(r"[-+]?(\.\d{1,30}|\d{1,30}(\.\d{0,30})?)([eE][-+]?\d{1,2})?")
_UNSTORABLE = re.compile("[\\0\ud800-\udfff]")  # PostgreSQL keeps neither
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Refused(Exception):
    """The file cannot be read any further, from this place on."""

    def __init__(self, line: int, column: int, message: str, remedy: str) -> None:
        self.line, self.column, self.message, self.remedy = line, column, message, remedy


class Composer:
    """Events of the YAML parser to nodes, without recursion deeper than `DEEPEST`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node] = {}
        self.total = 0

    def document(self, text: str) -> Node:
        """The only document of the text. Refused, or the parser's MarkedYAMLError."""
        events = YAML(typ="safe", pure=True).parse(text)
        root: Node | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise _refused(event, "a second document begins here", "Give it a file of its own.")
                root = self._node(next(events), events, 0)
        if root is None or root.value is None:
            what = "shop" if self.source.file.endswith("shop.yaml") else "journey"
            raise Refused(1, 1, "the file is empty", f"Begin with '{what}:' and the {what}'s name.")
        return root

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        if depth > DEEPEST:
            raise _refused(event, "this is nested too deeply", "Give what is inside a journey of its own.")
        node = self._made(event, events, depth)
        self._count(event, 1)
        if anchor := getattr(event, "anchor", None):
            self.anchors.setdefault(anchor, node)
        return node

    def _count(self, event: Event, more: int) -> None:
        self.total += more
        if self.total > MOST_NODES:
            raise _refused(
                event,
                f"the file holds more than {MOST_NODES:,} values, aliases (*name) written out",
                "Write what is repeated once, as a segment of shop.yaml or a journey of its own.",
            )

    def _made(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        match event:
            case AliasEvent():
                return self._alias(event)
            case ScalarEvent():
                self._refuse_tag(event)
                _refuse_unstorable(event)
                return Node(_scalar(event), line, column)
            case SequenceStartEvent():
                self._refuse_tag(event)
                return self._sequence(Node([], line, column), events, depth)
            case MappingStartEvent():
                self._refuse_tag(event)
                return self._mapping(Node({}, line, column), events, depth)
            case _:
                raise _refused(event, "this is no value", "Write text, a number, a list or a mapping.")

    def _alias(self, event: AliasEvent) -> Node:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise _refused(
                event,
                f"*{event.anchor} stands for nothing",
                f"Write &{event.anchor} before the value it means, above, or put the text in quotes.",
            )
        self._count(event, known.size)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        return Node(known.value, line, column, known.keys, known.size)

    @staticmethod
    def _refuse_tag(event: Event) -> None:
        if (tag := getattr(event, "tag", None)) not in (None, "!"):
            raise _refused(event, f"the tag {tag} means nothing here", "Leave it out.")

    def _sequence(self, node: Node, events: Iterator[Event], depth: int) -> Node:
        items = node.value
        assert isinstance(items, list)
        while not isinstance(event := next(events), SequenceEndEvent):
            item = self._node(event, events, depth + 1)
            items.append(item)
            node.size += item.size
        return node

    def _mapping(self, node: Node, events: Iterator[Event], depth: int) -> Node:
        items = node.value
        assert isinstance(items, dict)
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._key(event)
            mark = (event.start_mark.line + 1, event.start_mark.column + 1)
            value = self._node(next(events), events, depth + 1)
            node.size += value.size + 1
            if key in items:
                self._twice(key, mark, node.keys[key][0])
                continue
            items[key], node.keys[key] = value, mark
        return node

    def _key(self, event: Event) -> str:
        if isinstance(event, ScalarEvent):
            self._refuse_tag(event)
            _refuse_unstorable(event)
            return str(event.value)
        raise _refused(
            event, "a key must be one word", "Write 'word: value'; put text with brackets in quotes."
        )

    def _twice(self, key: str, mark: tuple[int, int], first: int) -> None:
        remedy = f"Keep one of the two; the first stands in line {first}."
        self.problems.append(
            self.source.problem_at(*mark, "duplicate-key", "error", f"'{key}' stands here twice", remedy)
        )


def _refuse_unstorable(event: ScalarEvent) -> None:
    """Escapes such as `"\\0"` write characters that the file itself may not hold."""
    if _UNSTORABLE.search(event.value):
        raise _refused(
            event,
            "this text holds a NUL character or half a surrogate pair",
            "Leave the escape out; no customer has such a text.",
        )


def _scalar(event: ScalarEvent) -> Plain:
    text: str = event.value
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return Decimal(text) if _FLOAT.fullmatch(text) else text


def _refused(event: Event, message: str, remedy: str) -> Refused:
    return Refused(event.start_mark.line + 1, event.start_mark.column + 1, message, remedy)


# What the YAML parser says → what a marketer can do about it.
_EXPLAINED = (
    (
        "mapping values are not allowed",
        "this line has a second ': '",
        'Put the text in quotes: "...: ...". A new key begins a new line, indented like its neighbours.',
    ),
    ("'\\t'", "a tab stands where spaces are wanted", "Indent with spaces; two for each level."),
    (
        "expected <block end>",
        "this line is not indented like its neighbours",
        "Indent it with as many spaces as the lines that it belongs to; begin each item of a list with '- '.",
    ),
    (
        "expected ',' or ']'",
        "a '[' is not closed",
        "Close the list with ']'; put text with brackets in quotes.",
    ),
    (
        "expected ',' or '}'",
        "a '{' is not closed",
        "Close the mapping with '}'; put text with braces in quotes.",
    ),
    (
        "quoted scalar",
        "a quotation mark is not closed",
        "Close the text with the same mark that it began with.",
    ),
    ("could not find expected ':'", "a ':' is missing", "Write 'word: value', with a space after the colon."),
    ("cannot start any token", "a text cannot begin with this character", "Put the text in quotes."),
)


def explained(error: MarkedYAMLError, source: Source) -> Refused:
    """The parser's error in words for a marketer, at the place to look."""
    said = f"{error.problem} {error.context or ''}"
    mark = error.problem_mark
    if "quoted scalar" in said and error.context_mark is not None:
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if line > len(source.lines):
        line, column = len(source.lines), len(source.lines[-1]) + 1
    for words, message, remedy in _EXPLAINED:
        if words in said:
            return Refused(line, column, message, remedy)
    return Refused(line, column, f"this is not YAML: {error.problem}", "Look at this line and the one above.")
